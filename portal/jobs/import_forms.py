"""The forms of every import: the file, then which column means what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms

from portal.core.errors import DomainError
from portal.core.sheets.heads import Field, Layout
from portal.core.sheets.reading import LIMITS

_NOT_IMPORTED: Final = ("", "不导入")


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
    """What each column of the file means; a kind of list adds what else has to be decided."""

    sure = forms.BooleanField(label="我核对过了，列没有选反", required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        layout: Layout,
        told: Mapping[str, Any],
        columns: Mapping[str, int],
        without: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        """``told`` is what the job keeps of the list's head; ``without`` are fields not offered."""
        super().__init__(data, **kwargs)
        means = {number: key for key, number in columns.items()}
        self._layout = layout
        self._titles: Sequence[str] = told["titles"]
        self._kinds: Sequence[str] = told["kinds"]
        self._samples: Sequence[Sequence[str]] = told["samples"]
        fields = [field for field in layout.fields if field.key not in without]
        for number, title in enumerate(self._titles):
            self.fields[_name(number)] = forms.ChoiceField(
                label=title or f"第 {number + 1} 列",
                choices=[_NOT_IMPORTED, *map(_choice, fields)],
                required=False,
                initial=means.get(number, ""),
            )

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
                self._layout.check_columns(columns, self._kinds, sure=bool(told.get("sure")))
            except DomainError as error:
                self.add_error(error.field, error.message)
        return told | {"columns": columns}

    def options(self) -> dict[str, Any]:
        """What the job is told besides the file. Needs a valid form."""
        return {"columns": self.cleaned_data["columns"]}


def _name(number: int) -> str:
    return f"column{number}"


def _choice(field: Field) -> tuple[str, str]:
    return field.key, field.label
