"""Form fields that every app shares."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

FIRST_DAY: Final = dt.date(2000, 1, 1)
LAST_DAY: Final = dt.date(2199, 12, 31)
_OUTSIDE: Final = "日期要在 2000 年至 2199 年之间。"


class DayField(forms.DateField):
    """A day people mean: the ends of the calendar have no day after, and no time zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators += [
            MinValueValidator(FIRST_DAY, _OUTSIDE),
            MaxValueValidator(LAST_DAY, _OUTSIDE),
        ]
