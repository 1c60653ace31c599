"""The form of a list of households: what its columns mean, and how to treat what differs."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.jobs.import_forms import ColumnsForm

KEEP, REPLACE = "keep", "replace"


class HouseholdColumnsForm(ColumnsForm):
    """Needs ``with_buildings``: whether the post may make buildings."""

    existing = forms.ChoiceField(
        label="名册里已登记的与名单不同时",
        choices=[
            (KEEP, "以名册为准，这一行退回核对"),
            (REPLACE, "以名单为准，改名册"),
        ],
        widget=forms.RadioSelect,
        help_text="名册里空着的，两种都会补上。谁也不会被删除。"
        "您看不到全部信息的住户，已登记的电话、出生年份等不比对也不改动。",
    )
    make_buildings = forms.BooleanField(label="没有的楼栋自动建立", required=False)

    def __init__(self, data: Any = None, *, with_buildings: bool, **kwargs: Any) -> None:
        super().__init__(data, initial={"existing": KEEP}, **kwargs)
        if not with_buildings:
            del self.fields["make_buildings"]

    def options(self) -> dict[str, Any]:
        told = self.cleaned_data
        return super().options() | {
            "overwrite": told["existing"] == REPLACE,
            "make_buildings": bool(told.get("make_buildings")),
        }
