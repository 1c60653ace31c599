"""Rows of the pages of a visit: own doors, matters and guests, not each drawn node by node."""

from __future__ import annotations

from typing import Final

from django import template
from django.forms import BaseForm, BaseFormSet
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from contacts.selectors.visit_choices import Door, DoorsOfBuilding
from portal.core.rows import safe

register = template.Library()

#: What stands for the number of a form in the pattern of a formset (``BaseFormSet.empty_form``).
PREFIX: Final = "__prefix__"
_NUMBER: Final = "<span data-number>{}</span>"
_BY_PHONE: Final = '<span class="tag">改电话</span>'


@register.simple_tag
def door_rows(building: DoorsOfBuilding) -> SafeString:
    """One row for each door; ``data-door`` is what it is found by."""
    name = safe(building.name)
    # SECURITY: every piece is escaped where it is put in.
    return mark_safe("".join([_row(name, door) for door in building.doors]))  # noqa: S308


def _row(building: str, door: Door) -> str:
    said, by_phone = safe(door.door), _BY_PHONE if door.by_phone else ""
    met = f"{door.last_met_on:%Y-%m-%d}" if door.last_met_on else "从未"
    return (
        f'<li data-door="{building} {said} {safe(" ".join(door.names))}">'
        f'<a href="?household={door.household_id}"><strong>{said}</strong>'
        f"<span>{safe(door.people)}</span>{by_phone}<small>{met}</small></a></li>"
    )


@register.simple_tag(takes_context=True)
def form_rows(context: Context, formset: BaseFormSet, fragment: str, name: str) -> SafeString:
    """The rows of a formset, each by ``fragment`` as ``name``, and the pattern of one more.

    Blank rows after the first differ in their number alone: they are copies of the pattern.
    """
    template_ = context.template.engine.get_template(fragment)  # type: ignore[union-attr]

    def drawn(form: BaseForm, number: int | str) -> str:
        with context.push(**{name: form, "number": number}):
            return str(template_.render(context))

    pattern = drawn(formset.empty_form, "")
    rows = [
        drawn(form, index + 1)
        if form.is_bound or form.initial or not index
        else pattern.replace(PREFIX, str(index)).replace(
            _NUMBER.format(""), _NUMBER.format(index + 1)
        )
        for index, form in enumerate(formset.forms)
    ]
    # SECURITY: drawn by templates, which escape; only numbers are put in.
    return mark_safe(f'{"".join(rows)}<template id="{name}-template">{pattern}</template>')  # noqa: S308
