"""What an export is for, and as what kind of file."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db.models import TextChoices

from portal.core.fields import TextField
from portal.core.sheets.writing import CSV, XLSX

NOTE_LIMIT: Final = 100
FORMATS: Final = ((XLSX, "Excel 表格（.xlsx）"), (CSV, "纯文本表格（.csv）"))


class Reason(TextChoices):
    """What an export is for; goes to the trail."""

    MEETING = "MEETING", "例会、汇报使用"
    PLAN = "PLAN", "安排走访和服务"
    CHECK = "CHECK", "核对登记信息"
    REVIEW = "REVIEW", "上级检查、审计调阅"
    OTHER_USE = "OTHER_USE", "其他，另作说明"


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
    note = TextField(
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
