"""本单位数字: the figures of a unit and a period, each with its formula and its records."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.generic import TemplateView

from contacts.selectors.figures import (
    Figure,
    FiguresPage,
    Row,
    figures_page,
    place_of,
    unit_by_code,
)
from portal.accounts.models import Organisation
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.periods import CalendarPeriod, Month, Quarter, Week, Year, parse_period

_KINDS: Final = (("周", Week), ("月", Month), ("季度", Quarter), ("年", Year))


def _cell(head: str, one: Figure) -> str:
    if one.url and one.value:
        return f'{head}<a href="{escape(one.url)}">{one.value}</a></td>'
    return f"{head}{one.text}</td>"


class FiguresView(PostMixin, TemplateView):
    permission = Permission.SEE_FIGURES
    template_name = "contacts/figures.html"

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate()

    @cached_property
    def unit(self) -> Organisation:
        """The unit of the address; outside the scope a 404."""
        unit = unit_by_code(post=self.post_in_force, code=self.kwargs.get("code", ""))
        if unit is None:
            raise Http404("没有这个单位的数字，请从本单位数字重新选择。")
        return unit

    @cached_property
    def period(self) -> CalendarPeriod:
        text = self.request.GET.get("period", "")
        try:
            return parse_period(text) if text else Week.of(self.today)
        except ValueError as error:
            raise Http404("没有这段时间。写法如 2026-11、2026-W47、2026-Q4、2026。") from error

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = None
        if place_of(self.unit) is not None:
            page = figures_page(
                post=self.post_in_force, unit=self.unit, period=self.period, today=self.today
            )
        period, rows = self.period, self._rows(page) if page else []
        next_one = period.next()
        return super().get_context_data(
            **kwargs,
            unit=self.unit,
            page=page,
            period=period,
            today=self.today,
            is_running=self.today in period,
            previous_url=self._url(period.previous()),
            next_url=self._url(next_one) if next_one.start <= self.today else "",
            kinds=self._kinds(),
            rows=rows,
            quiet=[one for one in rows if one[0].is_quiet],
            way=self._way(),
        )

    def _url(self, period: CalendarPeriod) -> str:
        return f"?{urlencode({'period': str(period)})}"

    def _address(self, code: str) -> str:
        own = code == self.post_in_force.organisation.code
        path = reverse("contacts:figures", args=[] if own else [code])
        return f"{path}{self._url(self.period)}"

    def _kinds(self) -> list[dict[str, Any]]:
        """The same days by week, month, quarter, year; of a past stretch its last day."""
        day = min(self.period.last_day, self.today)
        return [
            {
                "label": label,
                "url": self._url(kind.of(day)),
                "is_on": isinstance(self.period, kind),
            }
            for label, kind in _KINDS
        ]

    def _rows(self, page: FiguresPage) -> list[tuple[Row, str, SafeString]]:
        """Each unit below with its address and its numbers, drawn: hundreds of cells."""
        heads = [
            format_html('<td class="num" data-label="{}">', metric.title) for metric in page.columns
        ]
        return [
            (
                row,
                self._address(row.unit.code) if row.unit.pk else "",
                mark_safe("".join(map(_cell, heads, row.figures))),  # noqa: S308 -- of escaped parts
            )
            for row in page.rows
        ]

    def _way(self) -> list[tuple[str, str]]:
        """The units between the own one and this one, with their addresses."""
        own = self.post_in_force.organisation
        if self.unit.pk == own.pk:
            return []
        above = [self.unit.district, self.unit.street, self.unit.community]
        inside = [one for one in above if one is not None and one.path.startswith(own.path)]
        return [(one.name, self._address(one.code)) for one in inside if one.pk != self.unit.pk]
