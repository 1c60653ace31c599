"""The few tags every page uses: icons, Chinese dates, links that keep the query, form errors."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from django import template
from django.forms import BaseForm, BaseFormSet, BoundField
from django.http import QueryDict
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from portal.core.context import Navigation
from portal.core.drawing import draw_choices, draw_field
from portal.core.paths import path_of
from portal.core.rows import HasLine, draw_rows

register = template.Library()

ICONS: Final = Path(__file__).resolve().parents[3] / "node_modules" / "bootstrap-icons" / "icons"
_ICON_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SVG: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_WEEKDAYS: Final = "一二三四五六日"
_ABSENT: Final = "—"


class UnknownIconError(LookupError):
    """A template names an icon that bootstrap-icons does not have."""


@lru_cache(maxsize=256)
def _icon_paths(name: str) -> SafeString:
    # SECURITY: the name becomes a file name and the file is trusted markup.
    if not _ICON_NAME.fullmatch(name):
        raise UnknownIconError(name)
    try:
        source = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UnknownIconError(name) from error
    found = _SVG.search(source)
    if found is None:
        raise UnknownIconError(name)
    return mark_safe(re.sub(r">\s+<", "><", found.group(1).strip()))  # noqa: S308 -- a pinned package's own file


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Draw one icon inline; silent for a screen reader unless ``label`` says what it means."""
    classes = f"icon {css}".strip()
    paths = _icon_paths(name)
    if label:
        return format_html(
            '<svg class="{}" viewBox="0 0 16 16" role="img" aria-label="{}">{}</svg>',
            classes,
            label,
            paths,
        )
    return format_html(
        '<svg class="{}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', classes, paths
    )


@register.simple_tag
@lru_cache(maxsize=256)
def icon_symbol(name: str) -> SafeString:
    """Keep an icon that the page draws more than once; ``icon_use`` draws it."""
    return format_html(
        '<symbol id="icon-{}" viewBox="0 0 16 16">{}</symbol>', name, _icon_paths(name)
    )


@register.simple_tag
@lru_cache(maxsize=256)
def icon_use(name: str) -> SafeString:
    """Draw an icon that ``icon_symbol`` put on the page."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#icon-{}"/></svg>', name)


def _local_day(value: dt.date) -> dt.date:
    return timezone.localdate(value) if isinstance(value, dt.datetime) else value


@register.filter
def cn_weekday(value: dt.date | None) -> str:
    """Name the day of the week: 周日."""
    return f"周{_WEEKDAYS[_local_day(value).weekday()]}" if value else _ABSENT


@register.filter
def cn_date(value: dt.date | None) -> str:
    """Write a day, or the local day of an aware time: 2026-11-22 周日."""
    return f"{_local_day(value):%Y-%m-%d} {cn_weekday(value)}" if value else _ABSENT


@register.filter
def cn_datetime(value: dt.datetime | None) -> str:
    """Write an aware time in local time, 24 hours: 2026-11-22 周日 14:05."""
    if not value:
        return _ABSENT
    local = timezone.localtime(value)
    return f"{cn_date(local.date())} {local:%H:%M}"


@register.filter
def names(people: Iterable[str]) -> SafeString:
    """Write names in a row, none broken inside."""
    inside = '、</span><span class="nowrap">'.join(map(conditional_escape, people))
    return mark_safe(f'<span class="nowrap">{inside}</span>' if inside else "")  # noqa: S308 -- every name is escaped


@register.simple_tag
def address(name: str, key: int | uuid.UUID) -> str:
    """Give the address of a record, in a list of many: ``{% url %}`` with one key, quicker."""
    return path_of(name, key)


@register.simple_tag(takes_context=True)
def nav_part(context: Context, template: str) -> SafeString:
    """A part of the navigation (components/_nav_*.html), drawn once for the same places."""
    return _nav_part(template, context["nav"])


@lru_cache(maxsize=1024)
def _nav_part(template: str, nav: Navigation) -> SafeString:
    return render_to_string(template, {"nav": nav})


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: object) -> str:
    """Give the page's own query string with ``changes``; an empty value drops the parameter."""
    request = context.get("request")
    query: QueryDict = request.GET.copy() if request else QueryDict(mutable=True)
    for key, value in changes.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def drawn_field(context: Context) -> SafeString:
    """The field that crispy is at (templates/bootstrap5/field.html)."""
    return draw_field(
        context["field"],
        wrapper_class=context.get("wrapper_class") or "",
        group_attrs=context.get("flat_attrs") or "",
    )


@register.simple_tag
def filter_fields(form: BaseForm) -> SafeString:
    """The fields of a filter bar but ``q``, as crispy draws them, and the hidden ones that are on."""
    seen = [draw_field(field) for field in form.visible_fields() if field.name != "q"]
    hidden = [str(field) for field in form.hidden_fields() if field.value()]
    return mark_safe("".join((*seen, *hidden)))  # noqa: S308 -- drawn fields


@register.simple_tag
def row_list(rows: Iterable[HasLine]) -> SafeString:
    """A list of rows: of each, what its ``line`` says (portal.core.rows)."""
    return draw_rows(row.line for row in rows)


@register.simple_tag
def choice_group(field: BoundField) -> SafeString:
    """Big touch choices of a field with RadioSelect or CheckboxSelectMultiple."""
    return draw_choices(field)


@dataclass(frozen=True)
class ErrorLine:
    """One sentence of the error summary; ``target`` is the id to jump to, or empty."""

    text: str
    label: str = ""
    target: str = ""


def _target(field: BoundField) -> str:
    # A group of radios or boxes has no single input: its wrapper is the target.
    return field.id_for_label or f"div_{field.auto_id}"


def _form_lines(form: BaseForm, prefix: str) -> Iterator[ErrorLine]:
    for text in form.non_field_errors():
        yield ErrorLine(text=str(text), label=prefix.rstrip("： "))
    for field in form:
        target = "" if field.is_hidden else _target(field)
        for text in field.errors:
            yield ErrorLine(text=str(text), label=f"{prefix}{field.label}", target=target)


def _lines(source: BaseForm | BaseFormSet, title: str) -> Iterator[ErrorLine]:
    if isinstance(source, BaseForm):
        yield from _form_lines(source, "")
        return
    for text in source.non_form_errors():
        yield ErrorLine(text=str(text))
    prefix = title if "{}" in title else f"{title}{{}}："
    for number, form in enumerate(source.forms, start=1):
        yield from _form_lines(form, prefix.format(number))


@register.simple_tag
def form_errors(
    form: BaseForm | BaseFormSet,
    formset: BaseFormSet | None = None,
    title: str = "第",
    more: BaseFormSet | None = None,
    more_title: str = "第",
) -> list[ErrorLine]:
    """List every error of a bound form (and of formsets below it) for the summary at the top.

    ``title`` stands before each number of its formset, or around it: 第{}人.
    """
    sources = [(form, title), (more, more_title), (formset, title)]
    bound = [(one, words) for one, words in sources if one and one.is_bound]
    return [line for one, words in bound for line in _lines(one, words)]
