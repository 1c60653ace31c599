"""What one types about a household: its door, its people, a reason to look, who answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contacts.models import Household, Resident
from contacts.selectors import duties, household_register
from contacts.services import household_ending, household_entries
from contacts.services import households as services
from contacts.services.household_entries import HouseholdEntry, ResidentEntry
from portal.accounts.models import Post, Reveal
from portal.accounts.permissions import Permission
from portal.core.errors import DomainError
from portal.core.fields import CHOOSE, DayField, TextField, offer

#: Blank rows for people on a page without JavaScript.
BLANK_RESIDENTS = 2
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _by_rule(rule: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Ask the rule of the service, so that form, import and command refuse the same."""
    try:
        return rule(*args, **kwargs)
    except DomainError as error:
        raise ValidationError(error.message) from error


class HouseholdForm(forms.Form):
    """One household; what the post may not decide is not in it.

    ``cares`` are the categories that it has now, by code; None where the post may not set them.
    """

    building = forms.TypedChoiceField(
        label="楼栋", coerce=int, error_messages={"required": "请从列表里选一栋。"}
    )
    unit = TextField(label="单元", max_length=10, required=False, help_text="没有单元就空着")
    room = TextField(label="室", max_length=20, error_messages={"required": "必须填写，如 502。"})
    floor = forms.IntegerField(
        label="楼层", required=False, error_messages={"invalid": "请填数字，如 5。"}
    )
    door_wish = forms.ChoiceField(
        label="是否愿意上门走访",
        choices=Household.DoorWish,
        widget=forms.RadioSelect,
        error_messages={"required": "请选一项。"},
    )
    door_wish_reason = TextField(
        label="为什么暂不上门", max_length=100, required=False, help_text="选“暂不上门”时填写"
    )
    door_wish_until = DayField(
        label="暂不上门至", required=False, widget=_DAY, help_text="含当天；不填就一直有效"
    )
    avoid = TextField(
        label="不要再问",
        required=False,
        max_length=household_entries.NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="敲门前看到的提醒，如：老伴去年去世，别提。加密保存。",
    )
    note = TextField(
        label="备注",
        required=False,
        max_length=household_entries.NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="如：门铃坏了，请敲门。加密保存。",
    )
    cares = forms.MultipleChoiceField(
        label="关爱类别",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="只有责任人和本社区看得到，不进地图和导出。",
    )
    responsible = forms.TypedChoiceField(
        label="走访责任人",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="可以以后再指定",
    )

    def __init__(
        self,
        *args: Any,
        post: Post,
        today: dt.date,
        household: Household | None = None,
        cares: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.household = today, household
        buildings = household_register.building_choices(post, today=today)
        offer(self, "building", buildings, blank=CHOOSE)
        if cares is not None:
            offer(self, "cares", _care_options(cares, today))
        else:
            del self.fields["cares"]
        if household is None and post.may(Permission.ASSIGN_HOUSEHOLDS):
            offer(self, "responsible", duties.unit_choices(post, today=today), blank=CHOOSE)
        else:
            del self.fields["responsible"]

    def clean_unit(self) -> str:
        return str(_by_rule(household_entries.clean_unit, self.cleaned_data["unit"]))

    def clean_room(self) -> str:
        return str(_by_rule(household_entries.clean_room, self.cleaned_data["room"]))

    def clean_floor(self) -> int | None:
        floor: int | None = _by_rule(household_entries.clean_floor, self.cleaned_data["floor"])
        return floor

    def clean(self) -> None:
        """All that the rules say of the household, in the same round as the people's errors."""
        data = self.cleaned_data
        try:
            household_entries.check_wish(
                data.get("door_wish") or Household.DoorWish.NONE,
                until=data.get("door_wish_until"),
                reason=data.get("door_wish_reason", ""),
                before=self.household,
                today=self.today,
            )
        except DomainError as error:
            self.add_error(error.field, error.message)
        if data.get("building") and data.get("responsible"):
            self._check_responsible(data["building"], data["responsible"])

    def _check_responsible(self, building_id: int, user_id: int) -> None:
        try:
            services.check_responsible_at(building_id, user_id, today=self.today)
        except DomainError as error:
            self.add_error("responsible", error.message)

    def entry(self, residents: tuple[ResidentEntry, ...]) -> HouseholdEntry:
        """What was typed, for the service; only of a valid form."""
        data = self.cleaned_data
        return HouseholdEntry(
            building_id=data["building"],
            unit=data["unit"],
            room=data["room"],
            floor=data["floor"],
            door_wish=data["door_wish"],
            door_wish_reason=data["door_wish_reason"],
            door_wish_until=data["door_wish_until"],
            avoid=data["avoid"],
            note=data["note"],
            residents=residents,
            cares=tuple(data["cares"]) if "cares" in data else None,
        )


def household_initial(household: Household, *, cares: Mapping[str, str] | None) -> dict[str, Any]:
    """The household said again, to fill its form."""
    fields = ("unit", "room", "floor", "avoid", "note")
    wish = ("door_wish", "door_wish_reason", "door_wish_until")
    values = {name: getattr(household, name) for name in (*fields, *wish)}
    if cares is not None:
        values["cares"] = list(cares)
    return values | {"building": household.building_id}


def running_cares(household: Household) -> dict[str, str]:
    """Code and name of the categories it has now."""
    running = household.cares.filter(until__isnull=True)
    return dict(running.values_list("category__code", "category__name"))


def _care_options(running: Mapping[str, str], today: dt.date) -> list[tuple[str, str]]:
    """The catalogue in force, and what the household has though it was retired."""
    options = dict(household_register.care_choices(today))
    for code, name in running.items():
        options.setdefault(code, f"{name}（已停用）")
    return list(options.items())


class ResidentForm(forms.Form):
    """One person; a blank row is nobody."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = TextField(
        label="姓名",
        max_length=household_entries.NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "必须填写，写全名。"},
    )
    relation = forms.ChoiceField(
        label="与户主关系",
        choices=[("", "请选择"), *Resident.Relation.choices],
        error_messages={"required": "请选一项。"},
    )
    birth_year = forms.IntegerField(
        label="出生年份",
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": "如 1950"}),
        error_messages={"invalid": "请填四位年份，如 1950。"},
    )
    phone = TextField(
        label="电话",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    is_contact = forms.BooleanField(label="首选联系人", required=False)
    left_on = DayField(
        label="离开日期",
        required=False,
        widget=_DAY,
        help_text="这一天起不再显示在门牌卡上，记录保留",
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if not (self.initial.get("id") or self.data.get(self.add_prefix("id"))):
            del self.fields["left_on"]

    def has_changed(self) -> bool:
        """The proposed tick taken away from a blank row tells of nobody."""
        return bool(set(self.changed_data) - {"is_contact"})

    def clean_name(self) -> str:
        return str(_by_rule(household_entries.clean_name, self.cleaned_data["name"]))

    def clean_birth_year(self) -> int | None:
        year: int | None = _by_rule(
            household_entries.clean_birth_year, self.cleaned_data["birth_year"], today=self.today
        )
        return year

    def clean_phone(self) -> str:
        return str(_by_rule(household_entries.clean_phone, self.cleaned_data["phone"]))

    def clean_left_on(self) -> dt.date | None:
        left: dt.date | None = self.cleaned_data["left_on"]
        if left is not None and left > self.today:
            raise ValidationError("这一天还没到，请等离开以后再填。")
        return left

    def entry(self) -> ResidentEntry:
        data = self.cleaned_data
        return ResidentEntry(
            id=data["id"],
            name=data["name"],
            relation=data["relation"],
            birth_year=data["birth_year"],
            phone=data["phone"],
            is_contact=data["is_contact"],
            left_on=data.get("left_on"),
        )


class BaseResidentFormSet(forms.BaseFormSet):
    """The people of one household."""

    default_error_messages = {
        **forms.BaseFormSet.default_error_messages,
        "too_many_forms": f"一户最多登记{household_entries.MOST_RESIDENTS}人。",
    }

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        """The first person of a new household is proposed as its head and as whom to ring first."""
        super().add_fields(form, index)
        if index == 0 and not self.initial_form_count():
            form.fields["relation"].initial = Resident.Relation.HEAD
            form.fields["is_contact"].initial = True
        # Blank rows beyond the first wait for "添加一人" where there is JavaScript.
        form.is_spare = bool(index) and not form.has_changed()  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Asked of what is readable, so that another person's error does not hide it."""
        told = [form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data")]
        contacts = [bool(one.get("is_contact") and not one.get("left_on")) for one in told]
        _by_rule(household_entries.check_one_contact, contacts)

    def entries(self) -> tuple[ResidentEntry, ...]:
        """Those who were filled in; blank rows are nobody."""
        return tuple(form.entry() for form in self.forms if form.cleaned_data.get("name"))


ResidentFormSet = forms.formset_factory(
    ResidentForm,
    formset=BaseResidentFormSet,
    extra=BLANK_RESIDENTS,
    max_num=household_entries.MOST_RESIDENTS,
    # SECURITY: the browser says how many rows it sends; more than this are not even looked at.
    absolute_max=household_entries.MOST_RESIDENTS,
    validate_max=True,
)


def residents_initial(household: Household) -> list[dict[str, Any]]:
    """Who lives there now, to fill the form; who left is history."""
    names = ("id", "name", "relation", "birth_year", "phone", "is_contact", "left_on")
    return list(household.residents.filter(left_on__isnull=True).values(*names))


class RevealForm(forms.Form):
    """Why somebody needs to see a household in full."""

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
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="可不填。加密保存。",
    )


class EndForm(forms.Form):
    """The household is no longer there: since when, and why."""

    ended_on = forms.DateField(
        label="从哪一天起",
        widget=_DAY,
        error_messages={"required": "必须填写。", "invalid": "请填日期，如 2026-11-22。"},
    )
    reason = TextField(
        label="原因",
        max_length=household_ending.REASON_LIMIT,
        widget=forms.TextInput(attrs={"placeholder": "如：全家搬到外区；楼已拆除"}),
        error_messages={"required": "必须填写，如：全家搬到外区。"},
    )


class DutyForm(forms.Form):
    """Who answers for the household, from today or a later day."""

    user = forms.TypedChoiceField(
        label="新的走访责任人",
        coerce=int,
        error_messages={"required": "请选择由谁负责走访这一户。"},
    )
    since = DayField(
        label="从哪天起",
        required=False,
        widget=_DAY,
        help_text="不填就是今天；最多可提前一年安排。",
    )

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "user", choices, blank=CHOOSE)
