"""The filters of the visit list: everything in the address, only ever narrowing."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from contacts.forms.unit_filters import ON, UnitFilter
from contacts.forms.visits import DayInput
from contacts.models import Matter, Visit
from contacts.querysets import VisitQuerySet
from contacts.selectors import household_register
from contacts.selectors.sight import sees_cares
from contacts.selectors.visit_list import (
    ANY_MATTER,
    TO_COMPLETE,
    VOIDED,
    WAITING,
    Which,
    narrowed,
)
from contacts.selectors.visits import about
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.roles import UNIT_WIDE
from portal.core.fields import FIRST_DAY, DayField, offer
from portal.core.periods import Month, Period, Quarter, Week, Year, start_of

_ALL: Final = ("", "全部")
VALID: Final = "valid"
#: Named stretches of time, each a parameter of its own.
_NAMED: Final = ("week", "month", "quarter", "year")
_PERIOD: Final = (*_NAMED, "since", "until")
#: Parameters that say which records, beside whose, where and when: what a figure is made of.
_WHICH: Final = ("kind", "result", "channel", "matter", "state", "late", "hardship")


class VisitFilterForm(UnitFilter):
    """Which visits; an empty field narrows nothing, a wrong one shows nothing and says why."""

    q = forms.CharField(
        label="按主题搜索", required=False, max_length=60, help_text="漏水、加装电梯…"
    )
    who = forms.ChoiceField(
        label="谁走访", required=False, choices=[("", "全部可看的"), ("me", "我参加的")]
    )
    kind = forms.ChoiceField(label="类别", required=False, choices=[_ALL, *Visit.Kind.choices])
    result = forms.ChoiceField(label="结果", required=False, choices=[_ALL, *Visit.Result.choices])
    channel = forms.ChoiceField(
        label="方式", required=False, choices=[_ALL, *Visit.Channel.choices]
    )
    matter = forms.ChoiceField(
        label="反映的事",
        required=False,
        choices=[
            _ALL,
            (ANY_MATTER, "有事项"),
            *Matter.Outcome.choices,
            (WAITING, Matter.WAITING_LABEL),
        ],
    )
    street = forms.TypedChoiceField(
        label="街道", required=False, coerce=int, empty_value=None, choices=[_ALL]
    )
    community = forms.TypedChoiceField(
        label="社区", required=False, coerce=int, empty_value=None, choices=[_ALL]
    )
    since = DayField(label="从", required=False, widget=DayInput)
    until = DayField(label="到", required=False, widget=DayInput)
    state = forms.ChoiceField(
        label="记录",
        required=False,
        choices=[_ALL, (VALID, "不含作废"), (TO_COMPLETE, "待补记"), (VOIDED, "只看作废")],
    )
    week = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)
    month = forms.CharField(required=False, max_length=7, widget=forms.HiddenInput)
    quarter = forms.CharField(required=False, max_length=7, widget=forms.HiddenInput)
    year = forms.CharField(required=False, max_length=4, widget=forms.HiddenInput)
    late = forms.ChoiceField(
        label="补记", required=False, choices=[_ALL, (ON, "只看补记")], widget=forms.HiddenInput
    )
    hardship = forms.ChoiceField(
        label="困难家庭", required=False, choices=[_ALL, (ON, "当天是")], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, post: Post, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post, self.today = post, today
        self._offer_places()
        if post.role in UNIT_WIDE and not post.may(Permission.LOG_HOME_VISIT):
            del self.fields["who"]
        # SECURITY: a filter tells as much as a column; who may not read categories cannot ask by them.
        if not sees_cares(post):
            del self.fields["hardship"]

    def _offer_places(self) -> None:
        """The communities of a street; a district has hundreds: there street by street."""
        kind, own = OrganisationKind, self.post.organisation
        above = own.kind if self.post.role in UNIT_WIDE else ""
        wanted: dict[OrganisationKind, str] = {}
        if above == kind.DISTRICT:
            wanted[kind.STREET] = own.path
            if street := self._street_asked():
                wanted[kind.COMMUNITY] = street
        elif above == kind.STREET:
            wanted[kind.COMMUNITY] = own.path
        places = household_register.place_choices(self.post, wanted, today=self.today)
        if above == kind.DISTRICT:
            offer(self, "street", places[kind.STREET], blank=_ALL[1])
        else:
            del self.fields["street"]
        communities = places.get(kind.COMMUNITY, [])
        # One outside stays a choice that does not exist.
        if above in {kind.DISTRICT, kind.STREET} and (communities or self.data.get("community")):
            offer(self, "community", communities, blank=_ALL[1])
        else:
            del self.fields["community"]

    def _street_asked(self) -> str | None:
        """Path of the street asked for, or of that of the community asked for."""
        asked = (str(self.data.get(name, "")) for name in ("street", "community"))
        street, community = (int(one) if one.isdecimal() else None for one in asked)
        chosen = household_register.chosen_places(self.post, street=street, community=community)
        return chosen.get(OrganisationKind.STREET)

    def _named(self) -> Week | Month | Quarter | Year | None:
        chosen = (self.cleaned_data[name] for name in _NAMED)
        return next((one for one in chosen if one), None)

    def clean_week(self) -> Week | None:
        week: Week | None = _parsed(
            Week, self.cleaned_data["week"], "没有这一周。周次的写法如 2026-W47。"
        )
        return week

    def clean_month(self) -> Month | None:
        month: Month | None = _parsed(
            Month, self.cleaned_data["month"], "没有这个月。月份的写法如 2026-11。"
        )
        return month

    def clean_quarter(self) -> Quarter | None:
        quarter: Quarter | None = _parsed(
            Quarter, self.cleaned_data["quarter"], "没有这个季度。写法如 2026-Q4。"
        )
        return quarter

    def clean_year(self) -> Year | None:
        year: Year | None = _parsed(
            Year, self.cleaned_data["year"], "没有这一年。年份的写法如 2026。"
        )
        return year

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", ValidationError("结束日期早于开始日期。", code="order"))
        return cleaned

    @property
    def period(self) -> Period | None:
        """The days asked for; None is all of time."""
        data = self.cleaned_data
        if named := self._named():
            return named
        if not (data["since"] or data["until"]):
            return None
        last = data["until"] or max(self.today, data["since"])
        first = data["since"] or FIRST_DAY
        return Period(first, last + dt.timedelta(days=1))

    @property
    def period_words(self) -> str:
        """The days in words, as they stand above the list."""
        data = self.cleaned_data
        if named := self._named():
            return named.label
        since, until = data["since"], data["until"]
        if since and until:
            return f"{since} 至 {until}"
        return f"{since} 以来" if since else f"{until} 以前" if until else "全部时间"

    def apply(self, visits: VisitQuerySet) -> VisitQuerySet:
        """Narrow; a form that cannot be read gives nothing rather than everything."""
        visits = self.apply_filters(visits)
        query = self.cleaned_data.get("q")
        return about(visits, post=self.post, query=query) if query else visits

    def apply_filters(self, visits: VisitQuerySet) -> VisitQuerySet:
        """The same without the words that are searched for."""
        if not self.is_valid():
            return visits.none()
        which, values = self.asked()
        return narrowed(visits, self.post, which, **values)

    def asked(self) -> tuple[Which, dict[str, Any]]:
        """The form of the question and its values; only of a valid form."""
        data = self.cleaned_data
        columns, apart = self.unit_columns()
        values = {"unit": data["unit"].pk} if columns else {}
        values |= {name: data[name] for name in ("street", "community") if data.get(name)}
        places = {**columns, "street": "street_id", "community": "community_id"}
        days = self.period
        if days is not None:
            values |= {"first": days.start, "last": days.end}
            values |= {"start": start_of(days.start), "end": start_of(days.end)}
        which = Which(
            **{name: data[name] for name in ("kind", "result", "channel", "matter", "state")},
            late=bool(data["late"]),
            hardship=bool(data.get("hardship")),
            mine=data.get("who") == "me",
            places=tuple((name, column) for name, column in places.items() if name in values),
            apart=apart,
            has_days=days is not None,
        )
        return which, values

    @property
    def which(self) -> dict[str, str] | None:
        """The filters a figure can be made of; None where others narrow the list too."""
        data = self.cleaned_data
        others = ("q", "who", "street", "community", "apart")
        if any(data.get(name) for name in others):
            return None
        return {name: data[name] for name in _WHICH if data.get(name)}

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is on, beside the words that are searched for."""
        return any(
            value not in (None, "") for name, value in self.cleaned_data.items() if name != "q"
        )

    def chosen(self) -> list[tuple[tuple[str, ...], str]]:
        """(parameters, words) of every filter that is on, for the chips."""
        found: list[tuple[tuple[str, ...], str]] = []
        for name, value in self.cleaned_data.items():
            if value in (None, "") or name in {"q", *_PERIOD}:
                continue
            choices = getattr(self.fields[name], "choices", ())
            words = next((label for key, label in choices if str(key) == str(value)), value)
            found.append(((name,), f"{self.fields[name].label}：{words}"))
        if self.period is not None:
            found.append((_PERIOD, self.period_words))
        return found


def _parsed(kind: Any, text: str, message: str) -> Any:
    if not text:
        return None
    try:
        return kind.parse(text)
    except ValueError as error:
        raise ValidationError(message, code="period") from error
