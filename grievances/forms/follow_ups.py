"""What is typed after asking a resident, or after telling one."""

from __future__ import annotations

from typing import Any

from django import forms

from grievances.forms.resident import NO, YES
from grievances.kinds import Grade
from grievances.models import FollowUp
from grievances.services.follow_ups import WORDS_LIMIT, VerdictEntry
from grievances.services.telling import BY_PERSON, NOTE_LIMIT
from portal.core.fields import TextField

_WAYS = [
    (way.value, str(way.label))
    for way in (FollowUp.Way.PHONE, FollowUp.Way.DOOR, FollowUp.Way.PAPER)
]


def _answer(label: str, yes: str, no: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=((YES, yes), (NO, no)),
        coerce=lambda value: value == YES,
        widget=forms.RadioSelect,
        required=False,
        empty_value=None,
    )


class FollowUpForm(forms.Form):
    """One attempt; what the resident answered is asked only of ANSWERED (the service says so)."""

    way = forms.ChoiceField(
        label="怎样问的",
        choices=_WAYS,
        widget=forms.RadioSelect,
        error_messages={"required": "请选怎样问的。"},
    )
    outcome = forms.ChoiceField(
        label="结果",
        choices=FollowUp.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选结果。"},
    )
    was_contacted = _answer("有没有人联系过诉求人", "联系过", "没有联系过")
    was_solved = _answer("诉求人说解决了没有", "解决了", "没有解决")
    grade = forms.ChoiceField(
        label="诉求人的评价", choices=Grade.choices, widget=forms.RadioSelect, required=False
    )
    words = TextField(
        label="诉求人的话",
        required=False,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="照原话写。没有联系上的可以写什么时候再打。",
    )

    def entry(self) -> VerdictEntry:
        told: dict[str, Any] = self.cleaned_data
        return VerdictEntry(
            was_contacted=told["was_contacted"],
            was_solved=told["was_solved"],
            grade=told["grade"],
            words=told["words"],
        )


class TellForm(forms.Form):
    """How it was said."""

    channel = forms.ChoiceField(
        label="怎样告知的",
        choices=[(channel.value, str(channel.label)) for channel in BY_PERSON],
        widget=forms.RadioSelect,
        error_messages={"required": "请选怎样告知的。"},
    )
    note = TextField(
        label="居民怎么说",
        required=False,
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="可以不写。",
    )
