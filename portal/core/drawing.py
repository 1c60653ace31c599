"""A crispy field drawn in Python: label, input, errors and help as one string.

crispy-bootstrap5 makes a field out of two dozen template nodes and four includes, and a form has
forty fields. The markup here is the same (tests hold them together). Drawn is what the portal's
forms use: a label above, errors and help below; no horizontal form, none without labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from portal.core.rendering import attributes, escaped

_FILE: Final = "bootstrap5/layout/field_file.html"
_STAR: Final = '<span class="asteriskField">*</span>'
_SILENT_STAR: Final = '<span class="asteriskField" aria-hidden="true">*</span>'
#: Selects that are drawn from their choices, without a dictionary for each option.
_PLAIN_SELECTS: Final = (forms.Select, forms.SelectMultiple)


def draw_field(field: BoundField, *, wrapper_class: str = "", group_attrs: str = "") -> SafeString:
    """What crispy's field.html makes of the field.

    ``wrapper_class`` is added to its block, ``group_attrs`` (written already) to a group of boxes.
    """
    widget = field.field.widget
    if widget.is_hidden:
        return SafeString(field)
    more = "".join(f" {name}" for name in (wrapper_class, field.css_classes()) if name)
    if isinstance(widget, forms.CheckboxInput):
        label = _check_label(field.id_for_label, _words(field), _must(field))
        inside = _input(field, "form-check-input") + label + _errors(field) + _help(field)
        return _safe(f'<div class="mb-3">{_block(field, f"form-check{more}", inside)}</div>')
    if isinstance(widget, forms.RadioSelect):  # CheckboxSelectMultiple is one
        inside = _group(field, group_attrs) + _help(field)
    elif isinstance(widget, forms.FileInput):
        inside = render_to_string(_FILE, {"field": field, "form_show_errors": True})
    else:
        kind = "form-select" if isinstance(widget, forms.Select) else "form-control"
        inside = _input(field, kind) + _errors(field) + _help(field)
    return _safe(_block(field, f"mb-3{more}", _labelled(field, inside)))


def draw_choices(field: BoundField) -> SafeString:
    """Big touch choices; the field has a RadioSelect or CheckboxSelectMultiple."""
    must = field.field.required
    boxes = "".join(_choice(one.data, must=must) for one in field.subwidgets)
    errors = "".join(f"<p>{escaped(error)}</p>" for error in field.errors)
    said = f'<div class="invalid-feedback">{errors}</div>' if errors else ""
    text = escaped(field.help_text)
    help_text = f'<div class="form-text">{text}</div>' if text else ""
    return _safe(
        f'<div class="choice-group mb-3" id="div_{escaped(field.auto_id)}"><fieldset>'
        f'<legend class="form-label">{escaped(field.label)}'
        f"{_SILENT_STAR if must else ''}</legend>"
        f'<div class="choices">{boxes}</div>{said}{help_text}</fieldset></div>'
    )


def _safe(html: str) -> SafeString:
    # SECURITY: every piece was escaped where it was put in.
    return mark_safe(html)  # noqa: S308


def _block(field: BoundField, classes: str, inside: str) -> str:
    id_ = escaped(field.auto_id)
    return f'<div id="div_{id_}" class="{escaped(classes)}">{inside}</div>'


def _must(field: BoundField) -> str:
    return " requiredField" if field.field.required else ""


def _words(field: BoundField) -> str:
    return f"{escaped(field.label)}{_STAR if field.field.required else ''}"


def _labelled(field: BoundField, inside: str) -> str:
    if not field.label:
        return inside
    id_ = field.id_for_label
    at = f' for="{escaped(id_)}"' if id_ else ""
    opening = f'{at} class="form-label{_must(field)}'
    if not field.use_fieldset:
        return f'<label{opening}">{_words(field)}</label>{inside}'
    told = field.aria_describedby
    by = f' aria-describedby="{escaped(told)}"' if told else ""
    return f'<fieldset{by}><legend{opening} fs-6">{_words(field)}</legend>{inside}</fieldset>'


def _input(field: BoundField, kind: str) -> str:
    """The widget with the classes that Bootstrap asks for, and the name of its kind."""
    widget = field.field.widget
    own = widget.attrs.get("class", "").split()
    wrong = ("is-invalid",) if field.errors else ()
    classes = dict.fromkeys((*own, type(widget).__name__.lower(), kind, *wrong))
    attrs: dict[str, str | bool] = {"class": " ".join(classes)}
    if type(widget) not in _PLAIN_SELECTS:
        return field.as_widget(attrs=attrs)
    return _select(field, widget, attrs)


def _select(field: BoundField, widget: forms.Select, attrs: dict[str, str | bool]) -> str:
    id_ = widget.attrs.get("id") or field.auto_id
    built = widget.build_attrs(
        widget.attrs, field.build_widget_attrs(attrs | ({"id": id_} if id_ else {}))
    )
    if widget.allow_multiple_selected:
        built["multiple"] = True
    chosen = set(widget.format_value(field.value()))
    drawn = []
    for value, label in widget.choices:
        if isinstance(label, (list, tuple)):
            inside = "".join(_option(one, words, chosen, widget) for one, words in label)
            named = f'<optgroup label="{escaped(value)}">{inside}</optgroup>'
            drawn.append(named if value else inside)
        else:
            drawn.append(_option(value, label, chosen, widget))
    name = escaped(field.html_name)
    return f'<select name="{name}"{attributes(built)}>{"".join(drawn)}</select>'


def _option(value: Any, label: Any, chosen: set[str], widget: forms.Select) -> str:
    """Only the first of those chosen where one may be: it is taken out of ``chosen``."""
    key = "" if value is None else str(value)
    mark = ""
    if key in chosen:
        mark = " selected"
        if not widget.allow_multiple_selected:
            chosen.clear()
    return f'<option value="{escaped(key)}"{mark}>{escaped(label)}</option>'


def _group(field: BoundField, group_attrs: str) -> str:
    """Radios or boxes one below the other; errors stand with the last of them."""
    widget = field.field.widget
    id_ = widget.attrs.get("id") or field.auto_id
    attrs = field.build_widget_attrs({"id": id_} if id_ else {})
    groups = widget.optgroups(field.html_name, widget.format_value(field.value()), attrs)
    rows = []
    for name, inside, _ in groups:
        if name:
            rows.append(f"<strong>{escaped(name)}</strong>")
        rows += [_row(field, option) for option in inside]
    if rows and field.errors:
        rows[-1] = rows[-1].removesuffix("</div>") + f"{_errors(field)}</div>"
    return f"<div{group_attrs and f' {group_attrs}'}>{''.join(rows)}</div>"


def _row(field: BoundField, option: Mapping[str, Any]) -> str:
    wrong = " is-invalid" if field.errors else ""
    told = {"type": option["type"], "name": field.html_name, "value": option["value"]}
    return (
        f'<div class="form-check"><input class="form-check-input{wrong}"'
        f"{attributes(told)}{attributes(option['attrs'])}>"
        f"{_check_label(option['attrs'].get('id', ''), escaped(option['label']))}</div>"
    )


def _choice(option: Mapping[str, Any], *, must: bool) -> str:
    id_ = option["attrs"].get("id", "")
    told = {"type": option["type"], "name": option["name"], "value": option["value"], "id": id_}
    told["checked"] = option["selected"]
    told["required"] = must and option["type"] == "radio"
    return (
        f'<div class="form-check"><input class="form-check-input"{attributes(told)}>'
        f"{_check_label(id_, escaped(option['label']))}</div>"
    )


def _check_label(id_: str, words: str, more: str = "") -> str:
    return f'<label for="{escaped(id_)}" class="form-check-label{more}">{words}</label>'


def _errors(field: BoundField) -> str:
    if not field.errors:
        return ""
    id_ = escaped(field.auto_id)
    lines = "".join(
        f'<p id="error_{number}_{id_}"><strong>{escaped(error)}</strong></p>'
        for number, error in enumerate(field.errors, start=1)
    )
    return f'<div id="{id_}_error" class="invalid-feedback">{lines}</div>'


def _help(field: BoundField) -> str:
    if not field.help_text:
        return ""
    id_ = field.auto_id
    at = f' id="{escaped(id_)}_helptext"' if id_ else ""
    return f'<div{at} class="form-text">{escaped(field.help_text)}</div>'
