"""What an export is for, and as what kind of file."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.jobs.exports import FORMATS, NOTE_LIMIT, Reason


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label="文件格式",
        choices=FORMATS,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择文件格式。"},
    )
    reason = forms.ChoiceField(
        label="用途",
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择导出的用途。"},
    )
    note = forms.CharField(
        label="说明",
        required=False,
        max_length=NOTE_LIMIT,
        help_text="选“其他”时必须写明；不要写居民的姓名和电话。",
    )
    #: The same id is the same job: a second click makes no second file.
    client_id = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("reason") == Reason.OTHER_USE and not cleaned.get("note"):
            self.add_error("note", "请写明用途。")
        return cleaned
