"""How a grievance is typed in at a desk: two inputs are needed, the others are filled in or fold."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from contacts.forms.visits import LocalDateTimeInput
from contacts.models import Household
from contacts.services.household_entries import clean_phone
from grievances.kinds import Nature, Regime, Urgency
from grievances.selectors import register_choices
from grievances.services.registering import (
    NAME_LIMIT,
    PLACE_LIMIT,
    TEXT_LIMIT,
    TYPED,
    GrievanceEntry,
    RaiserEntry,
)
from portal.accounts.models import Post
from portal.core.errors import DomainError
from portal.core.fields import CHOOSE, TextField, offer

ADDRESS_LIMIT: Final = 120
RELATION_LIMIT: Final = 20
#: Words of danger to a child or to somebody who depends on others (domain §3): asked once whether
#: it is to be restricted, never decided by the words.
_DANGER: Final = re.compile(
    r"虐待|家暴|性侵|猥亵|遗弃|拐|(?:打|骂|饿|关).{0,4}(?:孩子|小孩|老人)|"
    r"(?:孩子|小孩|儿童|学生).{0,6}(?:挨打|被打|受伤|失踪|没人管)|轻生|自杀|跳楼"
)


class RegisterForm(forms.Form):
    """What was raised, where, how urgent, by whom; nobody named is anonymous."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    household = forms.IntegerField(required=False, widget=forms.HiddenInput)
    #: Set once the question of danger has been shown.
    asked = forms.BooleanField(required=False, widget=forms.HiddenInput)
    text = TextField(
        label="反映什么事",
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5, "placeholder": "什么事、从什么时候起、想怎么办"}),
        error_messages={"required": "请写下反映的事。"},
    )
    source = forms.ChoiceField(
        label="来源",
        choices=[(one.value, one.label) for one in TYPED],
        widget=forms.RadioSelect,
        error_messages={"required": "请选从哪里来的。"},
    )
    unit = forms.TypedChoiceField(
        label="事情在哪里",
        coerce=int,
        error_messages={"required": "请选事情在哪个社区；说不清的选街道。"},
    )
    place = TextField(
        label="具体地点",
        required=False,
        max_length=PLACE_LIMIT,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "如：3号楼门前、古城路公交站"}
        ),
    )
    nature = forms.ChoiceField(label="性质", choices=Nature.choices, initial=Nature.HELP)
    urgency = forms.ChoiceField(
        label="紧急程度",
        choices=Urgency.choices,
        initial=Urgency.ORDINARY,
        widget=forms.RadioSelect,
    )
    regime = forms.ChoiceField(
        label="办理渠道",
        initial=Regime.LOCAL,
        help_text="信访件按《信访工作条例》的程序和文书办理。",
    )
    received_at = forms.DateTimeField(
        label="收到时间",
        widget=LocalDateTimeInput,
        help_text="期限从这时算起。",
        error_messages={"required": "请选日期和钟点。", "invalid": "请选日期和钟点。"},
    )
    name = TextField(
        label="诉求人",
        required=False,
        max_length=NAME_LIMIT,
        help_text="不愿留名就空着，记为匿名。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "姓名或称呼"}),
    )
    phone = TextField(
        label="电话",
        required=False,
        max_length=40,
        help_text="办好了按这个号码告知。",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    address = TextField(
        label="住址",
        required=False,
        max_length=ADDRESS_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    proxy_name = TextField(
        label="代办人",
        required=False,
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    proxy_relation = TextField(
        label="与诉求人的关系",
        required=False,
        max_length=RELATION_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "如：女儿"}),
    )
    is_restricted = forms.BooleanField(
        label="封存：只给点名的知情人看",
        required=False,
        help_text="不进列表、搜索、统计、导出。您自己总能看到。",
    )
    named = forms.TypedMultipleChoiceField(
        label="谁应当知道", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args: Any,
        post: Post,
        now: dt.datetime,
        today: dt.date,
        at_home: Household | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.post, self.at_home = post, at_home
        #: The words speak of danger, and nobody has been asked about it yet.
        self.in_danger = False
        self.initial.setdefault("client_id", uuid.uuid4())
        self.initial.setdefault("received_at", now)
        regimes = register_choices.regimes_for(post)
        offer(self, "regime", regimes)
        if len(regimes) == 1:
            self.fields["regime"].widget = forms.HiddenInput()
        offer(self, "named", lambda: register_choices.named_choices(post, today=today))
        if at_home is not None:
            self.initial["household"] = at_home.pk
            del self.fields["unit"]
        else:
            del self.fields["household"]
            self.initial.setdefault("unit", register_choices.own_place(post))
            offer(self, "unit", register_choices.place_choices(post, today=today), blank=CHOOSE)

    def clean_phone(self) -> str:
        try:
            return clean_phone(self.cleaned_data["phone"])
        except DomainError as error:
            raise ValidationError(error.message, code="phone") from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("address") and not (cleaned.get("name") or self["phone"].value()):
            words = "留了住址的，请写上姓名或电话；匿名的请把地点写在“具体地点”里。"
            self.add_error("name", ValidationError(words, code="name"))
        if cleaned.get("proxy_relation") and not cleaned.get("proxy_name"):
            self.add_error("proxy_name", ValidationError("请写代办人的姓名。", code="proxy"))
        if cleaned.get("named") and not cleaned.get("is_restricted"):
            words = "点名知情人的，请同时选“封存”；不封存就去掉点名。"
            self.add_error("is_restricted", ValidationError(words, code="restricted"))
        self._ask_about_danger(cleaned)
        return cleaned

    def _ask_about_danger(self, cleaned: dict[str, Any]) -> None:
        """Once: whom to ring now, and whether it is to be restricted. Then it is taken as it is."""
        is_asked = cleaned.get("asked") or cleaned.get("is_restricted")
        if not is_asked and _DANGER.search(cleaned.get("text", "")):
            self.in_danger = True

    @property
    def proxy_open(self) -> bool:
        return self._is_open("proxy_name", "proxy_relation")

    @property
    def restricted_open(self) -> bool:
        return self.in_danger or self._is_open("is_restricted", "named")

    def _is_open(self, *names: str) -> bool:
        return any(self[name].value() or self.errors.get(name) for name in names)

    def entry(self) -> GrievanceEntry:
        """What the valid form says."""
        data = self.cleaned_data
        text, place = data["text"], data["place"]
        if data["is_restricted"] and place:
            # Sealed is the text alone: the place must not stand beside it in clear.
            text, place = f"{text}\n地点：{place}", ""
        return GrievanceEntry(
            client_id=data["client_id"],
            text=text,
            source=data["source"],
            unit_id=data.get("unit"),
            household_id=self.at_home.pk if self.at_home else None,
            regime=data["regime"],
            nature=data["nature"],
            urgency=data["urgency"],
            place=place,
            received_at=data["received_at"],
            is_restricted=data["is_restricted"],
            named=tuple(data["named"]),
            raiser=RaiserEntry(
                **{
                    name: data[name]
                    for name in ("name", "phone", "address", "proxy_name", "proxy_relation")
                }
            ),
        )


#: The service's names of fields that the form calls otherwise.
FIELDS: Final = {"unit_id": "unit", "household_id": "unit"}
