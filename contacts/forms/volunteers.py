"""Teams, members, sessions and taps of 志愿服务 as they are typed in."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contacts.forms.visits import DayInput
from contacts.models import ServiceEntry, VolunteerTeam
from contacts.selectors.volunteers import communities, member_choices
from contacts.services.household_entries import clean_phone
from contacts.services.volunteers import (
    NAME_LIMIT,
    PERSON_LIMIT,
    PLACE_LIMIT,
    TEXT_LIMIT,
    SessionEntry,
    TeamEntry,
)
from portal.accounts.models import Post
from portal.core.errors import DomainError
from portal.core.fields import CHOOSE, DayField, TextField, offer


def _plain(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


class RuleForm(forms.Form):
    """A form whose service may still refuse."""

    def add_domain_error(self, error: DomainError) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.message)


class TeamForm(RuleForm):
    """A team of the street or of one of its communities."""

    name = TextField(
        label="名称",
        max_length=NAME_LIMIT,
        widget=_plain(placeholder="如：同心圆服务队"),
        error_messages={"required": "请写队伍名称。"},
    )
    kind = forms.ChoiceField(
        label="类别", choices=VolunteerTeam.Kind.choices, widget=forms.RadioSelect
    )
    community = forms.TypedChoiceField(label="属于", coerce=int, empty_value=None, required=False)
    purpose = TextField(
        label="服务内容",
        required=False,
        max_length=200,
        widget=_plain(placeholder="如：每月第二个周六理发、量血压"),
    )
    since = DayField(
        label="成立日期", widget=DayInput, error_messages={"required": "请选成立日期。"}
    )

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        below = list(communities(post).order_by("path").values_list("pk", "name"))
        whole = "" if post.organisation.scope_ids().community_id else "全街道"
        offer(self, "community", below, blank=whole)

    @property
    def entry(self) -> TeamEntry:
        data = self.cleaned_data
        return TeamEntry(
            name=data["name"],
            kind=data["kind"],
            community_id=data["community"],
            since=data["since"],
            purpose=data["purpose"],
        )


class TeamEndForm(RuleForm):
    until = DayField(
        label="从哪天起停止",
        widget=DayInput,
        error_messages={"required": "请选日期。"},
        help_text="以前的服务记录不变。",
    )


class MemberForm(RuleForm):
    """A volunteer joins."""

    name = TextField(
        label="姓名",
        max_length=PERSON_LIMIT,
        widget=_plain(),
        error_messages={"required": "请写志愿者的姓名。"},
    )
    phone = TextField(label="电话", required=False, max_length=30, widget=_plain(inputmode="tel"))

    def clean_phone(self) -> str:
        try:
            return clean_phone(self.cleaned_data["phone"])
        except DomainError as error:
            raise ValidationError(error.message, code="phone") from error


class SessionForm(RuleForm):
    """One occasion: day, place and who served; the services are tapped on the next page."""

    held_on = DayField(
        label="服务日期", widget=DayInput, error_messages={"required": "请选服务日期。"}
    )
    community = forms.TypedChoiceField(
        label="服务的社区", coerce=int, error_messages={"required": "请选服务的社区。"}
    )
    place = TextField(
        label="地点",
        max_length=PLACE_LIMIT,
        widget=_plain(placeholder="如：居委会一楼"),
        error_messages={"required": "请写地点，如“居委会一楼”。"},
    )
    volunteers = forms.TypedMultipleChoiceField(
        label="来了哪些志愿者", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    text = TextField(
        label="情况",
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "可以不写"}),
    )

    def __init__(
        self, *args: Any, post: Post, team: VolunteerTeam, today: dt.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        places = communities(post).filter(street_id=team.street_id).order_by("path")
        if team.community_id:
            places = places.filter(pk=team.community_id)
        below = list(places.values_list("pk", "name"))
        offer(self, "community", below, blank=CHOOSE if len(below) > 1 else "")
        offer(self, "volunteers", member_choices(team=team, today=today))

    def entry(self, client_id: uuid.UUID) -> SessionEntry:
        data = self.cleaned_data
        return SessionEntry(
            client_id=client_id,
            team_id=self.team.pk,
            community_id=data["community"],
            held_on=data["held_on"],
            place=data["place"],
            text=data["text"],
            volunteers=tuple(sorted(data["volunteers"])),
        )


class TapForm(forms.Form):
    """One tap."""

    client_id = forms.UUIDField()
    item = forms.ChoiceField(choices=ServiceEntry.Item.choices)
    served = TextField(required=False, max_length=PERSON_LIMIT)


class VoidSessionForm(RuleForm):
    reason = TextField(
        label="为什么作废",
        max_length=200,
        widget=_plain(placeholder="如：同一次服务记了两遍"),
        error_messages={"required": "请写明作废原因。"},
    )
