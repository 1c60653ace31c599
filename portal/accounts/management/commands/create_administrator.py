"""``manage.py create_administrator``: the first administrators, each by a one-time link."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.accounts.roles import ADMINISTRATORS, Role
from portal.accounts.services import people
from portal.accounts.services.links import one_time_link
from portal.core.errors import DomainError


class Command(BaseCommand):
    help = "建立管理员账号和岗位，并显示一次性的登录链接（三天内有效，用一次）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="账号")
        parser.add_argument("name", help="姓名")
        parser.add_argument("--role", required=True, choices=sorted(ADMINISTRATORS))
        parser.add_argument("--organisation", required=True, help="单位代码，如 110107")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.objects.filter(code=options["organisation"]).first()
        if organisation is None:
            raise CommandError(
                f"没有代码为 {options['organisation']} 的单位。请先运行 import_divisions。"
            )
        try:
            with transaction.atomic():
                user = people.create_user(
                    actor=None, username=options["username"], name=options["name"]
                )
                entry = people.NewPost(
                    user=user,
                    organisation=organisation,
                    role=Role(options["role"]),
                    since=timezone.localdate(),
                )
                people.grant_post(actor=None, entry=entry)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"已建立。请把链接当面交给本人：{one_time_link(user)}")
