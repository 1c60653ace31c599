"""民情地图: picture and list of a place by how long ago its households were last met."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.views.generic import TemplateView

from contacts.forms.household_filters import ALL
from contacts.selectors.contact_map import Group, MapPage, Part, Tally, map_page, place_by_code
from contacts.selectors.household_register import SINCE_OF_BAND, Since
from contacts.selectors.sight import HouseholdLine
from contacts.workflow import BANDS
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin

#: The filter of the register that narrows to a place of this kind.
_FILTERS: Final = {
    OrganisationKind.STREET: "street",
    OrganisationKind.COMMUNITY: "community",
    OrganisationKind.GRID: "grid",
    OrganisationKind.BUILDING: "building",
}


class ContactMapView(PostMixin, TemplateView):
    permission = Permission.SEE_MAP
    template_name = "contacts/contact_map.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, now = self.post_in_force, timezone.now()
        place = place_by_code(
            post=post, code=self.request.GET.get("place", ""), today=timezone.localdate(now)
        )
        if place is None:
            raise Http404("地图上没有这个地方，请从民情地图首页重新选择。")
        page = map_page(post=post, place=place, now=now)
        asked = _Asked(self._register(place))
        return super().get_context_data(**kwargs) | {
            "map": page,
            "now": now,
            "legend": (legend := list(_shares(page.tally, asked))),
            "bar": _bar(legend),
            "others": (others := list(_shares(page.others, asked))),
            "others_bar": _bar(others),
            "groups": [self._group(group, page) for group in page.groups],
            "way": [(unit.name, f"?{urlencode({'place': unit.code})}") for unit in page.way[:-1]],
            "unmet_url": asked.address(Since.YEAR),
            "all_url": asked.address(""),
            "longest": [(line, _title(line, page, now)) for line in page.longest],
            "part_word": page.part_kind.label if page.part_kind else "",
        }

    def _register(self, place: Organisation) -> dict[str, str]:
        """What the register is asked so that it lists the households of ``place``."""
        asked = {"mine": ALL}
        if place.pk == self.post_in_force.organisation_id:
            return asked
        above = place.scope_ids()
        if place.kind in {OrganisationKind.GRID, OrganisationKind.BUILDING}:
            asked["community"] = str(above.community_id)
        return asked | {_FILTERS[OrganisationKind(place.kind)]: str(place.pk)}

    def _group(self, group: Group, page: MapPage) -> dict[str, Any]:
        parts = [self._part(part, page) for part in group.parts]
        return {
            "name": group.name,
            "url": f"?{urlencode({'place': group.code})}" if group.code else "",
            "parts": parts,
            "empty": [part for part in parts if not part["total"]],
        }

    def _part(self, part: Part, page: MapPage) -> dict[str, Any]:
        query = {"mine": ALL}
        kind = page.part_kind
        if kind == OrganisationKind.BUILDING:
            query["community"] = str(page.place.scope_ids().community_id)
        query |= {_FILTERS[kind]: str(part.organisation_id)} if kind else {}
        asked = _Asked(query)
        shares = list(_shares(part.tally, asked)) if part.tally.total else []
        return {
            "name": part.name,
            "url": f"?{urlencode({'place': part.code})}",
            "total": part.tally.total,
            "unmet": part.tally.unmet_year,
            "unmet_url": asked.address(Since.YEAR),
            "bar": _bar(shares),
            # Beside a list of households the numbers stand in no table.
            "cells": "" if page.longest else _cells(shares),
        }


class _Asked:
    """The register asked for a place: its addresses differ in 走访情况 only."""

    def __init__(self, query: dict[str, str]) -> None:
        self._whole = f"{reverse('contacts:household_list')}?{urlencode(query)}"

    def address(self, since: str) -> str:
        return f"{self._whole}&since={since}" if since else self._whole


def _shares(tally: Tally, asked: _Asked) -> Iterator[dict[str, Any]]:
    """Each band with its number, its stretch of the bar in percent, and its households."""
    start = 0.0
    for rule in BANDS:
        number = tally.counts.get(rule.band, 0)
        width = 100 * number / tally.total if tally.total else 0.0
        yield {
            "band": rule.band,
            "label": rule.label,
            "number": number,
            "start": start,
            "width": width,
            "url": asked.address(SINCE_OF_BAND[rule.band]),
        }
        start += width


def _title(line: HouseholdLine, page: MapPage, now: dt.datetime) -> str:
    """Its address; in a building, where masked lines would all read alike, who answers and how long."""
    if page.part_kind is not None or line.is_full:
        return line.address
    who = page.answering.get(line.id, "没有走访责任人")
    met = line.last_met_on
    days = f"{(timezone.localdate(now) - met).days} 天没有走访" if met else "从未走访"
    return f"{who} · {days}"


def _bar(shares: Iterable[dict[str, Any]]) -> SafeString:
    """How a number of households divides into bands, as a picture; the numbers stand beside it."""
    stretches = (
        f'<rect class="band-{one["band"]}" x="{one["start"]:.2f}" y="0"'
        f' width="{one["width"]:.2f}" height="8"/>'
        for one in shares
        if one["number"]
    )
    return mark_safe(  # noqa: S308 -- words and numbers of our own
        '<svg class="band-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(stretches)}</svg>"
    )


def _cells(shares: Iterable[dict[str, Any]]) -> SafeString:
    """The numbers of a row of the table, each with its households."""
    return format_html_join(
        "",
        '<td data-label="{}">{}</td>',
        ((one["label"], _linked(one) if one["number"] else "0") for one in shares),
    )


def _linked(share: dict[str, Any]) -> SafeString:
    return format_html('<a href="{}">{}</a>', share["url"], share["number"])
