import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from portal.core.fields import DayField


@pytest.mark.parametrize("text", ["2000-01-01", "2026-11-22", "2199-12-31"])
def test_a_day_people_mean(text):
    assert DayField().clean(text) == dt.date.fromisoformat(text)


@pytest.mark.parametrize("text", ["0001-01-01", "1999-12-31", "2200-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_refused(text):
    with pytest.raises(ValidationError, match="2000 年至 2199 年"):
        DayField().clean(text)


def test_no_day_is_no_day():
    assert DayField(required=False).clean("") is None
