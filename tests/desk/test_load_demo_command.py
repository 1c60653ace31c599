"""Where the demo may be loaded, what the command says, and that a seed decides everything."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from contacts.models import Household, Visit
from portal.accounts.models import User
from portal.desk.demo.load import load_demo, refusals
from tests.factories.accounts import make_user

NOW = dt.datetime(2026, 11, 18, 17, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_the_same_seed_gives_the_same_records(db):
    def once(seed: int) -> list[tuple[object, ...]]:
        with transaction.atomic():
            load_demo(password="demo-pass-123", now=NOW, scale=0.01, months=3, seed=seed)
            rows = Visit.objects.order_by("occurred_at", "client_id")
            found = list(rows.values_list("client_id", "occurred_at", "result", "text"))
            found += User.objects.order_by("username").values_list("username", "name", "last_login")
            transaction.set_rollback(True)
        return found

    first = once(1)
    assert len(first) > 100
    assert first == once(1)


def test_it_is_refused_where_it_would_do_harm(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="演示模式"):
        call_command("load_demo", verbosity=0)
    settings.DEMO = True
    assert refusals() == []
    make_user()
    with pytest.raises(CommandError, match="正式账号"):
        call_command("load_demo", verbosity=0)
    assert not Household.objects.exists()


def test_the_command_tells_the_password_it_made_up(db, settings, capsys):
    settings.DEMO, settings.DEMO_PASSWORD = True, ""
    call_command("load_demo", scale=0.01, months=1)
    told = capsys.readouterr().out
    password = told.rsplit("密码：", 1)[1].strip()
    assert User.objects.get(username="worker").check_password(password)
    with pytest.raises(CommandError, match="空库"):
        call_command("load_demo", verbosity=0)
