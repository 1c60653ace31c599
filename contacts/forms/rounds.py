"""What is tapped on a round, by form and by the queue of a device."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Any, Final

from django import forms

from contacts.models import Visit
from contacts.services.rounds import RESULTS, Tap, Unreadable
from contacts.workflow import Clocks
from portal.core.errors import DomainError
from portal.core.fields import TextField

MOST_ENTRIES: Final = 100
NOTE_LIMIT: Final = 500
#: Milliseconds of 2100-01-01: later is no time that a device's clock could mean.
_LAST_MOMENT: Final = 4_102_444_800_000
_LAST_ROW: Final = 2**63 - 1
_UNREADABLE: Final = "这一条读不出来，没有记下。请弃掉，到门前重新点一次。"


class TapForm(forms.Form):
    """One door of the page."""

    client_id = forms.UUIDField()
    household = forms.IntegerField(min_value=1, max_value=_LAST_ROW)
    result = forms.ChoiceField(choices=[(result.value, result.label) for result in RESULTS])
    note = TextField(
        required=False,
        max_length=NOTE_LIMIT,
        error_messages={"max_length": f"要点最多写{NOTE_LIMIT}字，请写短一些，其余回头补记。"},
    )
    to_complete = forms.BooleanField(required=False)

    def tap(self, *, at: dt.datetime) -> Tap:
        told = self.cleaned_data
        return Tap(
            client_id=told["client_id"],
            household_id=told["household"],
            result=told["result"],
            note=told["note"],
            to_complete=told["to_complete"],
            at=at,
        )


class CompleteForm(forms.Form):
    """The words that were left for the evening; none is an answer too."""

    visit = forms.UUIDField()
    text = TextField(required=False, max_length=4000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a device sends: whose it is, what its clock says, and the entries in their order."""

    owner: str
    sent: dt.datetime
    entries: tuple[Tap | Unreadable, ...]


def parse_batch(body: bytes) -> Batch:
    """Read a sending strictly. Raises ``DomainError`` for what is no batch at all.

    An entry that cannot be read stops no other: it comes back with its reason.
    """
    told = _object(body)
    if set(told) != {"owner", "sent", "entries"}:
        raise DomainError("发来的内容格式不对，请刷新页面后再发送。")
    owner, entries = told["owner"], told["entries"]
    if not isinstance(owner, str) or not isinstance(entries, list):
        raise DomainError("发来的内容格式不对，请刷新页面后再发送。")
    if not 1 <= len(entries) <= MOST_ENTRIES:
        raise DomainError(f"一次发送 1 至 {MOST_ENTRIES} 条，请分几次发送。")
    sent = _moment(told["sent"])
    if sent is None:
        raise DomainError("没有写明发送时间，请刷新页面后再发送。")
    return Batch(owner=owner, sent=sent, entries=tuple(_entry(one) for one in entries))


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DomainError("发来的不是有效的 JSON，请刷新页面后再发送。") from error
    if not isinstance(told, dict):
        raise DomainError("发来的内容格式不对，请刷新页面后再发送。")
    return told


def _entry(told: Any) -> Tap | Unreadable:
    if not isinstance(told, dict):
        return Unreadable(client_id="", reason=_UNREADABLE)
    # Told back as it was sent, so that the device knows which of its entries it is.
    said = told.get("id", "")
    said = said[:64] if isinstance(said, str) else said if isinstance(said, int) else ""
    try:
        return _tap(told)
    except (KeyError, TypeError, ValueError):
        return Unreadable(client_id=said, reason=_UNREADABLE)


def _tap(told: dict[str, Any]) -> Tap:
    if not set(told) <= {"id", "household", "result", "at", "note", "to_complete", "clock"}:
        raise ValueError("unknown keys")
    household, at = told["household"], _moment(told["at"])
    if type(household) is not int or not 0 < household <= _LAST_ROW or at is None:
        raise ValueError("household or time")
    client_id, result = told["id"], told["result"]
    if type(client_id) is not str or type(result) is not str:
        raise TypeError("id or result")
    to_complete = told.get("to_complete", False)
    if type(to_complete) is not bool:
        raise TypeError("to_complete")
    return Tap(
        client_id=uuid.UUID(client_id),
        household_id=household,
        result=Visit.Result(result).value,
        note=_note(told.get("note", "")),
        to_complete=to_complete,
        at=at,
        heard=_clocks(told.get("clock")),
    )


def _clocks(value: Any) -> Clocks | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"server", "device"}:
        raise ValueError("clock")
    server, device = _moment(value["server"]), _moment(value["device"])
    if server is None or device is None:
        raise ValueError("clock")
    return Clocks(server=server, device=device)


def _note(value: Any) -> str:
    """Text that the database can hold: no NUL, no half of a character."""
    if not isinstance(value, str) or "\x00" in value or len(value) > NOTE_LIMIT:
        raise ValueError("note")
    value.encode()
    return value.strip()


def _moment(value: Any) -> dt.datetime | None:
    """Milliseconds since 1970 as a device counts them."""
    if type(value) is not int or not 0 <= value <= _LAST_MOMENT:
        return None
    return dt.datetime.fromtimestamp(value / 1000, tz=dt.UTC)
