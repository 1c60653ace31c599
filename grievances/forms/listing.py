"""The filters of the list of grievances: everything in the address, only ever narrowing."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from contacts.forms.unit_filters import ON, UnitFilter
from contacts.forms.visits import DayInput
from contacts.selectors import household_register
from grievances.kinds import Nature, Regime, Source, State, Urgency
from grievances.querysets import GrievanceQuerySet
from grievances.selectors import listing
from grievances.selectors.listing import IS_ENDED, IS_OPEN, Which
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.core.fields import DayField, offer
from portal.core.periods import Month, Quarter, Week, Year

_ALL: Final = ("", "全部")
#: Named stretches of time, each a parameter of its own.
_NAMED: Final[dict[str, Any]] = {"week": Week, "month": Month, "quarter": Quarter, "year": Year}
PERIOD: Final = (*_NAMED, "since", "until")


class GrievanceFilterForm(UnitFilter):
    """Which grievances; an empty field narrows nothing, a wrong one shows nothing and says why."""

    q = forms.CharField(
        label="按主题搜索", required=False, max_length=60, help_text="路灯、漏水、停车…"
    )
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[_ALL, (IS_OPEN, "还在办"), (IS_ENDED, "已结束"), *State.choices],
    )
    regime = forms.ChoiceField(label="办理渠道", required=False, choices=[_ALL, *Regime.choices])
    nature = forms.ChoiceField(label="性质", required=False, choices=[_ALL, *Nature.choices])
    source = forms.ChoiceField(label="来源", required=False, choices=[_ALL, *Source.choices])
    urgency = forms.ChoiceField(label="紧急程度", required=False, choices=[_ALL, *Urgency.choices])
    overdue = forms.ChoiceField(label="期限", required=False, choices=[_ALL, (ON, "已过期")])
    street = forms.TypedChoiceField(
        label="街道", required=False, coerce=int, empty_value=None, choices=[_ALL]
    )
    community = forms.TypedChoiceField(
        label="社区", required=False, coerce=int, empty_value=None, choices=[_ALL]
    )
    lead_unit = forms.TypedChoiceField(
        label="主办单位", required=False, coerce=int, empty_value=None, choices=[_ALL]
    )
    since = DayField(label="收到，从", required=False, widget=DayInput)
    until = DayField(label="到", required=False, widget=DayInput)
    household = forms.IntegerField(
        label="住户", required=False, min_value=1, widget=forms.HiddenInput
    )
    week = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)
    month = forms.CharField(required=False, max_length=7, widget=forms.HiddenInput)
    quarter = forms.CharField(required=False, max_length=7, widget=forms.HiddenInput)
    year = forms.CharField(required=False, max_length=4, widget=forms.HiddenInput)

    def __init__(self, *args: Any, post: Post, now: dt.datetime, today: dt.date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.post, self.now, self.today = post, now, today
        self._offer("street", self._below(OrganisationKind.DISTRICT, OrganisationKind.STREET))
        self._offer("community", self._below(OrganisationKind.STREET, OrganisationKind.COMMUNITY))
        self._offer("lead_unit", listing.lead_choices(post, today=today))

    def _below(self, above: OrganisationKind, kind: OrganisationKind) -> list[tuple[int, str]]:
        """The places of a kind below the own one, where that is ``above`` them."""
        own = self.post.organisation
        if own.kind != above:
            return []
        return household_register.place_choices(self.post, {kind: own.path}, today=self.today)[kind]

    def _offer(self, name: str, choices: list[tuple[int, str]]) -> None:
        # One outside stays a choice that does not exist.
        if choices or self.data.get(name):
            offer(self, name, choices, blank=_ALL[1])
        else:
            del self.fields[name]

    def clean_household(self) -> int | None:
        """SECURITY: a household outside the scope is one that does not exist."""
        pk: int | None = self.cleaned_data["household"]
        if pk is not None and listing.household_of(self.post, pk) is None:
            raise ValidationError("没有这一户，请重新选择。", code="household")
        return pk

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, kind in _NAMED.items():
            if text := cleaned.get(name):
                try:
                    cleaned[name] = kind.parse(text)
                except ValueError:
                    self.add_error(name, ValidationError("没有这段时间。", code="period"))
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", ValidationError("结束日期早于开始日期。", code="order"))
        return cleaned

    @property
    def _named(self) -> Week | Month | Quarter | Year | None:
        return next((one for name in _NAMED if (one := self.cleaned_data[name])), None)

    @property
    def period_words(self) -> str:
        """The days in words, as they stand above the list."""
        if named := self._named:
            return f"{named.label}收到"
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        if since and until:
            return f"{since} 至 {until} 收到"
        return f"{since} 以来收到" if since else f"{until} 以前收到" if until else "全部时间"

    def apply(self, grievances: GrievanceQuerySet) -> GrievanceQuerySet:
        """Narrow; a form that cannot be read gives nothing rather than everything."""
        grievances = self.apply_filters(grievances)
        query = self.cleaned_data.get("q")
        return listing.about(grievances, post=self.post, query=query) if query else grievances

    def apply_filters(self, grievances: GrievanceQuerySet) -> GrievanceQuerySet:
        """The same without the words that are searched for."""
        if not self.is_valid():
            return grievances.none()
        data, place = self.cleaned_data, self.in_unit()
        for name in ("street", "community"):
            if chosen := data.get(name):
                place &= Q(**{f"{name}_id": chosen})
        return listing.narrowed(grievances, self._which(), place, now=self.now)

    def _which(self) -> Which:
        data, named = self.cleaned_data, self._named
        until = data["until"]
        return Which(
            **{name: data[name] for name in ("state", "regime", "nature", "source", "urgency")},
            is_overdue=bool(data["overdue"]),
            lead_id=data.get("lead_unit"),
            household_id=data["household"],
            first=named.start if named else data["since"],
            last=named.end if named else until + dt.timedelta(days=1) if until else None,
        )

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
            if value in (None, "") or name in {"q", *PERIOD}:
                continue
            if name == "household":
                found.append(((name,), "这一户的"))
                continue
            choices = getattr(self.fields[name], "choices", ())
            words = next((label for key, label in choices if str(key) == str(value)), value)
            found.append(((name,), f"{self.fields[name].label}：{words}"))
        if any(self.cleaned_data[name] for name in PERIOD):
            found.append((PERIOD, self.period_words))
        return found
