"""What an administrator types about people and posts; the rules are the services'."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.accounts import workflow
from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import DelegateKind, Role
from portal.accounts.selectors.people import Asked, Standing, named
from portal.accounts.selectors.units import filter_choices, unit_choices
from portal.accounts.services.people import NewPost, normal_username
from portal.core.fields import CHOOSE, DayField, TextField, offer

DAY: Final = dt.timedelta(days=1)
_NOT_THIS_PAIR: Final = "没有这个账号，或姓名对不上。请向本人核对账号和姓名，一个字都不能差；还没有账号的，请先建立账号。"


def day_field(label: str, *, required: bool = True, help_text: str = "") -> DayField:
    return DayField(
        label=label,
        required=required,
        help_text=help_text,
        error_messages={"required": "请填日期。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class PeopleFilterForm(forms.Form):
    """Unit, role and standing; nothing personal, so it may stand in the address."""

    unit = forms.TypedChoiceField(label="单位", coerce=int, empty_value=None, required=False)
    role = forms.ChoiceField(label="角色", required=False)

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post = post
        self._unit = self._asked_unit()
        unit, role = self.fields["unit"], self.fields["role"]
        unit.choices = [("", "全部"), *filter_choices(post=post, chosen=self._unit)]  # type: ignore[attr-defined]
        role.choices = [("", "全部"), *Role.choices]  # type: ignore[attr-defined]

    def _asked_unit(self) -> Organisation | None:
        asked = str(self.data.get("unit", ""))
        if not asked.isdecimal():
            return None
        rows = Organisation.objects.visible_to(self.post).select_related("street")
        return rows.filter(pk=asked).first()

    def asked(self) -> Asked:
        """What was asked; only of a valid form."""
        return Asked(
            unit=self._unit,
            role=self.cleaned_data["role"],
            standing=self.cleaned_data.get("standing") or Standing.ACTIVE,
        )

    def chips(self) -> list[dict[str, str]]:
        """``label`` of each filter that is on, and the ``url`` of the list without it."""
        found = []
        for name, value in self.cleaned_data.items():
            if not value or value == Standing.ACTIVE:
                continue
            choices = dict(self.fields[name].choices)  # type: ignore[attr-defined]
            words = self._unit.name if name == "unit" and self._unit else choices[value]
            without = self.data.copy()  # type: ignore[attr-defined]
            for gone in (name, "cursor"):
                without.pop(gone, None)
            found.append(
                {"label": f"{self.fields[name].label}：{words}", "url": f"?{without.urlencode()}"}
            )
        return found


class PeopleListForm(PeopleFilterForm):
    standing = forms.ChoiceField(label="状态", required=False, choices=Standing.choices)


class PostListForm(PeopleFilterForm):
    ended = forms.ChoiceField(
        label="任期", required=False, choices=[("", "在任和将任"), ("1", "已结束")]
    )


class FindPeopleForm(forms.Form):
    """Finding a colleague: sent by POST, so that no name stands in an address."""

    words = TextField(
        label="姓名或账号",
        min_length=2,
        max_length=40,
        error_messages={
            "required": "请输入姓名或账号。",
            "min_length": "请至少输入两个字。",
        },
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "enterkeyhint": "search"}
        ),
    )


class PostFieldsForm(forms.Form):
    """Where, as what, from when until when."""

    organisation = forms.TypedChoiceField(
        label="单位", coerce=int, error_messages={"required": "请选一个单位。"}
    )
    role = forms.ChoiceField(label="角色", error_messages={"required": "请选角色。"})
    delegate_kind = forms.ChoiceField(
        label="代表类别",
        required=False,
        choices=[("", "不是代表委员"), *DelegateKind.choices],
        help_text="只有代表委员要选。",
    )
    title = TextField(
        label="岗位名称", required=False, max_length=60, help_text="可不填，如：民政科科员。"
    )
    since = day_field("任职自")
    last_day = day_field("任职到（含当日）", required=False, help_text="没有定的不填。")

    def __init__(self, *args: Any, post: Post, unit: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post = post
        typed = str(self.data.get("organisation", ""))
        also = {int(typed)} if typed.isdecimal() else set()
        groups = unit_choices(post=post, also=also | ({unit} if unit else set()))
        offer(self, "organisation", groups, blank=CHOOSE)
        roles = [(role.value, role.label) for role in workflow.grantable(post)]
        offer(self, "role", roles, blank=CHOOSE)
        self.fields["since"].initial = timezone.localdate()
        self.fields["organisation"].initial = unit

    def entry_for(self) -> Callable[[User], NewPost]:
        """What was typed, waiting for whom it is about; only of a valid form."""
        data = self.cleaned_data
        place = Organisation.objects.visible_to(self.post).get(pk=data["organisation"])

        def entry(user: User) -> NewPost:
            return NewPost(
                user=user,
                organisation=place,
                role=Role(data["role"]),
                since=data["since"],
                until=data["last_day"] + DAY if data["last_day"] else None,
                delegate_kind=DelegateKind(data["delegate_kind"])
                if data["delegate_kind"]
                else None,
                title=data["title"],
            )

        return entry


class AccountForm(forms.Form):
    """A new account."""

    username = TextField(
        label="账号",
        max_length=40,
        error_messages={"required": "请填账号。"},
        help_text="小写字母、数字、点、横线，登录时用，如 li.min。",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    name = TextField(
        label="姓名",
        max_length=40,
        error_messages={"required": "请填姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AccountWithPostForm(PostFieldsForm, AccountForm):
    """A new account with its first post."""

    field_order = (
        "name", "username", "organisation", "role", "delegate_kind", "title", "since", "last_day",
    )  # fmt: skip


class NamedPersonForm(PostFieldsForm):
    """A post for somebody named exactly: account and name, told by the person."""

    username = TextField(
        label="账号",
        max_length=40,
        error_messages={"required": "请填账号。"},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    name = TextField(
        label="姓名",
        max_length=40,
        error_messages={"required": "请填姓名。"},
        help_text="与账号一起核对，两样都对才任命。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("username", "name")
    person: User | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("username") and cleaned.get("name"):
            username = normal_username(cleaned["username"])
            # SECURITY: one answer for an account that is not there and a name not its own.
            self.person = named(username=username, name=cleaned["name"])
            if self.person is None:
                self.add_error("username", ValidationError(_NOT_THIS_PAIR, code="nobody"))
        return cleaned


class EndPostForm(forms.Form):
    last_day = day_field(
        "最后一天（含当日）",
        help_text="填昨天，从今天起就不再有这个岗位。以前做的事仍记在本人名下。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].initial = timezone.localdate()


class InspectionForm(forms.Form):
    """督查授权 as asked for."""

    post = forms.TypedChoiceField(
        label="督查员", coerce=int, error_messages={"required": "请选一位督查员。"}
    )
    title = TextField(
        label="督查事项",
        max_length=120,
        error_messages={"required": "请写督查事项。"},
        help_text="写清事由，不写住户姓名、电话。",
    )
    organisation = forms.TypedChoiceField(
        label="督查单位", coerce=int, error_messages={"required": "请选一个街道或社区。"}
    )
    since = day_field("从")
    last_day = day_field("到（含当日）", help_text="最长180天，到期自动收回。")

    def __init__(
        self, *args: Any, inspectors: Iterable[Any], places: Iterable[Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "post", inspectors, blank=CHOOSE)
        offer(self, "organisation", places, blank=CHOOSE)
        self.fields["since"].initial = timezone.localdate()
