"""The forms of an import: the file, then which column means what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms

from contacts.services.household_import_columns import FIELDS, check_columns
from portal.core.errors import DomainError
from portal.core.sheets.reading import LIMITS

_NOT_IMPORTED: Final = ("", "不导入")
KEEP, REPLACE = "keep", "replace"


class UploadForm(forms.Form):
    """The file; the id makes two clicks one upload."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label="表格文件",
        help_text=f".xlsx 或 .csv，{LIMITS}。",
        error_messages={
            "required": "请选择要导入的文件。",
            "missing": "请选择要导入的文件。",
            "invalid": "文件没有传上来，请再选一次。",
            "empty": "文件里没有内容，请检查是不是选错了文件。",
        },
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def clean_file(self) -> Any:
        """By name as well as by content: the text of a letter reads as a list of one column."""
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".xlsx", ".csv", ".xls")):
            raise forms.ValidationError("只能上传 .xlsx 或 .csv 文件，请另存为其中一种再上传。")
        return file


class ColumnsForm(forms.Form):
    """What each column of the file means, and how to treat what differs."""

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
    sure = forms.BooleanField(label="我核对过了，列没有选反", required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        titles: Sequence[str],
        samples: Sequence[Sequence[str]],
        kinds: Sequence[str],
        columns: Mapping[str, int],
        with_cares: bool,
        with_buildings: bool,
    ) -> None:
        means = {number: key for key, number in columns.items()}
        super().__init__(data, initial={"existing": KEEP})
        self._titles, self._kinds = titles, kinds
        self._samples = samples
        fields = [field for field in FIELDS if with_cares or field.key != "cares"]
        choices = [_NOT_IMPORTED, *((field.key, field.label) for field in fields)]
        for number, title in enumerate(titles):
            self.fields[_name(number)] = forms.ChoiceField(
                label=title or f"第 {number + 1} 列",
                choices=choices,
                required=False,
                initial=means.get(number, ""),
            )
        if not with_buildings:
            del self.fields["make_buildings"]

    def lines(self) -> list[dict[str, Any]]:
        """Each column with its first cells and what it means."""
        return [
            {
                "title": title or f"第 {number + 1} 列",
                "samples": self._samples[number],
                "field": self[_name(number)],
            }
            for number, title in enumerate(self._titles)
        ]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        columns: dict[str, int] = {}
        for number in range(len(self._titles)):
            key = told.get(_name(number))
            if not key:
                continue
            if key in columns:
                first = self._titles[columns[key]] or f"第 {columns[key] + 1} 列"
                self.add_error(_name(number), f"已经选给“{first}”，一项只能选一列。")
            else:
                columns[key] = number
        if not self.errors:
            try:
                check_columns(columns, self._kinds, sure=bool(told.get("sure")))
            except DomainError as error:
                self.add_error(error.field, error.message)
        return told | {"columns": columns}

    def options(self) -> dict[str, Any]:
        """What the job is told besides the file. Needs a valid form."""
        told = self.cleaned_data
        return {
            "columns": told["columns"],
            "overwrite": told["existing"] == REPLACE,
            "make_buildings": bool(told.get("make_buildings")),
        }


def _name(number: int) -> str:
    return f"column{number}"
