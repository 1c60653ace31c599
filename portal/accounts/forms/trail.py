"""The filter of the trail: a GET form that narrows and never widens."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from portal.accounts.services.people import normal_username
from portal.accounts.trail_words import ACTIONS, OBJECTS, SUBJECTS
from portal.audit.querysets import AuditEventQuerySet
from portal.core.fields import FIRST_DAY, LAST_DAY, DayField
from portal.core.periods import Period


def _actions() -> list[tuple[str, Any]]:
    """全部, then each subject with all of it first."""
    choices: list[tuple[str, Any]] = [("", "全部动作")]
    for subject, label in SUBJECTS.items():
        own = [(code, words) for code, words in ACTIONS.items() if code.startswith(f"{subject}.")]
        choices.append((label, [(subject, f"{label}（全部）"), *own]))
    return choices


class TrailFilter(forms.Form):
    actor = forms.CharField(label="账号", required=False, max_length=40)
    action = forms.ChoiceField(label="动作", required=False, choices=_actions)
    kind = forms.ChoiceField(
        label="对象", required=False, choices=[("", "全部对象"), *OBJECTS.items()]
    )
    number = forms.CharField(label="对象编号", required=False, max_length=64)
    since = DayField(label="从", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = DayField(
        label="到（含当日）", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", ValidationError("结束日期要不早于开始日期。", code="order"))
        if cleaned.get("number") and not cleaned.get("kind"):
            self.add_error("kind", ValidationError("按编号查要先选对象。", code="kind"))
        return cleaned

    def apply(self, events: AuditEventQuerySet) -> AuditEventQuerySet:
        """The events asked for; none while the question has an error."""
        if not self.is_valid():
            return events.none()
        asked = self.cleaned_data
        if asked["actor"]:
            events = events.by_username(normal_username(asked["actor"]))
        if asked["action"]:
            events = events.of_action(asked["action"])
        if asked["kind"]:
            events = events.filter(object_kind=asked["kind"])
        if asked["number"]:
            events = events.about(asked["kind"], asked["number"].strip())
        return events.within(self._period()) if asked["since"] or asked["until"] else events

    def _period(self) -> Period:
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return Period(since or FIRST_DAY, (until or LAST_DAY) + dt.timedelta(days=1))

    @property
    def used(self) -> list[str]:
        """The names of the conditions set, for the trail of the trail."""
        return [name for name, value in self.data.items() if value and name in self.fields]
