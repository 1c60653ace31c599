"""Which households go to whom, from which day."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms

from contacts.forms.visits import DayInput
from contacts.selectors.handover import BuildingToHand
from portal.core.fields import CHOOSE, DayField, offer

_SAME: Final = "同上面的接手人"


class HandoverForm(forms.Form):
    """All households not planned yet are ticked; a building may go to a colleague of its own.

    Those that read alike, because they are masked, go by the building (``alike``).
    """

    since = DayField(
        label="从哪天起",
        widget=DayInput,
        help_text="今天或以后，最多提前一年。这一天以前仍由原来的同事负责。",
        error_messages={"required": "请填从哪天起移交。"},
    )
    receiver = forms.TypedChoiceField(
        label="由谁接手",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="只列出能登录的同事；还没设密码的，请先让本人用登录链接登录一次。",
    )
    households = forms.TypedMultipleChoiceField(
        label="住户", coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )
    alike = forms.TypedMultipleChoiceField(
        label="整栋", coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(
        self,
        *args: Any,
        buildings: tuple[BuildingToHand, ...],
        receivers: list[tuple[int, str]],
        today: dt.date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.buildings = buildings
        homes = [one for building in buildings for one in building.households]
        ids = [one.line.id for one in homes]
        # All: what was shown when the page was opened may be masked again when it is sent.
        offer(self, "households", [(pk, str(pk)) for pk in ids])
        offer(self, "alike", [(one.id, one.name) for one in buildings])
        offer(self, "receiver", receivers, blank=CHOOSE)
        plain = [one for building in buildings for one in building.plain]
        self.fields["households"].initial = [one.line.id for one in plain if not one.planned]
        self.fields["alike"].initial = [one.id for one in buildings if one.alike]
        self.fields["since"].initial = today
        for building in buildings if len(buildings) > 1 else ():
            name = _name(building.id)
            self.fields[name] = forms.TypedChoiceField(
                label="这一栋由谁接手", coerce=int, empty_value=None, required=False
            )
            offer(self, name, receivers, blank=_SAME)

    def clean(self) -> None:
        if self.errors:
            return
        receivers = self.receivers()
        if not receivers:
            self.add_error("households", "请至少选一户。")
        elif None in receivers.values():
            self.add_error("receiver", "请选择由谁接手，或给每一栋楼各选一位。")

    def receivers(self) -> dict[int, Any]:
        """Household id → who takes it over; None where nobody was chosen."""
        data = self.cleaned_data
        ticked = set(data["households"])
        for building in self.buildings:
            if building.id in data["alike"]:
                ticked.update(one.line.id for one in building.alike)
        return {
            one.line.id: data.get(_name(building.id)) or data.get("receiver")
            for building in self.buildings
            for one in building.households
            if one.line.id in ticked
        }

    def groups(self) -> list[dict[str, Any]]:
        """The buildings with their own choice, and what is ticked of their households."""
        ticked = {str(pk) for pk in self["households"].value() or ()}
        whole = {str(pk) for pk in self["alike"].value() or ()}
        return [
            {
                "building": building,
                "field": self[_name(building.id)] if _name(building.id) in self.fields else None,
                "households": [(one, str(one.line.id) in ticked) for one in building.plain],
                "is_whole": str(building.id) in whole,
            }
            for building in self.buildings
        ]


def _name(building_id: int) -> str:
    return f"building_{building_id}"
