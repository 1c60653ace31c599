"""The form of one move: only what the move has to be said with."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils import timezone

from grievances.asks import Ask
from grievances.kinds import RESULTS, Manner, Regime
from grievances.models import Grievance, Told
from grievances.selectors.move_choices import units_for
from grievances.services.move_checks import REASON_LIMIT, REPLY_LIMIT, WORDS_LIMIT
from grievances.services.moving import MoveEntry, UnitEntry
from grievances.workflow import Move, Needs
from portal.accounts.models import Post, Reveal
from portal.core.fields import TextField

_DAY: Final = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_LATER: Final = ("", "还没有，请联系人打电话告知")
_NOW: Final = [
    (channel.value, f"已{channel.label}告知")
    for channel in (Told.Channel.PHONE, Told.Channel.DOOR, Told.Channel.SLIP)
]
_MOST_CO_HANDLERS: Final = 3


def area(rows: int) -> forms.Textarea:
    """A field for words."""
    return forms.Textarea(attrs={"rows": rows})


class SaidForm(forms.Form):
    """Fields come from what has to be said; the service refuses what is missing, at its field."""

    #: What the words are called.
    says = "理由"

    def __init__(
        self, data: Any = None, *, what: Move | Ask, grievance: Grievance, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.grievance = grievance
        for need in what.needs:
            getattr(self, f"_add_{need.lower()}")()

    def _text(self, name: str, label: str, limit: int, rows: int, help_text: str = "") -> None:
        self.fields[name] = TextField(
            label=label, required=False, max_length=limit, widget=area(rows), help_text=help_text
        )

    def _day_field(self, name: str, label: str, help_text: str = "") -> None:
        self.fields[name] = forms.DateField(
            label=label,
            required=False,
            widget=_DAY,
            help_text=help_text,
            error_messages={"invalid": "请填日期，如 2026-12-22。"},
        )

    def _add_reason(self) -> None:
        self._text("reason", self.says, REASON_LIMIT, 3)

    def _add_told(self) -> None:
        if not self.grievance.is_restricted:
            self._text(
                "public_words",
                "给居民看的话",
                WORDS_LIMIT,
                3,
                "用大白话写，不写姓名、电话和门牌。居民在自己的链接上看到的就是这段话。",
            )
        self.fields["told"] = forms.ChoiceField(
            label="告诉诉求人了吗",
            choices=[*_NOW, _LATER],
            required=False,
            widget=forms.RadioSelect,
        )


class MoveForm(SaidForm):
    """One move."""

    seen_state = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        move: Move,
        grievance: Grievance,
        post: Post,
        other: str = "",
        **kwargs: Any,
    ) -> None:
        """``other`` is proposed as the one to merge into."""
        kwargs.setdefault("initial", {"seen_state": grievance.state, "other_number": other})
        self.move, self.post = move, post
        self.co_names: list[tuple[str, str]] = []
        super().__init__(data, what=move, grievance=grievance, **kwargs)

    def entry(self) -> MoveEntry:
        """What was typed. Needs a valid form."""
        told = self.cleaned_data
        units = [
            UnitEntry(unit_id=int(told[unit]), due_on=told.get(day))
            for unit, day in self.co_names
            if told.get(unit)
        ]
        return MoveEntry(
            seen_state=told.get("seen_state", ""),
            reason=told.get("reason", ""),
            lead_id=int(told["lead_id"]) if told.get("lead_id") else None,
            manner=told.get("manner") or Manner.ASSIGN,
            co_handlers=tuple(units),
            where=told.get("where", ""),
            public_words=told.get("public_words", ""),
            told=told.get("told", ""),
            reply=told.get("reply", ""),
            basis=told.get("basis", ""),
            result=told.get("result", ""),
            day=told.get("day"),
            other_number=told.get("other_number", ""),
        )

    def lines(self) -> list[Any]:
        """The visible fields in their order, without those of co-handlers, which fold."""
        hidden = {name for pair in self.co_names for name in pair}
        return [field for field in self.visible_fields() if field.name not in hidden]

    def co_lines(self) -> list[tuple[Any, Any]]:
        return [(self[unit], self[day]) for unit, day in self.co_names]

    def _add_where(self) -> None:
        self._text(
            "where", "现在归谁管、怎么找", REASON_LIMIT, 2, "居民会看到，如：市交通委，电话 12328。"
        )

    def _add_reply(self) -> None:
        self._text(
            "reply", "答复内容", REPLY_LIMIT, 5, "办了什么、哪天、谁办的；没办成的写明原因。"
        )

    def _add_result(self) -> None:
        results = RESULTS[Regime(self.grievance.regime)]
        self.fields["result"] = forms.ChoiceField(
            label="办理结果",
            choices=[(one.value, one.label) for one in results],
            required=False,
            widget=forms.RadioSelect,
        )
        if Needs.REPLY not in self.move.needs:
            self._add_reply()
        if self.grievance.regime == Regime.PETITION:
            self._text("basis", "依据", REPLY_LIMIT, 3, "法律、法规、政策的条文。")

    def _add_day(self) -> None:
        self._day_field("day", "回看日期", "到这一天再看条件有没有变。")

    def _add_other(self) -> None:
        self.fields["other_number"] = TextField(
            label="并入哪一件",
            required=False,
            max_length=24,
            help_text="另一件诉求的编号。两位诉求人各自的链接和评价都保留。",
        )

    def _add_verdict(self) -> None:
        """Asked for on the page of follow-ups."""

    def _add_lead(self) -> None:
        choices = units_for(self.grievance, on=timezone.localdate())
        self.fields["lead_id"] = forms.ChoiceField(
            label="主办单位", choices=[("", "请选择"), *choices], required=False
        )
        self.fields["manner"] = forms.ChoiceField(
            label="方式",
            choices=Manner.choices,
            required=False,
            initial=Manner.ASSIGN,
            widget=forms.RadioSelect,
            help_text="街道的科室和社区用交办；区级部门、外部单位用吹哨协调、移送或报区协调。",
        )
        for number in range(1, _MOST_CO_HANDLERS + 1):
            unit, day = f"co{number}", f"co{number}_on"
            self.co_names.append((unit, day))
            self.fields[unit] = forms.ChoiceField(
                label=f"协办单位 {number}", choices=[("", "不要"), *choices], required=False
            )
            self._day_field(day, f"协办期限 {number}")


class RevealForm(forms.Form):
    """Why somebody needs to see whom a grievance is from."""

    reason = forms.ChoiceField(
        label="为什么要看",
        choices=Reveal.Reason,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择查看的理由。"},
    )
    note = TextField(
        label="说明",
        required=False,
        max_length=200,
        widget=area(2),
        help_text="可不填。加密保存。",
    )
