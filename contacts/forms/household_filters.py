"""What one asks of the register: filters in the address, a person by POST."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms
from django.http import QueryDict

from contacts.forms.unit_filters import UnitFilter
from contacts.selectors import household_register
from contacts.selectors.household_register import Narrowing, Since
from contacts.selectors.sight import sees_cares
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.core.fields import offer

#: The two answers to whose households are listed.
MINE: Final = "1"
ALL: Final = "all"
#: Which places a place offers to narrow by.
_OPENS: Final = {
    (OrganisationKind.DISTRICT, OrganisationKind.STREET),
    (OrganisationKind.STREET, OrganisationKind.COMMUNITY),
}
#: And what the innermost place offers.
_LIES_IN: Final = {
    (OrganisationKind.COMMUNITY, OrganisationKind.GRID),
    (OrganisationKind.COMMUNITY, OrganisationKind.BUILDING),
    (OrganisationKind.GRID, OrganisationKind.BUILDING),
}


class HouseholdFilterForm(UnitFilter):
    """The filters of the register, offered as far as the post may see; they only narrow."""

    q = forms.CharField(
        label="按地址找", max_length=40, required=False, help_text="楼号、门牌，如 3号楼 601"
    )
    street = forms.TypedChoiceField(label="街道", coerce=int, empty_value=None, required=False)
    community = forms.TypedChoiceField(label="社区", coerce=int, empty_value=None, required=False)
    grid = forms.TypedChoiceField(label="网格", coerce=int, empty_value=None, required=False)
    building = forms.TypedChoiceField(label="楼栋", coerce=int, empty_value=None, required=False)
    since = forms.ChoiceField(
        label="走访情况",
        required=False,
        choices=[
            ("", "全部"),
            (Since.NEVER, "从未走访"),
            (Since.YEAR, "未走访满12个月（含从未走访）"),
            (Since.LAPSED, "上次走访超过12个月"),
            (Since.HALF, "上次走访在半年到12个月前"),
            (Since.QUARTER, "上次走访在三个月到半年前"),
            (Since.RECENT, "三个月以内走访过"),
            (Since.PHONE, "暂不上门（改电话）"),
        ],
    )
    care = forms.ChoiceField(label="关爱类别", required=False)
    mine = forms.ChoiceField(
        label="走访责任人", required=False, choices=[(ALL, "全部"), (MINE, "我负责的")]
    )

    def __init__(self, *args: Any, post: Post, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post, self.today = post, today
        self._offer_places()
        if sees_cares(post):
            self._offer("care", household_register.care_choices(today))
        else:
            del self.fields["care"]

    def _offer(self, name: str, choices: list[Any]) -> None:
        offer(self, name, choices, blank="全部")

    def _offer_places(self) -> None:
        """From the own place down, each kind once the place above it is known.

        A district has hundreds of communities: they are offered street by street.
        """
        kind, own = OrganisationKind, self.post.organisation
        chosen = household_register.chosen_places(
            self.post, street=self._asked("street"), community=self._asked("community")
        )
        above: str | None = own.path
        above_kind, offered = OrganisationKind(own.kind), {}
        for name, one in (("street", kind.STREET), ("community", kind.COMMUNITY)):
            if above is None or (above_kind, one) not in _OPENS:
                del self.fields[name]
                continue
            offered[name] = one, above
            above, above_kind = chosen.get(one), one
        for name, one in (("grid", kind.GRID), ("building", kind.BUILDING)):
            if above is None or (above_kind, one) not in _LIES_IN:
                del self.fields[name]
                continue
            offered[name] = one, above
        places = household_register.place_choices(
            self.post, dict(offered.values()), today=self.today
        )
        for name, (one, _) in offered.items():
            self._offer(name, places[one])

    def _asked(self, name: str) -> int | None:
        asked = str(self.data.get(name, ""))
        return int(asked) if asked.isdecimal() else None

    def narrowing(self) -> Narrowing:
        """What was asked; only of a valid form."""
        data = self.cleaned_data
        return Narrowing(
            q=data["q"],
            street_id=data.get("street"),
            community_id=data.get("community"),
            grid_id=data.get("grid"),
            building_id=data.get("building"),
            care=data.get("care", ""),
            mine=data["mine"] == MINE,
            since=data["since"],
            within=self.in_unit(),
        )

    @property
    def which(self) -> dict[str, str] | None:
        """The filters a figure can be made of; None where others narrow the list too."""
        data = self.cleaned_data
        others = ("q", "street", "community", "grid", "building", "care", "apart")
        if data["mine"] == MINE or any(data.get(name) for name in others):
            return None
        return {"since": data["since"]} if data["since"] else {}

    def chosen(self) -> list[tuple[str, str]]:
        """(field, words) of every filter that is on, for the chips."""
        found = []
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if value in (None, "", ALL):
                continue
            choices = getattr(field, "choices", ())
            words = {str(key): label for key, label in choices}.get(str(value), value)
            found.append((name, f"{field.label}：{words}"))
        return found


def as_asked(query: QueryDict, *, opens_with_own: bool) -> QueryDict:
    """What an address asks; asked for nothing, the own households for whom it opens with those."""
    if opens_with_own and not set(query) & set(HouseholdFilterForm.base_fields):
        query = query.copy()
        query["mine"] = MINE
    return query


class FindPersonForm(forms.Form):
    """Finding a person: sent by POST, so that no name or number ever stands in an address."""

    words = forms.CharField(
        label="姓名、电话或电话后4位",
        error_messages={"required": "请输入姓名、电话号码或电话最后4位。"},
        max_length=40,
        help_text="只在本单位范围内找；查找会留痕，不记查找的内容。",
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "enterkeyhint": "search"}
        ),
    )
