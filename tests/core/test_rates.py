"""What may be asked so often an hour is counted for an hour, by all processes together."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from portal.core.rates import within_rate
from tests.contacts.test_visit_concurrency import at_once

HOUR = 3600
pytestmark = pytest.mark.sqlite
#: The beginning of an hour.
START = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)


def ask(what: str = "x", who: str = "1.2.3.4", *, limit: int = 3, now: dt.datetime = START) -> bool:
    return within_rate(what, who, limit=limit, seconds=HOUR, now=now)


@pytest.mark.django_db
def test_the_limit_holds_until_the_end_of_the_hour_and_begins_anew():
    assert [ask() for _ in range(5)] == [True, True, True, False, False]
    assert not ask(now=START + dt.timedelta(minutes=59))
    assert ask(now=START + dt.timedelta(minutes=60))
    assert ask(who="1.2.3.5")
    assert ask(what="y")


@pytest.mark.django_db
def test_what_is_counted_is_kept_an_hour():
    before = timezone.now()
    for _ in range(5):
        ask()
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, expires FROM accounts_rates")
        rows = cursor.fetchall()
    assert len(rows) == 3
    for key, expires in rows:
        assert "1.2.3.4" not in key
        until = expires if expires.tzinfo else expires.replace(tzinfo=dt.UTC)
        assert until >= before + dt.timedelta(seconds=HOUR - 1)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_counted_each():
    allowed = at_once(*[lambda: ask(limit=4)] * 12)
    assert sorted(allowed) == [False] * 8 + [True] * 4
