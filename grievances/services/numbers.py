"""街道短码-年月-流水: gapless, also when many register at once."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db.models import F
from django.utils import timezone

from grievances.models import NumberSeries
from portal.accounts.models import Organisation

_DIGITS: Final = 4
#: The part of a national code that tells streets apart, and of which place (GB/T 2260).
_SHORT: Final = slice(3, 9)


def short_code(street: Organisation) -> str:
    """110107011000 → 107011: the digits of district and street; the end of a code of our own."""
    national = street.code[: _SHORT.stop]
    return national[_SHORT] if national.isdecimal() else street.code[-6:]


def next_number(street: Organisation, *, is_restricted: bool, now: dt.datetime) -> str:
    """The next number of the street this month; restricted ones have their own series.

    Inside the caller's transaction, and last in it: until that ends, nobody else gets one of the
    same series, so that one that is taken back leaves no gap.
    """
    month = f"{timezone.localtime(now):%Y%m}"
    code = short_code(street) + ("F" if is_restricted else "")
    series = NumberSeries.objects.filter(code=code, month=month)
    if not series.update(last=F("last") + 1):
        NumberSeries.objects.bulk_create(
            [NumberSeries(code=code, month=month)], ignore_conflicts=True
        )
        series.update(last=F("last") + 1)
    return numbered(code, month, series.get().last)


def numbered(code: str, month: str, serial: int) -> str:
    """107011-202611-0042."""
    return f"{code}-{month}-{serial:0{_DIGITS}d}"
