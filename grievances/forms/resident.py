"""What a resident fills in on the private page."""

from __future__ import annotations

from django import forms

from grievances.kinds import Grade
from grievances.services.follow_ups import WORDS_LIMIT, VerdictEntry
from portal.core.fields import TextField

YES, NO = "yes", "no"


def _answer(label: str, yes: str, no: str, missing: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=((YES, yes), (NO, no)),
        coerce=lambda value: value == YES,
        widget=forms.RadioSelect,
        empty_value=None,
        error_messages={"required": missing, "invalid_choice": missing},
    )


class VerdictForm(forms.Form):
    """是否联系, 是否解决, one of five grades, words if one likes. Nothing is chosen before."""

    was_contacted = _answer("有没有人联系过您？", "联系过", "没有联系过", "请选有没有人联系过您。")
    was_solved = _answer("事情解决了吗？", "解决了", "没有解决", "请选事情解决了没有。")
    grade = forms.ChoiceField(
        label="您满意吗？",
        choices=Grade.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选一个评价。", "invalid_choice": "请选一个评价。"},
    )
    words = TextField(
        label="还想说的话",
        required=False,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="可以不写。",
    )

    def entry(self) -> VerdictEntry:
        told = self.cleaned_data
        return VerdictEntry(
            was_contacted=told["was_contacted"],
            was_solved=told["was_solved"],
            grade=told["grade"],
            words=told["words"],
        )


class CallForm(forms.Form):
    """Please ring me."""

    words = TextField(
        label="想说的事",
        required=False,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="可以不写。",
    )
