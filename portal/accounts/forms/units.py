"""What is typed about a unit: make some below it, another name, another place, an end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone

from portal.accounts.forms.people import day_field
from portal.accounts.kinds import OrganisationKind
from portal.accounts.services.organisations import NAME_LENGTH
from portal.core.fields import CHOOSE, TextField, offer


class MakeUnitsForm(forms.Form):
    """One or several of a kind."""

    kind = forms.ChoiceField(label="建什么")
    names = TextField(
        label="名称",
        max_length=1000,
        error_messages={"required": "请填名称，如 1号楼…12号楼。"},
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="可以一次建几个：1号楼…12号楼，或用顿号、换行分开。",
    )
    on = day_field("启用日期")

    def __init__(self, *args: Any, kinds: Iterable[OrganisationKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "kind", [(kind.value, kind.label) for kind in kinds])
        self.fields["on"].initial = timezone.localdate()


class RenameForm(forms.Form):
    name = TextField(
        label="新名称", max_length=NAME_LENGTH, error_messages={"required": "请填新名称。"}
    )


class MoveForm(forms.Form):
    parent = forms.TypedChoiceField(
        label="移到",
        coerce=int,
        error_messages={"required": "请选移到哪里。"},
        help_text="里面的单位和住户一同过去；以前的走访记录留在原来的地方。",
    )

    def __init__(self, *args: Any, places: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "parent", places, blank=CHOOSE)


class EndUnitForm(forms.Form):
    on = day_field("从这天起停用", help_text="里面还有岗位、下级单位或住户时不能停用。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()
