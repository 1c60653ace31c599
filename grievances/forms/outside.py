"""Forms of the desk for people who never sign in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from grievances.selectors.move_choices import Choices
from grievances.selectors.outside import OutsideUnit
from grievances.services.liaisons import (
    CALL_LIMIT,
    NAME_LIMIT,
    NOTE_LIMIT,
    CallEntry,
    LiaisonEntry,
)
from portal.core.fields import CHOOSE, TextField, offer

_MINUTE: Final = "%Y-%m-%dT%H:%M"


class LiaisonForm(forms.Form):
    """Whom to ring at a unit."""

    unit = forms.ChoiceField(
        label="单位", error_messages={"required": "请选单位。", "invalid_choice": "请选单位。"}
    )
    name = TextField(label="姓名", max_length=NAME_LIMIT, error_messages={"required": "请填姓名。"})
    phone = TextField(
        label="电话",
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text="手机或座机，分机写在备注里。加密保存。",
        error_messages={"required": "请填电话。"},
    )
    note = TextField(
        label="备注", required=False, max_length=NOTE_LIMIT, help_text="如：夜间值班，分机 8012。"
    )

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "unit", units, blank=CHOOSE)

    def entry(self) -> LiaisonEntry:
        told = self.cleaned_data
        return LiaisonEntry(
            unit_id=int(told["unit"]), name=told["name"], phone=told["phone"], note=told["note"]
        )


class CallForm(forms.Form):
    """What was said on the telephone, with whom and when."""

    whom = forms.ChoiceField(
        label="打给谁",
        error_messages={"required": "请选打给谁。", "invalid_choice": "请选打给谁。"},
    )
    at = forms.DateTimeField(
        label="时间",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MINUTE),
        input_formats=[_MINUTE, "%Y-%m-%d %H:%M"],
        error_messages={"required": "请填时间。", "invalid": "请填时间，如 2026-12-01 09:30。"},
    )
    words = TextField(
        label="说了什么",
        max_length=CALL_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写下说了什么。"},
    )

    def __init__(self, *args: Any, units: Sequence[OutsideUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "whom", [pair for unit in units for pair in _people(unit)])

    def entry(self) -> CallEntry:
        told = self.cleaned_data
        unit, liaison = told["whom"].split(".")
        return CallEntry(
            unit_id=int(unit),
            liaison_id=int(liaison) if liaison else None,
            at=told["at"],
            words=told["words"],
        )


def _people(unit: OutsideUnit) -> list[tuple[str, str]]:
    """Those of the book, and somebody else there."""
    known = [(f"{unit.unit_id}.{one.pk}", f"{unit.name} {one.name}") for one in unit.liaisons]
    return [*known, (f"{unit.unit_id}.", f"{unit.name} 其他人" if known else unit.name)]
