"""Widgets drawn in Python where Django would include one template per option.

A select of forty places costs Django eighty template renderings; here it is one string. The markup
is the same as Django's (a test holds them together).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe

Widget = Mapping[str, Any]


def escaped(value: object) -> str:
    """What ``conditional_escape`` gives, without its detour for texts that are translated later."""
    drawn = getattr(value, "__html__", None)
    return drawn() if drawn is not None else html.escape(str(value))


class PortalRenderer(DjangoTemplates):
    """Django's own renderer, with the common widgets by hand."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> Any:
        draw = _DRAWN.get(template_name)
        if draw is None:
            return super().render(template_name, context, request)
        # SECURITY: every piece was escaped where it was put in.
        return mark_safe(draw(context["widget"]))  # noqa: S308


def attributes(attrs: Mapping[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{escaped(str(value))}"'
        for name, value in attrs.items()
        if value is not False
    )


def _input(widget: Widget) -> str:
    value = widget["value"]
    said = "" if value is None else f' value="{escaped(str(value))}"'
    kind, name = escaped(widget["type"]), escaped(widget["name"])
    return f'<input type="{kind}" name="{name}"{said}{attributes(widget["attrs"])}>'


def _textarea(widget: Widget) -> str:
    name, value = escaped(widget["name"]), widget["value"]
    text = escaped(value) if value else ""
    return f'<textarea name="{name}"{attributes(widget["attrs"])}>\n{text}</textarea>'


def _select(widget: Widget) -> str:
    groups = "".join(_group(label, options) for label, options, _ in widget["optgroups"])
    name = escaped(widget["name"])
    return f'<select name="{name}"{attributes(widget["attrs"])}>{groups}</select>'


def _group(label: str | None, options: list[Widget]) -> str:
    drawn = "".join(map(_option, options))
    return f'<optgroup label="{escaped(label)}">{drawn}</optgroup>' if label else drawn


def _option(option: Widget) -> str:
    value = escaped(str(option["value"]))
    label = escaped(option["label"])
    return f'<option value="{value}"{attributes(option["attrs"])}>{label}</option>'


_DRAWN: Final[dict[str, Callable[[Widget], str]]] = {
    f"django/forms/widgets/{name}.html": draw
    for names, draw in (
        (
            (
                *("input", "text", "search", "hidden", "date", "datetime", "time", "number", "tel"),
                *("checkbox", "password"),
            ),
            _input,
        ),
        (("textarea",), _textarea),
        (("select",), _select),
    )
    for name in names
}
