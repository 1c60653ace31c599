"""The form of one ask: only what the ask has to be said with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from grievances.asks import Ask
from grievances.forms.moves import SaidForm
from grievances.models import Measure
from grievances.selectors.ask_choices import Standing, which_of
from grievances.selectors.beside import Mask, length_words, unit_word
from grievances.services.asks.common import AskEntry
from grievances.services.move_checks import REASON_LIMIT, REPLY_LIMIT

_YES, _NO = "yes", "no"


class AskForm(SaidForm):
    """One ask, drawn for where the grievance stands."""

    seen_event = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, ask: Ask, standing: Standing, mask: Mask, **kwargs: Any
    ) -> None:
        self.ask, self.standing, self.says = ask, standing, ask.says
        self.which = which_of(ask, standing, mask)
        # Not the last of the timeline: what was written later may have happened before.
        last = max((event.pk for event in standing.events), default=0)
        kwargs.setdefault("initial", {"seen_event": last, "done_on": timezone.localdate()})
        super().__init__(data, what=ask, grievance=standing.grievance, **kwargs)
        if ask.key == "chase":
            self._text("reason", "说明", REASON_LIMIT, 2, "可以不写。")
        if ask.key == "add_measure":
            self._day_field("day", "计划完成", "可以不填。应急处置不等于办结。")
        if "public_words" in self.fields and ask.key == "decide_extension":
            self.fields["public_words"].help_text = "同意时要写：为什么要多等、等到什么时候。"

    def entry(self) -> AskEntry:
        """What was typed. Needs a valid form."""
        told = self.cleaned_data
        return AskEntry(
            seen_event=told.get("seen_event"),
            reason=told.get("reason", ""),
            reply=told.get("reply", ""),
            day=told.get("day"),
            public_words=told.get("public_words", ""),
            told=told.get("told", ""),
            length=told.get("length") or 0,
            is_approved={_YES: True, _NO: False}.get(told.get("is_approved", "")),
            kind=told.get("kind", ""),
            which=int(told["which"]) if told.get("which") else None,
            done_on=told.get("done_on"),
        )

    def _choice(self, name: str, label: str, choices: list[tuple[Any, str]]) -> None:
        self.fields[name] = forms.ChoiceField(
            label=label, choices=choices, required=False, widget=forms.RadioSelect
        )

    def _add_length(self) -> None:
        deadline = self.standing.deadline
        policy = deadline.policy if deadline else None
        self.fields["length"] = forms.IntegerField(
            label=f"延长多少{unit_word(policy)}",
            required=False,
            help_text=f"最多{length_words(self.standing.room, policy)}。批准以后才算数。",
            error_messages={"invalid": "请填整数。"},
        )

    def _add_decision(self) -> None:
        self._choice("is_approved", "是否同意", [(_YES, "同意"), (_NO, "不同意")])

    def _add_which(self) -> None:
        # A single measure is named too: nothing above the form says which it is.
        if len(self.which) > 1 or self.ask.key == "measure_done":
            self._choice("which", "哪一项", [(str(pk), words) for pk, words in self.which])
            if len(self.which) == 1:
                self.fields["which"].initial = str(self.which[0][0])

    def _add_reply(self) -> None:
        self._text("reply", self.says, REPLY_LIMIT, 5)

    def _add_day(self) -> None:
        self._day_field("day", "哪天以前回复")

    def _add_kind(self) -> None:
        self._choice("kind", "哪一类", list(Measure.Kind.choices))

    def _add_done_on(self) -> None:
        self._day_field("done_on", "完成日期")
