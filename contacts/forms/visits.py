"""How a visit is typed in: the form at the door, its matters; why one is voided."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from contacts.models import Matter, Visit
from contacts.models.visits import NO_ANSWER
from contacts.selectors.visit_choices import Colleague, MetChoice
from contacts.services.visit_entries import (
    MATTER_LIMIT,
    MOST_MATTERS,
    PROMISE_NEEDS_DAY,
    TEXT_LIMIT,
    MatterEntry,
    VisitEntry,
)
from portal.core.fields import TextField, offer

MATTERS_PREFIX: Final = "m"
GUESTS_PREFIX: Final = "g"
#: Rows without JavaScript; with it one is shown and the others on demand.
BLANK_MATTERS: Final = 3
AGAIN: Final = "再次走访"
_SEPARATORS: Final = re.compile(r"[\s,，、;；]+")


#: User ids of the colleagues with these names.
Named = Callable[[Iterable[str]], Mapping[str, Collection[int]]]


def _nobody(_names: Iterable[str]) -> Mapping[str, Collection[int]]:
    return {}


class LocalDateTimeInput(forms.DateTimeInput):
    """The browser's own picker for day and time."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class DayInput(forms.DateInput):
    """The browser's own picker for a day."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class VisitForm(forms.Form):
    """A visit at one household. Three inputs are required, and two of them are filled in.

    Without ``met_choices`` the names of those who live there are not for the acting post.
    """

    result = forms.ChoiceField(
        label="见到了吗",
        choices=Visit.Result.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选一项。"},
    )
    occurred_at = forms.DateTimeField(
        label="时间",
        widget=LocalDateTimeInput,
        error_messages={"required": "请选日期和钟点。", "invalid": "请选日期和钟点。"},
    )
    channel = forms.ChoiceField(
        label="方式",
        choices=[one for one in Visit.Channel.choices if one[0] != Visit.Channel.SITE],
        initial=Visit.Channel.DOOR,
        required=False,
        widget=forms.RadioSelect,
    )
    text = TextField(
        label="有什么要记的",
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "可以不写"}),
    )
    to_complete = forms.BooleanField(label="先记要点，回头补记", required=False)
    met = forms.TypedMultipleChoiceField(
        label="见到了谁", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    met_other = TextField(
        label="还见到",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "如：来探望的女儿", "autocomplete": "off"}),
    )
    companions = forms.TypedMultipleChoiceField(
        label="本单位的同事", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    companion_names = TextField(
        label="街道里的其他人",
        required=False,
        max_length=100,
        help_text="写姓名，用顿号隔开。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    next_step = TextField(
        label="下一步要做什么",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": f"不写就是“{AGAIN}”", "autocomplete": "off"}),
    )
    next_step_on = forms.DateField(
        label="哪天做",
        required=False,
        widget=DayInput,
        error_messages={"invalid": "请填写日期，如 2026-11-30。"},
    )
    promise = TextField(
        label="答应了住户什么",
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"placeholder": "如：周五前问清换表的事，给回话", "autocomplete": "off"}
        ),
    )
    promise_due = forms.DateField(
        label="哪天以前",
        required=False,
        widget=DayInput,
        help_text="写了就要有日期。",
        error_messages={"invalid": "请填写日期，如 2026-11-30。"},
    )
    reason = TextField(
        label="更正原因",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        met_choices: Callable[[], Iterable[MetChoice]] | None = None,
        colleagues: Callable[[], Iterable[Colleague]] = tuple,
        named: Named = _nobody,
        by_phone: bool = False,
        needs_reason: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.named = named
        self.knows_people = met_choices is not None
        if "met" in self.fields:
            people = met_choices or tuple
            offer(self, "met", lambda: [(one.id, one.name) for one in people()])
        offer(self, "companions", lambda: [(one.user_id, one.name) for one in colleagues()])
        if by_phone:
            words = {**dict(Visit.Result.choices), Visit.Result.MET: "联系上了"}
            words[Visit.Result.NOT_HOME] = NO_ANSWER
            offer(self, "result", words.items())
            self.fields["result"].label = "联系上了吗"
        if needs_reason:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = "记录已满7天，请写明为什么改。"
        else:
            del self.fields["reason"]

    def clean_channel(self) -> str:
        return self.cleaned_data["channel"] or Visit.Channel.DOOR

    def clean_companion_names(self) -> tuple[int, ...]:
        """User ids of the colleagues named; every name must mean exactly one of them."""
        names = list(filter(None, _SEPARATORS.split(self.cleaned_data["companion_names"])))
        known = self.named(names) if names else {}
        for name in names:
            if name not in known:
                raise ValidationError(f"本街道没有叫“{name}”的在任同事，请核对。", code="unknown")
            if (same := len(known[name])) > 1:
                raise ValidationError(f"本街道有{same}位“{name}”，请在上面勾选。", code="twice")
        return tuple(user_id for name in names for user_id in known[name])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("next_step_on") and not cleaned.get("next_step"):
            cleaned["next_step"] = AGAIN
        missing = cleaned.get("promise") and not cleaned.get("promise_due")
        if missing and "promise_due" not in self.errors:
            # Said with the other errors, not after they are mended; the service asks again.
            self.add_error("promise_due", ValidationError(PROMISE_NEEDS_DAY, code="required"))
        return cleaned

    @property
    def step_open(self) -> bool:
        """Whether its fold about the next step holds something to be seen at once."""
        return self._holds("next_step", "next_step_on")

    @property
    def promise_open(self) -> bool:
        return self._holds("promise", "promise_due")

    @property
    def people_open(self) -> bool:
        """Channel and people."""
        channel = self["channel"].value() or Visit.Channel.DOOR
        return channel != Visit.Channel.DOOR or self._holds("met", "met_other")

    @property
    def companions_open(self) -> bool:
        return self._holds("companions", "companion_names")

    def _holds(self, *names: str) -> bool:
        return any(name in self.errors or self[name].value() for name in names)

    def add_domain_error(self, field: str | None, message: str) -> None:
        """Beside its field, or about the whole form where it has no such field."""
        self.add_error(field if field in self.fields else None, message)


class MatterForm(forms.Form):
    """One thing raised; left wholly blank it does not exist."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    text = TextField(
        label="什么事",
        required=False,
        max_length=MATTER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "如：三层楼道灯不亮"}),
    )
    outcome = forms.ChoiceField(
        label="怎么处理的", choices=Matter.Outcome.choices, required=False, widget=forms.RadioSelect
    )

    drop = forms.BooleanField(label="去掉这件事", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("drop"):
            return cleaned
        text, outcome = cleaned.get("text"), cleaned.get("outcome")
        if text and not outcome and "outcome" not in self.errors:
            self.add_error("outcome", ValidationError("请选一项。", code="outcome"))
        if outcome and not text and "text" not in self.errors:
            self.add_error("text", ValidationError("选了结果，也请写上内容。", code="text"))
        return cleaned

    @property
    def entry(self) -> MatterEntry | None:
        data = self.cleaned_data
        if not data.get("text") or data.get("drop"):
            return None
        return MatterEntry(id=data.get("id"), text=data["text"], outcome=data["outcome"])


MatterFormSet = forms.formset_factory(
    MatterForm, extra=BLANK_MATTERS, max_num=MOST_MATTERS, absolute_max=MOST_MATTERS
)


def matter_forms(
    data: Mapping[str, Any] | None = None, initial: Sequence[Mapping[str, Any]] = ()
) -> forms.BaseFormSet:
    """The matters of a form: what is there, and blank rows."""
    formset: forms.BaseFormSet = MatterFormSet(data, initial=list(initial), prefix=MATTERS_PREFIX)
    return formset


def visit_entry(form: VisitForm, matters: forms.BaseFormSet, base: VisitEntry) -> VisitEntry:
    """What the valid form says, about the household and under the id of ``base``."""
    data = form.cleaned_data
    entries = tuple(e for m in matters.forms if (e := m.entry) is not None)
    companions = set(data["companions"]) | set(data["companion_names"] or ())
    return VisitEntry(
        client_id=base.client_id,
        household_id=base.household_id,
        kind=base.kind,
        occurred_at=same_minute(data["occurred_at"], base.occurred_at),
        channel=data["channel"],
        result=data["result"],
        text=data["text"],
        matters=entries,
        companions=tuple(sorted(companions)),
        met=_met(form, base),
        met_other=data["met_other"],
        next_step=data["next_step"],
        next_step_on=data["next_step_on"],
        promise=data["promise"],
        promise_due=data["promise_due"],
        to_complete=data["to_complete"],
    )


def _met(form: VisitForm, base: VisitEntry) -> tuple[int, ...]:
    """Who was ticked; who may not see the names leaves them as they were."""
    if form.knows_people:
        return tuple(sorted(form.cleaned_data["met"]))
    return base.met if form.cleaned_data["result"] == Visit.Result.MET else ()


def same_minute(typed: dt.datetime, known: dt.datetime) -> dt.datetime:
    """The field has no seconds: the same minute is no change."""
    return known if typed == known.replace(second=0, microsecond=0) else typed


def initial_of(entry: VisitEntry) -> dict[str, Any]:
    """The form filled from what is already known."""
    return {
        "result": entry.result,
        "occurred_at": timezone.localtime(entry.occurred_at),
        "channel": entry.channel,
        "text": entry.text,
        "to_complete": entry.to_complete,
        "met": list(entry.met),
        "met_other": entry.met_other,
        "companions": list(entry.companions),
        "next_step": entry.next_step,
        "next_step_on": entry.next_step_on,
        "promise": entry.promise,
        "promise_due": entry.promise_due,
    }


def matters_of(entry: VisitEntry) -> list[dict[str, Any]]:
    return [{"id": m.id, "text": m.text, "outcome": m.outcome} for m in entry.matters]


class LaterForm(forms.Form):
    """To which day a next step is put off."""

    until = forms.DateField(
        label="改到",
        widget=DayInput,
        error_messages={
            "required": "请选改到哪一天。",
            "invalid": "请填写日期，如 2026-11-30。",
        },
    )


class VoidForm(forms.Form):
    """Why a record is wrong: one of the usual reasons, or own words."""

    OTHER: Final = "other"

    usual = forms.ChoiceField(label="为什么作废", required=False, widget=forms.RadioSelect)
    other = TextField(
        label="写明原因",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        called = Visit.Kind(kind).label
        wrong = "选错了住户" if kind == Visit.Kind.HOME else "选错了单位"
        usual = (f"误点，没有{called}", wrong, f"同一次{called}重复记录")
        choices = [*((reason, reason) for reason in usual), (self.OTHER, "其他原因")]
        offer(self, "usual", choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("usual") and not cleaned.get("other"):
            self.add_error("usual", ValidationError("请选一个原因。", code="required"))
        elif cleaned.get("usual") == self.OTHER and not cleaned.get("other"):
            self.add_error("other", ValidationError("还空着，请补上。", code="required"))
        return cleaned

    @property
    def reason(self) -> str:
        return str(self.cleaned_data["other"] or self.cleaned_data["usual"])
