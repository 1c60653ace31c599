"""``manage.py load_demo``: a street's year of invented visits in an empty database."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.core.errors import DomainError
from portal.desk.demo.load import SEED, load_demo, refusals


class Command(BaseCommand):
    help = "装入演示数据（虚构的人和事）；只在演示模式、空数据库里可以，重复执行会被拒绝。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=SEED, help="同一个种子得到同样的数据")
        parser.add_argument("--months", type=int, default=12, help="走访记录往前几个月")
        parser.add_argument(
            "--scale", type=float, default=1.0, help="只装入一部分住户，如 0.1（测试用）"
        )
        parser.add_argument(
            "--password", default="", help="演示账号的密码；不给则用 DEMO_PASSWORD 或随机一个"
        )

    def handle(self, *args: Any, **options: Any) -> str | None:
        if reasons := refusals():
            raise CommandError(" ".join(reasons))
        given = options["password"] or settings.DEMO_PASSWORD
        password = given or secrets.token_urlsafe(9)
        try:
            done = load_demo(
                password=password,
                now=timezone.now(),
                seed=options["seed"],
                months=options["months"],
                scale=options["scale"],
            )
        except (DomainError, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
        if options["verbosity"] > 0:
            self.stdout.write(
                f"已装入演示数据：人员 {done.users}，住户 {done.households}，"
                f"三访记录 {done.visits}，诉求 {done.grievances}，检索条目 {done.indexed}。"
            )
            if not given:
                self.stdout.write(f"演示账号的密码：{password}")
        return None
