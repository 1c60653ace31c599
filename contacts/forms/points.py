"""Naming and ending a 联系点."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from contacts.forms.visits import DayInput
from contacts.selectors.visit_places import unit_choices
from contacts.services.points import NOTE_LIMIT, candidates
from portal.accounts.models import Post
from portal.accounts.selectors.posts import holders
from portal.core.fields import CHOOSE, DayField, TextField, offer


class PointForm(forms.Form):
    """Who is the liaison of which unit, from when."""

    user = forms.TypedChoiceField(
        label="谁联系", coerce=int, error_messages={"required": "请选一位同志。"}
    )
    organisation = forms.TypedChoiceField(
        label="联系哪个单位", coerce=int, error_messages={"required": "请选一个单位。"}
    )
    since = DayField(
        label="从哪天起", widget=DayInput, error_messages={"required": "请选开始日期。"}
    )
    note = TextField(
        label="说明",
        required=False,
        max_length=NOTE_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, post: Post, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: dict[int, str] = {}
        rows = candidates(post, today=today).order_by("organisation__path", "user__name", "pk")
        for one in holders(rows):
            people.setdefault(one.user_id, str(one))
        offer(self, "user", people.items(), blank=CHOOSE)
        offer(self, "organisation", unit_choices(post, today=today), blank=CHOOSE)


class PointEndForm(forms.Form):
    """The first day on which somebody is no longer the liaison."""

    until = DayField(
        label="从哪天起不再联系",
        widget=DayInput,
        error_messages={"required": "请选日期。"},
        help_text="这一天起不再是联系点；以前的下访记录不变。",
    )
