"""民情地图: picture and list of a place by how long ago its households were last met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from contacts.forms.household_filters import ALL
from contacts.selectors.contact_map import Group, MapPage, Part, Tally, map_page, place_by_code
from contacts.selectors.household_register import SINCE_OF_BAND, Since
from contacts.workflow import BANDS, BandRule
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
        asked = self._register(place)
        return super().get_context_data(**kwargs) | {
            "map": page,
            "now": now,
            "legend": list(_shares(page.tally, asked)),
            "others": list(_shares(page.others, asked)),
            "groups": [self._group(group, page) for group in page.groups],
            "way": [(unit.name, f"?{urlencode({'place': unit.code})}") for unit in page.way[:-1]],
            "unmet_url": _address(asked, Since.YEAR),
            "all_url": _address(asked, ""),
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
        return {
            "name": group.name,
            "url": f"?{urlencode({'place': group.code})}" if group.code else "",
            "parts": [self._part(part, page) for part in group.parts],
        }

    def _part(self, part: Part, page: MapPage) -> dict[str, Any]:
        asked = {"mine": ALL}
        kind = page.part_kind
        if kind == OrganisationKind.BUILDING:
            asked["community"] = str(page.place.scope_ids().community_id)
        asked |= {_FILTERS[kind]: str(part.organisation_id)} if kind else {}
        return {
            "name": part.name,
            "url": f"?{urlencode({'place': part.code})}",
            "tally": part.tally,
            "shares": list(_shares(part.tally, asked)),
            "unmet_url": _address(asked, Since.YEAR),
        }


def _address(asked: dict[str, str], since: str) -> str:
    query = asked | ({"since": since} if since else {})
    return f"{reverse('contacts:household_list')}?{urlencode(query)}"


def _shares(tally: Tally, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Each band with its number, its stretch of the bar in percent, and its households."""
    start = 0.0
    for rule in BANDS:
        number = tally.counts.get(rule.band, 0)
        width = 100 * number / tally.total if tally.total else 0.0
        yield _share(rule, number, start, width) | {
            "url": _address(asked, SINCE_OF_BAND[rule.band])
        }
        start += width


def _share(rule: BandRule, number: int, start: float, width: float) -> dict[str, Any]:
    return {
        "band": rule.band,
        "label": rule.label,
        "number": number,
        # As text: an SVG attribute must not be localised.
        "start": f"{start:.2f}",
        "width": f"{width:.2f}",
        "percent": round(width),
    }
