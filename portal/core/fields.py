"""Form fields that every app shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.choices import BaseChoiceIterator

FIRST_DAY: Final = dt.date(2000, 1, 1)
LAST_DAY: Final = dt.date(2199, 12, 31)
#: Stands first in a select where nothing is proposed.
CHOOSE: Final = "请选择"
_OUTSIDE: Final = "日期要在 2000 年至 2199 年之间。"


class DayField(forms.DateField):
    """A day people mean: the ends of the calendar have no day after, and no time zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators += [
            MinValueValidator(FIRST_DAY, _OUTSIDE),
            MaxValueValidator(LAST_DAY, _OUTSIDE),
        ]


class TextField(forms.CharField):
    """What people type. Too much is refused in words and stays to be mended; nothing is cut off.

    The browser is not told to stop at ``max_length``, it would drop the rest without a word: the
    page counts what room is left instead (static/js/modules/room.js).
    """

    default_error_messages = {
        "max_length": "最多写 %(limit_value)d 字，现在有 %(show_value)d 字，请删短。"
    }

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs: dict[str, Any] = super().widget_attrs(widget)
        if (most := attrs.pop("maxlength", None)) is not None:
            attrs["data-most"] = most
        return attrs


Choices = Iterable[tuple[Any, Any]]


class _Offered(BaseChoiceIterator):
    """Choices taken as they are; Django would go through a list of thousands for each form."""

    def __init__(self, choices: Choices | Callable[[], Choices], blank: str) -> None:
        self._asked, self._blank = choices, blank

    @cached_property
    def _choices(self) -> tuple[tuple[Any, Any], ...]:
        choices = self._asked() if callable(self._asked) else self._asked
        return (("", self._blank), *choices) if self._blank else tuple(choices)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)


def offer(
    form: forms.BaseForm, name: str, choices: Choices | Callable[[], Choices], *, blank: str = ""
) -> None:
    """Let this form's field be chosen from pairs, or from groups of pairs under their name.

    A function is asked once, when the field is drawn or something was chosen. ``blank`` stands
    first, for nothing chosen.
    """
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- narrows the type
    field.choices = _Offered(choices, blank)
