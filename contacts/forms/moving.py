"""Where a household moved to; which record is the same household."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from contacts.forms.visits import DayInput
from contacts.models import Household
from contacts.selectors import duties, household_register
from contacts.services.doors import Door
from contacts.services.moving import MoveEntry
from portal.accounts.models import Post, Reveal
from portal.accounts.permissions import Permission
from portal.core.fields import CHOOSE, DayField, TextField, offer


class _DoorForm(forms.Form):
    """A door: building, unit, room."""

    building = forms.TypedChoiceField(
        label="楼栋", coerce=int, error_messages={"required": "请选择楼栋。"}
    )
    unit = TextField(label="单元", max_length=10, required=False)
    room = TextField(label="室", max_length=20, error_messages={"required": "必须填写，如 502。"})

    def door(self) -> Door:
        data = self.cleaned_data
        return Door(building_id=data["building"], unit=data["unit"], room=data["room"])


class MoveForm(_DoorForm):
    """迁到: the new door, since when, who answers for it there."""

    floor = forms.IntegerField(label="楼层", required=False)
    moved_on = DayField(
        label="哪天搬的", widget=DayInput, error_messages={"required": "请填哪天搬的。"}
    )
    responsible = forms.TypedChoiceField(
        label="走访责任人",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="本社区的同事排在前面。不选就仍由现在的责任人负责；管不到新住处的，责任随之结束，请另行指定。",
    )
    field_order = ("building", "unit", "floor", "room", "moved_on", "responsible")

    def __init__(
        self, *args: Any, household: Household, post: Post, today: dt.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        buildings = household_register.building_choices(post, today=today)
        offer(self, "building", buildings, blank=CHOOSE)
        if post.may(Permission.ASSIGN_HOUSEHOLDS):
            colleagues = duties.unit_choices(post, today=today, community_id=household.community_id)
            offer(self, "responsible", colleagues, blank=CHOOSE)
        else:
            del self.fields["responsible"]

    def entry(self) -> MoveEntry:
        data = self.cleaned_data
        return MoveEntry(
            building_id=data["building"],
            unit=data["unit"],
            floor=data["floor"],
            room=data["room"],
            moved_on=data["moved_on"],
            responsible_id=data.get("responsible"),
        )


class DuplicateForm(_DoorForm):
    """The door under which the same household was written down once more: same community."""

    reason = forms.ChoiceField(
        label="为什么要看",
        required=False,
        choices=[("", "请选择"), *Reveal.Reason.choices],
        help_text="您现在看得到全部信息的住户可以不选。选了理由，找到的这一户对您开放半小时；"
        "查找和理由都记入审计日志。",
    )

    def __init__(
        self, *args: Any, household: Household, post: Post, today: dt.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        here = household_register.building_choices(post, today=today, within=household.community)
        offer(self, "building", here, blank=CHOOSE)


class MergeForm(forms.Form):
    """The last word before two records become one."""

    other = forms.IntegerField(widget=forms.HiddenInput)
    sure = forms.BooleanField(
        label="我核对过，这两条登记的是同一户；合并后不能撤回",
        error_messages={"required": "请先核对，再打钩确认。"},
    )
