"""How a 下访 or 接访 is typed in: its place, who led it, the guests."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from contacts.forms.visit_drafts import restored
from contacts.forms.visits import GUESTS_PREFIX, VisitForm, initial_of, same_minute
from contacts.models import Visit
from contacts.selectors.visit_places import household_behind
from contacts.services.household_entries import clean_phone
from contacts.services.visit_entries import GuestEntry, VisitEntry
from contacts.services.visit_places import GUESTS, MOST_GUESTS, NAME_LIMIT, PLACE_LIMIT
from portal.accounts.models import Post
from portal.core.errors import DomainError
from portal.core.fields import CHOOSE, TextField, offer

BLANK_GUESTS: Final = 3
LEAD_LABELS: Final = {Visit.Kind.FIELD: "带队的人", Visit.Kind.RECEPTION: "谁接待的"}
_WHERE: Final = re.compile(r"[pu]\d{1,18}")


class PlaceVisitForm(VisitForm):
    """A 下访 or 接访: place and time are required, and both are filled in."""

    # What belongs to a door.
    result = None  # type: ignore[assignment]  # Django's way to leave a field out
    channel = None  # type: ignore[assignment]
    met = None  # type: ignore[assignment]
    field_order = ("where", "place", "occurred_at", "by_appointment", "lead", "met_other", "text")

    where = forms.ChoiceField(
        label="哪个单位", error_messages={"required": "请选一个单位。"}, required=True
    )
    place = TextField(
        label="地点",
        max_length=PLACE_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请写地点，如“居委会一楼会议室”。"},
    )
    by_appointment = forms.TypedChoiceField(
        label="接访形式",
        choices=[("", "定点接访"), ("1", "约访")],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )
    lead = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    promise_household = forms.TypedChoiceField(
        label="答应的是哪一户", coerce=int, empty_value=None, required=False
    )

    def __init__(
        self,
        *args: Any,
        kind: str,
        wheres: Sequence[tuple[str, Any]],
        leads: Sequence[tuple[int, str]],
        must_name_lead: bool = False,
        homes: Sequence[tuple[int, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        lead = self.fields["lead"]
        lead.label = LEAD_LABELS[Visit.Kind(kind)]
        lead.required = must_name_lead
        lead.error_messages["required"] = "请选由谁接待。"
        offer(self, "lead", leads, blank=CHOOSE if must_name_lead else "")
        offer(self, "promise_household", homes, blank=CHOOSE)
        if wheres:
            offer(self, "where", wheres)
        else:
            del self.fields["where"]
        if kind != Visit.Kind.RECEPTION:
            del self.fields["by_appointment"]
        self.fields["met_other"].label = "还有谁在场"
        self.fields["met_other"].widget.attrs["placeholder"] = "如：物业经理、楼门长"
        self.fields["promise"].label = "答应了什么"
        guests = GUESTS[Visit.Kind(kind)]
        self.fields["promise"].help_text = f"记在{guests}的一户名下，到期提醒。"

    @property
    def promise_open(self) -> bool:
        return super().promise_open or "promise_household" in self.errors


class GuestForm(forms.Form):
    """One person met; left wholly blank it does not exist."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    household = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = TextField(
        label="称呼或姓名",
        required=False,
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "如：王女士"}),
    )
    phone = TextField(
        label="电话",
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    door = TextField(
        label="住在哪",
        required=False,
        max_length=60,
        help_text="写到门牌，和登记的住户对上；不知道就空着。",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "如：北里小区6号楼 2单元301"}
        ),
    )
    drop = forms.BooleanField(label="去掉这一位", required=False)

    def __init__(self, *args: Any, post: Post, finds_doors: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post = post
        if not finds_doors:
            del self.fields["door"]

    def clean_phone(self) -> str:
        try:
            return clean_phone(self.cleaned_data["phone"])
        except DomainError as error:
            raise ValidationError(error.message, code="phone") from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("drop"):
            return cleaned
        told = cleaned.get("phone") or cleaned.get("door") or self.errors
        if told and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", ValidationError("请写称呼，如“王女士”。", code="name"))
        if door := cleaned.get("door"):
            found = household_behind(self.post, door)
            if found is None:
                words = (
                    "没有对上唯一的一户。请写到楼号和门牌，如“6号楼 2单元301”；"
                    "对不上就把住址挪到“有什么要记的”里写。"
                )
                self.add_error("door", ValidationError(words, code="door"))
            else:
                cleaned["household"] = found
        return cleaned

    @property
    def entry(self) -> GuestEntry | None:
        data = self.cleaned_data
        if not data.get("name") or data.get("drop"):
            return None
        return GuestEntry(
            id=data.get("id"),
            name=data["name"].strip(),
            phone=data.get("phone", ""),
            household_id=data.get("household"),
        )

    @property
    def is_joined(self) -> bool:
        """Whether a registered household is known for the guest."""
        return bool(self["household"].value())


GuestFormSet = forms.formset_factory(
    GuestForm, extra=BLANK_GUESTS, max_num=MOST_GUESTS, absolute_max=MOST_GUESTS
)


def guest_forms(
    data: Mapping[str, Any] | None = None,
    initial: Sequence[Mapping[str, Any]] = (),
    *,
    post: Post,
    finds_doors: bool,
) -> forms.BaseFormSet:
    """The guests of a form: who is there, and blank rows."""
    formset: forms.BaseFormSet = GuestFormSet(
        data,
        initial=list(initial),
        prefix=GUESTS_PREFIX,
        form_kwargs={"post": post, "finds_doors": finds_doors},
    )
    return formset


def guests_in(guests: forms.BaseFormSet) -> tuple[GuestEntry, ...]:
    return tuple(entry for form in guests.forms if (entry := form.entry) is not None)


def place_entry(
    form: PlaceVisitForm,
    matters: forms.BaseFormSet,
    guests: forms.BaseFormSet,
    base: VisitEntry,
) -> VisitEntry:
    """What the valid form says, under the id of ``base``."""
    data = form.cleaned_data
    where = data.get("where") or ""
    point_id = base.point_id if not where else int(where[1:]) if where[0] == "p" else None
    unit_id = base.unit_id if not where else int(where[1:]) if where[0] == "u" else None
    occurred_at: dt.datetime = data["occurred_at"]
    return VisitEntry(
        client_id=base.client_id,
        kind=base.kind,
        point_id=point_id,
        unit_id=unit_id,
        place=data["place"],
        by_appointment=bool(data.get("by_appointment")),
        lead=data["lead"],
        guests=guests_in(guests),
        occurred_at=same_minute(occurred_at, base.occurred_at),
        channel=base.channel,
        result=base.result,
        text=data["text"],
        matters=tuple(e for m in matters.forms if (e := m.entry) is not None),
        companions=tuple(sorted(set(data["companions"]) | set(data["companion_names"] or ()))),
        met_other=data["met_other"],
        next_step=data["next_step"],
        next_step_on=data["next_step_on"],
        promise=data["promise"],
        promise_due=data["promise_due"],
        promise_household_id=data["promise_household"],
        to_complete=data["to_complete"],
    )


def place_initial(entry: VisitEntry) -> dict[str, Any]:
    """The form filled from what is already known."""
    where = f"p{entry.point_id}" if entry.point_id else f"u{entry.unit_id}"
    return initial_of(entry) | {
        "where": where,
        "place": entry.place,
        "by_appointment": "1" if entry.by_appointment else "",
        "lead": entry.lead,
        "promise_household": entry.promise_household_id,
    }


def guests_of(entry: VisitEntry) -> list[dict[str, Any]]:
    return [
        {"id": g.id, "name": g.name, "phone": g.phone, "household": g.household_id}
        for g in entry.guests
    ]


def where_asked(value: str | None) -> str:
    """p12 or u34 as it stands in a form; anything else is nothing."""
    return value if value and _WHERE.fullmatch(value) else ""


# --- drafts ---------------------------------------------------------------------------------

_GUEST: Final = re.compile(rf"{GUESTS_PREFIX}-(\d{{1,2}})-(id|household|name|phone|door|drop)")


def restored_place(
    typed: Mapping[str, Sequence[str]],
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Initial values of the form, its matters and its guests from a draft, as they were typed."""
    own = {name: values for name, values in typed.items() if not _GUEST.fullmatch(name)}
    initial, matters = restored(own)
    rows: dict[int, dict[str, Any]] = {}
    for name, values in typed.items():
        if match := _GUEST.fullmatch(name):
            rows.setdefault(int(match[1]), {})[match[2]] = values[-1] if values else ""
    guests = [rows[n] for n in sorted(rows) if any(rows[n].get(k) for k in ("name", "phone"))]
    return initial, matters, guests
