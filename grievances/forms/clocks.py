"""Forms of 时限 and 工作日历."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from grievances.clocks import shipped
from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import Policy
from grievances.kinds import Nature, Regime, Source, Urgency
from grievances.models.policies import ARTICLE_LIMIT, is_fixed
from portal.core.fields import DayField, TextField
from portal.core.models import LONGEST_NAME

_LONGEST: Final = 400
_ANY: Final = ("", "不限")
_UNITS: Final = [(unit.value, unit.label) for unit in Unit if unit is not Unit.STATED]


def _limits() -> dict[str, Start]:
    """Which step of which regime a clock is for, and what it counts from: as shipped."""
    return {
        f"{each.regime}.{each.step}": each.start
        for each in reversed(shipped.read())
        if not is_fixed(each)
    }


def _limit_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    known = _limits()
    groups = [
        (regime, [(f"{regime.value}.{step.value}", step.label) for step in Step])
        for regime in Regime
    ]
    offered = [
        (regime.label, [(code, f"{regime.label} {word}") for code, word in steps if code in known])
        for regime, steps in groups
    ]
    return [(label, steps) for label, steps in offered if steps]


class DayInput(forms.DateInput):
    """The browser's own picker for a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PolicyForm(forms.Form):
    """A district's own limit of a step."""

    limit = forms.ChoiceField(label="哪个环节", choices=_limit_choices)
    urgency = forms.ChoiceField(label="紧急程度", required=False, choices=[_ANY, *Urgency.choices])
    nature = forms.ChoiceField(label="性质", required=False, choices=[_ANY, *Nature.choices])
    source = forms.ChoiceField(label="来源", required=False, choices=[_ANY, *Source.choices])
    length = forms.IntegerField(label="时长", min_value=1, max_value=_LONGEST)
    unit = forms.ChoiceField(label="单位", choices=_UNITS)
    first_day_counts = forms.BooleanField(
        label="当日计入", required=False, help_text="不选：从次日起算。按小时的从当时起算。"
    )
    rolls_over = forms.BooleanField(label="最后一天遇休息日顺延", required=False)
    may_pause = forms.BooleanField(label="可以暂停", required=False)
    extension = forms.IntegerField(
        label="最多延长", min_value=0, max_value=_LONGEST, help_text="同一单位；0 为不能延长。"
    )
    article = TextField(
        label="依据",
        max_length=ARTICLE_LIMIT,
        error_messages={"required": "请写明依据：哪个文件、第几条。"},
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        days_only = data.get("first_day_counts") or data.get("rolls_over")
        if data.get("unit") == Unit.HOURS and days_only:
            self.add_error("unit", "按小时计算的，没有“当日计入”和“顺延”。")
        return data

    def policy(self) -> Policy:
        """What was typed, as a value; the form is valid."""
        data = dict(self.cleaned_data)
        limit = data.pop("limit")
        regime, step = limit.split(".")
        return Policy(
            **data | {"unit": Unit(data["unit"])},
            regime=regime,
            step=Step(step),
            start=_limits()[limit],
        )


class CalendarDayForm(forms.Form):
    """A day that is worked, or not, whatever was announced."""

    day = DayField(label="日期", widget=DayInput, error_messages={"required": "请选日期。"})
    is_working = forms.ChoiceField(
        label="这一天",
        choices=[("0", "放假"), ("1", "上班")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选放假还是上班。"},
    )
    name = TextField(
        label="名称",
        max_length=LONGEST_NAME,
        help_text="如“春节”“调休上班”，会写进每件诉求的期限说明。",
        error_messages={"required": "请写明这一天的名称。"},
    )


class ClearDayForm(forms.Form):
    """A day of which the announced calendar decides again."""

    day = DayField(widget=DayInput)
