"""What is drawn by hand is what Django draws."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

from portal.core.rendering import PortalRenderer

CHOICES = [("", "全部"), ("a<b", "甲 & 乙"), ("组", [(1, "一"), (2, "“二”")])]
WIDGETS = [
    (forms.TextInput(attrs={"class": "x", "required": True, "disabled": False}), '<"&>'),
    (forms.TextInput(), None),
    (forms.NumberInput(attrs={"min": 0}), 0),
    (forms.HiddenInput(), "h"),
    (forms.DateInput(attrs={"type": "date"}), "2026-11-22"),
    (forms.Textarea(attrs={"rows": 3}), "行一\n<b>"),
    (forms.Textarea(), None),
    (forms.Select(choices=CHOICES, attrs={"class": "form-select"}), 2),
    (forms.Select(choices=CHOICES), None),
    (forms.SelectMultiple(choices=CHOICES), ["a<b", "1"]),
    (forms.NullBooleanSelect(), True),
    (forms.RadioSelect(choices=CHOICES), 1),
    (forms.CheckboxInput(), True),
]


@pytest.mark.parametrize(("widget", "value"), WIDGETS)
def test_the_same_markup(widget, value):
    ours = widget.render("name<", value, {"id": "id_x"}, renderer=PortalRenderer())
    django = widget.render("name<", value, {"id": "id_x"}, renderer=DjangoTemplates())
    assert parse_html(ours) == parse_html(django)


def test_it_is_the_one_in_use(settings):
    assert settings.FORM_RENDERER == "portal.core.rendering.PortalRenderer"
