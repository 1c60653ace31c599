"""The doors of a round drawn in Python: a building has a hundred of them, each with three targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from contacts.selectors.rounds import Knock, RoundDoor
from portal.core.rows import safe
from portal.core.templatetags.portal import icon_use

register = template.Library()

_CSRF: Final = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
_UNDO: Final = "撤销这一条？原来的一条会作废，不计入数字。"


@dataclass(frozen=True, slots=True)
class _Page:
    """What the doors of a page have in common."""

    #: "" for the shell, which belongs to nobody.
    csrf: str
    #: The three targets.
    targets: str
    #: What a call to a door is written down by, to which its id is added, and what follows.
    call: str
    back: str
    #: The door that is knocked at once more.
    again: int | None
    #: The door at which a sent tap was refused, with what was typed.
    typed_at: int | None
    typed: Mapping[str, Any]


@register.simple_tag(takes_context=True)
def round_doors(context: Context, doors: Iterable[RoundDoor]) -> SafeString:
    """The doors of one staircase."""
    token, path = context.get("csrf_token") or "", context["request"].path
    page = _Page(
        csrf=_CSRF.format(safe(str(token))),
        targets=_targets(context["results"]),
        call=f"{reverse('contacts:visit_new')}?kind=home&amp;household=",
        back=f"&amp;channel=PHONE&amp;next={quote(path)}",
        again=context.get("again"),
        typed_at=context.get("typed_at"),
        typed=context.get("typed") or {},
    )
    # SECURITY: every piece was escaped where it was put in.
    return mark_safe("".join([_door(door, page) for door in doors]))  # noqa: S308


@register.simple_tag
def door_pattern(results: Iterable[tuple[str, str]]) -> SafeString:
    """An empty door, whose ``data-said`` the script of the shell fills.

    SECURITY: it is kept on devices; nothing of the one who asks for it is in it.
    """
    targets = _targets(results)
    page = _Page(csrf="", targets=targets, call="", back="", again=None, typed_at=None, typed={})
    return mark_safe(_door(None, page))  # noqa: S308


def _targets(results: Iterable[tuple[str, str]]) -> str:
    first, *others = [(safe(value), safe(str(label))) for value, label in results]
    rest = "".join(
        [
            '<button class="btn btn-secondary" type="submit" name="result"'
            f' value="{value}">{label}</button>'
            for value, label in others
        ]
    )
    return (
        '<div class="round-targets"><button class="btn btn-secondary round-met" type="submit"'
        f' name="result" value="{first[0]}">{first[1]}<small>平安</small></button>{rest}</div>'
    )


def _door(door: RoundDoor | None, page: _Page) -> str:
    if door is None:
        inside = f"{_head()}{_wish('', '')}{_done(None, '', page)}{_taps('', '', '', page)}"
        return f'<li class="round-door" data-state="open">{inside}</li>'
    key, wish = door.household_id, safe(door.wish)
    call = f'<a class="btn btn-secondary" data-online href="{page.call}{key}{page.back}">记电话</a>'
    dues = "".join([f"<li>{safe(line)}</li>" for line in door.dues])
    listed = f'<ul class="round-dues">{dues}</ul>' if dues else ""
    done = _done(door.knock, str(key), page)
    taps = _taps(str(door.client_id), str(key), _note(key, page), page)
    return (
        f'<li class="round-door" id="door-{key}" data-door="{key}" data-what="{safe(door.door)}"'
        f' data-state="{_state(door, page)}">'
        f"{_head(safe(door.room), safe(door.people), _last(door))}"
        f"{_wish(wish, call)}{listed}{done}{taps}</li>"
    )


def _state(door: RoundDoor, page: _Page) -> str:
    if page.again == door.household_id:
        return "open"
    return "done" if door.knock else "wish" if door.wish else "open"


def _head(room: str = "", people: str = "", last: str = "") -> str:
    return (
        f'<p class="round-door-head"><strong data-said="room">{room}</strong> '
        f'<span data-said="people">{people}</span> <small data-said="last">{last}</small></p>'
    )


def _last(door: RoundDoor) -> str:
    return f"上次 {door.last_met_on:%Y-%m-%d}" if door.last_met_on else "从未走访"


def _wish(wish: str, call: str) -> str:
    hidden = "" if wish else " hidden"
    return (
        f'<p class="round-wish" data-part="wish"{hidden}>{icon_use("telephone-fill")}'
        f'<span data-said="wish">{wish}</span>{call}</p>'
    )


def _done(knock: Knock | None, key: str, page: _Page) -> str:
    """What was written down here today, and how it is taken back."""
    said = f"{timezone.localtime(knock.at):%H:%M} {safe(knock.words)}" if knock else ""
    note, undo = (safe(knock.note), knock.client_id) if knock else ("", "")
    hidden = " hidden" if knock and knock.met else ""
    return (
        f'<div class="round-done"><p><span class="tag tag-good" data-said="done">{said}</span>'
        f' <span class="muted" data-said="state">{note}</span></p><div class="cluster">'
        f'<a class="btn btn-quiet" data-again{hidden} href="?again={key}#door-{key}">再敲一次</a>'
        f'<form method="post" data-undo data-ask="{_UNDO}" data-confirm="{_UNDO}"'
        f' data-confirm-yes="撤销">{page.csrf}<input type="hidden" name="undo" value="{undo}">'
        '<button class="btn btn-quiet" type="submit">'
        f"{icon_use('arrow-counterclockwise')}撤销</button></form></div></div>"
    )


def _note(key: int, page: _Page) -> str:
    """What was typed at a door where the tap was refused; "" elsewhere."""
    if page.typed_at != key:
        return ""
    checked = " checked" if page.typed.get("to_complete") else ""
    return _written(" open", safe(str(page.typed.get("note") or "")), checked)


def _written(is_open: str, note: str, checked: str) -> str:
    return (
        f'<details class="round-note"{is_open}><summary>{icon_use("pencil")}先写要点，再点上面'
        '</summary><label class="form-label">要点<textarea class="form-control" name="note"'
        f' rows="2" data-most="500" placeholder="如：楼道灯不亮">{note}</textarea></label>'
        '<label class="round-later"><input class="form-check-input" type="checkbox"'
        f' name="to_complete" value="1"{checked}>先记要点，回头补记</label></details>'
    )


def _taps(client_id: str, key: str, note: str, page: _Page) -> str:
    return (
        f'<form class="round-taps" method="post" data-tap>{page.csrf}'
        f'<input type="hidden" name="client_id" value="{client_id}">'
        f'<input type="hidden" name="household" value="{key}">{page.targets}'
        f"{note or _written('', '', '')}</form>"
    )
