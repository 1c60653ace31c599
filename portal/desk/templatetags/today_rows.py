"""Rows of 今日 drawn in Python: whom to visit, the latest, the units below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from contacts.selectors.sight import HouseholdLine
from contacts.selectors.week import Part
from portal.core.rows import Line, draw_rows, safe
from portal.core.templatetags.portal import cn_date, cn_datetime, icon, names
from portal.desk.selectors import EscalatedLine, ProposalLine, RecentLine

register = template.Library()

#: How much of a text is shown.
_SHOWN: Final = 80
_CSRF: Final = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'


def _safe(html: str) -> SafeString:
    # SECURITY: every piece was escaped where it was put in.
    return mark_safe(html)  # noqa: S308


def _short(text: str) -> str:
    return Truncator(text).chars(_SHOWN) if len(text) > _SHOWN else text


def _home(line: HouseholdLine) -> SafeString:
    """Address and people."""
    people = f" · {names(line.people)}" if line.people else ""
    return _safe(f"{safe(line.address)}{people}")


def _csrf(context: Context) -> str:
    return _CSRF.format(safe(str(context.get("csrf_token") or "")))


@register.simple_tag
def recent_rows(visits: Iterable[RecentLine]) -> SafeString:
    """The own latest visits."""
    return draw_rows(
        Line(
            url=one.url,
            title=_home(one.line) if one.line else one.place,
            tags=[
                *([] if one.met else [one.result]),
                *([f"{one.matters} 件事"] if one.matters else []),
            ],
            text=one.text,
            notes=[f"{cn_datetime(one.occurred_at)} · {one.channel}"],
        )
        for one in visits
    )


@register.simple_tag
def escalated_rows(matters: Iterable[EscalatedLine]) -> SafeString:
    """Matters that were passed on."""
    return draw_rows(
        Line(
            url=one.url,
            title=_short(one.text),
            tags=[one.state],
            notes=[f"{cn_date(one.on)} · {one.place}"],
        )
        for one in matters
    )


@register.simple_tag
def part_rows(parts: Iterable[tuple[Part, str]]) -> SafeString:
    """The units below with their figures, each with the list behind it."""
    return _safe("".join([_part(part, url) for part, url in parts]))


def _part(part: Part, url: str) -> str:
    name = safe(part.name)
    if url:
        name = f'<a href="{safe(url)}">{name}</a>'
    numbers = "".join(
        [f'<td class="num">{one}</td>' for one in (part.visits, part.households, part.phoned)]
    )
    return f'<tr><th scope="row">{name}</th>{numbers}</tr>'


@register.simple_tag(takes_context=True)
def proposal_rows(context: Context, proposals: Iterable[ProposalLine]) -> SafeString:
    """Proposed households: why, what to bring, and one tap."""
    csrf, new = _csrf(context), reverse("contacts:visit_new")
    rows = "".join([_proposal(one, new, csrf) for one in proposals])
    return _safe(f'<ul class="rows">{rows}</ul>')


def _proposal(one: ProposalLine, new: str, csrf: str) -> str:
    line, proposal = one.line, one.proposal
    why = "".join([f'<span class="tag">{safe(reason)}</span> ' for reason in proposal.reasons])
    if proposal.by_phone:
        why = f'<span class="tag">{icon("telephone")}暂不上门，请电话联系</span> {why}'
    facts = "".join([f'<p class="row-meta">{safe(fact)}</p>' for fact in proposal.facts])
    to = f"{new}?kind=home&amp;household={line.id}"
    write = "记电话联系" if proposal.by_phone else "记走访"
    tap = "" if proposal.by_phone else _tap(one, to, csrf)
    return (
        '<li class="row-item proposal"><div><div class="row-title">'
        f'<a href="{safe(line.url)}">{_home(line)}</a></div>'
        f'<p class="row-meta proposal-why">{why}</p>{facts}</div>'
        f'<div class="row-end proposal-do">{tap}<a class="btn btn-secondary" href="{to}"'
        f' aria-label="{write}：{safe(line.address)}">{write}</a></div></li>'
    )


def _tap(one: ProposalLine, to: str, csrf: str) -> str:
    """The one tap of a visit without anything to tell."""
    said = {"client_id": one.client_id, "household": one.line.id, "ordinary": 1, "next": "/"}
    hidden = "".join(
        [f'<input type="hidden" name="{name}" value="{value}">' for name, value in said.items()]
    )
    return (
        f'<form method="post" action="{to}">{csrf}{hidden}'
        '<button class="btn btn-secondary" type="submit"'
        f' aria-label="平安，无事项：{safe(one.line.address)}">{icon("check-lg")}平安，无事项'
        "</button></form>"
    )
