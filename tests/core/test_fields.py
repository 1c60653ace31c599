import datetime as dt

import pytest
from django import forms
from django.core.exceptions import ValidationError

from portal.core.fields import DayField, TextField, offer


@pytest.mark.parametrize("text", ["2000-01-01", "2026-11-22", "2199-12-31"])
def test_a_day_people_mean(text):
    assert DayField().clean(text) == dt.date.fromisoformat(text)


@pytest.mark.parametrize("text", ["0001-01-01", "1999-12-31", "2200-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_refused(text):
    with pytest.raises(ValidationError, match="2000 年至 2199 年"):
        DayField().clean(text)


def test_no_day_is_no_day():
    assert DayField(required=False).clean("") is None


def test_too_much_is_refused_in_words_and_never_cut_by_the_browser():
    class Note(forms.Form):
        text = TextField(max_length=5)
        plain = TextField()
        hidden = TextField(max_length=5, widget=forms.HiddenInput, required=False)

    form = Note({"text": "一二三四五六七", "plain": "x" * 9, "hidden": "123456"})

    assert form.errors["text"] == ["最多写 5 字，现在有 7 字，请删短。"]
    assert 'data-most="5"' in str(form["text"])
    assert "一二三四五六七" in str(form["text"])
    assert not any("maxlength" in str(field) for field in form)
    assert "data-most" not in str(form["plain"]) + str(form["hidden"])
    assert Note({"text": " 一二三四五 ", "plain": "x"}).is_valid()


def test_choices_are_offered_with_or_without_a_blank_and_asked_for_once():
    class Pick(forms.Form):
        one = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
        many = forms.TypedMultipleChoiceField(coerce=int, required=False)

    asked = []

    def people():
        asked.append(1)
        return [(7, "王芳"), (8, "李敏")]

    def form(data=None):
        made = Pick(data)
        offer(made, "one", [("甲社区", [(1, "一"), (2, "二")]), (3, "三")], blank="请选择")
        offer(made, "many", people)
        return made

    assert form({}).is_valid()
    assert asked == []
    chosen = form({"one": "2", "many": ["8"]})
    assert chosen.is_valid()
    assert chosen.cleaned_data == {"one": 2, "many": [8]}
    assert '<option value="" selected>请选择</option><optgroup label="甲社区">' in str(
        form()["one"]
    )
    assert len(chosen.fields["many"].choices) == 2
    assert len(asked) == 1
    assert "one" in form({"one": "9"}).errors
    assert "many" in form({"many": ["9"]}).errors
