"""``manage.py reset_sign_in USERNAME``: password forgotten, phone lost, account locked."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.models import User
from portal.accounts.services import second_factor
from portal.accounts.services.keeping import unlock
from portal.accounts.services.links import one_time_link, withdraw_password
from portal.accounts.services.people import normal_username


class Command(BaseCommand):
    help = "原密码作废、解锁账号，显示一次性的登录链接；--second-factor 同时解除动态口令"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="账号")
        parser.add_argument("--second-factor", action="store_true", help="解除动态口令（手机丢失）")

    def handle(self, *args: Any, **options: Any) -> None:
        username = normal_username(options["username"])
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"没有账号 {username}。")
        withdraw_password(user=user)
        unlock(user=user)
        if options["second_factor"]:
            second_factor.remove(user=user)
        self.stdout.write(f"请把链接当面交给本人：{one_time_link(user)}")
