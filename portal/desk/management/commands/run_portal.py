"""``manage.py run_portal``: everything of an embedded installation in one go."""

import secrets
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.management import BaseCommand, CommandError, call_command
from django.utils import timezone

from portal.accounts.models import Post, User
from portal.desk import demo_mode, run
from portal.desk.health import unapplied_migrations

#: In the order of the handbook; each stands for one role.
DEMO_ACCOUNTS = (
    "worker", "officer", "leader", "delegate", "clerk", "handler", "streetadmin",
    "districtleader", "districtadmin", "inspector", "sysadmin", "secadmin", "auditor",
)  # fmt: skip

#: The password is kept as a hash only, so a later start cannot say it again.
FORGOTTEN = """忘了密码，先按 Ctrl-C 停止，再自己定一个，重新启动：
  DEMO_PASSWORD=自己定的密码 make run"""

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = "启动连心：网页、后台任务与定时任务；Ctrl-C 全部停止。"
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self._run(settings.BIND, settings.PORT)
        except run.CannotRunError as refusal:
            raise CommandError(str(refusal)) from refusal
        sys.exit(code)

    def _run(self, bind: str, port: int) -> int:
        if settings.DEMO and (reasons := demo_mode.setting_refusals()):
            raise CommandError(" ".join(reasons))
        run.require_free_port(bind, port)
        run.keep_private(settings.DATA_DIR)
        with run.only_one(settings.DATA_DIR):
            if unapplied_migrations():
                self._say("正在准备数据库……")
                call_command("migrate", verbosity=0, interactive=False)
            lines = [f"连心已启动：http://{bind}:{port}/  （Ctrl-C 停止）"]
            if settings.DEMO:
                lines += self._prepare_demo()
            return run.supervise(bind, port, lines)

    def _prepare_demo(self) -> list[str]:
        """Load the demo once, set the password asked for; what to tell about the accounts."""
        if reasons := demo_mode.refusals():
            raise CommandError(" ".join(reasons))
        password = settings.DEMO_PASSWORD
        if not User.objects.filter(is_demo=True).exists():
            password = password or new_password()
            self._say("正在装入演示数据，第一次大约需要一分钟……")
            call_command("load_demo", password=password, verbosity=0)
        elif password:
            set_demo_password(password)
        else:
            return ["演示账号（密码和上次启动时相同）：", *account_lines(), FORGOTTEN]
        return [f"演示账号（密码都是 {password}）：", *account_lines()]

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def new_password() -> str:
    """Easy to read aloud and to type on a phone: no 0/O, 1/l, three groups of four (59 bits)."""
    groups = ["".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(3)]
    return "-".join(groups)


def set_demo_password(password: str) -> None:
    """Give the demo accounts the password, unless they have it already; nobody else can sign in."""
    users = User.objects.filter(is_demo=True, username__in=DEMO_ACCOUNTS)
    first = users.first()
    if first is not None and not check_password(password, first.password):
        users.update(password=make_password(password))


def account_lines() -> list[str]:
    """One line per demo account: name to sign in with, role, where."""
    posts = (
        Post.objects.filter(user__is_demo=True, user__username__in=DEMO_ACCOUNTS)
        .in_force(timezone.localdate())
        .select_related("user")
        .with_places()
    )
    first = {post.user.username: post for post in reversed(posts)}
    return [
        f"  {name:<15}{post.get_role_display()} · {post.place}"
        for name in DEMO_ACCOUNTS
        if (post := first.get(name)) is not None
    ]
