"""Forms about personal data: a resident's request, and the steps of answering it."""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from contacts.models import RightsRequest
from contacts.selectors.rights import TAIL, State
from contacts.services import rights as services
from contacts.services.household_entries import clean_phone
from portal.core.errors import DomainError
from portal.core.fields import CHOOSE, TextField, offer

_TAIL: Final = re.compile(rf"\d{{{TAIL}}}")
_KINDS: Final = (
    (RightsRequest.Kind.COPY, "查阅、复制：想知道记了我什么"),
    (RightsRequest.Kind.CORRECTION, "更正、补充：记错了或不完整"),
    (RightsRequest.Kind.DELETION, "删除：不想再保留我的信息"),
)


class RequestForm(forms.Form):
    """A request, filed by the resident or taken down at the counter."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label="您的要求",
        choices=_KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择您的要求。"},
    )
    community = forms.TypedChoiceField(
        label="所在社区",
        coerce=int,
        error_messages={
            "required": "请选择所在的社区。",
            "invalid_choice": "请从名单里选择所在的社区。",
        },
    )
    name = TextField(
        label="姓名",
        max_length=services.NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "请填写姓名。"},
    )
    phone = TextField(
        label="电话",
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
        help_text="用来核实身份和回复您，查询答复时要用到最后4位。",
        error_messages={"required": "请填写电话，查询答复时要用到最后4位。"},
    )
    address = TextField(
        label="住址",
        max_length=services.ADDRESS_LIMIT,
        required=False,
        help_text="可不填。写上楼号和门牌，查找更快。",
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    text = TextField(
        label="具体说明",
        max_length=services.TEXT_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="可不填。如：电话换了，新号码是……；不用写身份证号。",
    )

    def __init__(self, *args: Any, communities: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("client_id", uuid.uuid4())
        offer(self, "community", communities, blank=CHOOSE)

    def clean_phone(self) -> str:
        try:
            return clean_phone(self.cleaned_data["phone"])
        except DomainError as error:
            raise ValidationError(error.message) from error

    def entry(self) -> services.RightsEntry:
        data = self.cleaned_data
        return services.RightsEntry(
            client_id=data["client_id"],
            kind=data["kind"],
            community_id=data["community"],
            name=data["name"],
            phone=data["phone"],
            address=data["address"],
            text=data["text"],
        )


class StatusForm(forms.Form):
    """The code and the end of the phone number: sent by POST, so that neither is in an address."""

    code = TextField(
        label="查询码",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        help_text="提交时给您的12位字母和数字，短横可以不输。",
        error_messages={"required": "请填写查询码。"},
    )
    tail = TextField(
        label="电话最后4位",
        max_length=8,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请填写提交时所留电话的最后4位。"},
    )

    def clean_code(self) -> str:
        return services.normalised_code(self.cleaned_data["code"])

    def clean_tail(self) -> str:
        tail = self.cleaned_data["tail"].strip()
        if not _TAIL.fullmatch(tail):
            raise ValidationError("请填写4位数字。")
        return str(tail)


STATES: Final = {State.OPEN: "办理中", State.NOBODYS: "没有承办人", State.CLOSED: "已答复"}


class RightsFilterForm(forms.Form):
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=STATES.items(),
    )


class FindDoorForm(forms.Form):
    """Looking for the household a request is about: by its place, never by the name."""

    q = TextField(
        label="楼号、门牌",
        max_length=40,
        error_messages={"required": "请填楼号或门牌，如 3号楼 601。"},
        widget=forms.TextInput(attrs={"class": "form-control", "enterkeyhint": "search"}),
        help_text="如 3号楼。看不到门牌的住户只能按楼号找。",
    )


class OwnerForm(forms.Form):
    owner = forms.TypedChoiceField(
        label="承办人", coerce=int, error_messages={"required": "请选择由谁承办。"}
    )

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "owner", choices, blank=CHOOSE)


class AnswerForm(forms.Form):
    outcome = forms.ChoiceField(
        label="办理结果",
        choices=RightsRequest.Outcome,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择办理结果。"},
    )
    words = TextField(
        label="给当事人的答复",
        max_length=services.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="当事人凭查询码看到的就是这段话。没有全部办理的，写上理由和可以向谁投诉。",
        error_messages={"required": "请写明答复，没有全部办理的要说明理由。"},
    )
    checked = forms.BooleanField(
        label="已当面核对身份，不用关联住户或不用打印；原因写在答复里",
        required=False,
        help_text="已关联住户的，不用勾；查阅、复制的，打印过也不用勾。",
    )


class ResidentForm(forms.Form):
    """Which person of the household it is about."""

    resident = forms.TypedChoiceField(
        label="哪一位居民", coerce=int, error_messages={"required": "请选择是哪一位居民。"}
    )

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "resident", choices, blank=CHOOSE)


class EraseForm(ResidentForm):
    sure = forms.BooleanField(
        label="我已核实本人身份，并告诉当事人：删除后不能恢复，走访记录本身保留",
        error_messages={"required": "请先核实身份并告知，再打勾。"},
    )
