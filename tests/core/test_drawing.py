"""A field drawn in Python is the field that crispy and the former fragment drew."""

from pathlib import Path

import crispy_bootstrap5
import pytest
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Engine, Template
from django.template.backends.django import get_installed_libraries
from django.test.html import parse_html
from django.utils.safestring import mark_safe

from contacts.forms.field_visits import GuestForm
from contacts.forms.households import EndForm, ResidentForm, RevealForm
from contacts.forms.visits import MatterForm, VisitForm, VoidForm
from portal.accounts.forms.sign_in import CodeForm, NewPasswordForm
from portal.core.drawing import draw_choices, draw_field
from portal.core.style import SampleForm
from portal.jobs.import_forms import UploadForm

#: crispy's own templates, past the one that the portal puts in their place.
CRISPY = Engine(
    dirs=[Path(crispy_bootstrap5.__file__).parent / "templates"],
    libraries=get_installed_libraries(),
)
#: What components/_choice_group.html was.
CHOICES = Engine().from_string(
    """<div class="choice-group mb-3" id="div_{{ field.auto_id }}">
  <fieldset>
    <legend class="form-label">{{ field.label }}{% if field.field.required %}<span class="asteriskField" aria-hidden="true">*</span>{% endif %}</legend>
    <div class="choices">
      {% for option in field %}<div class="form-check"><input class="form-check-input" type="{{ option.data.type }}" name="{{ option.data.name }}" value="{{ option.data.value }}" id="{{ option.id_for_label }}"{% if option.data.selected %} checked{% endif %}{% if field.field.required and option.data.type == 'radio' %} required{% endif %}><label class="form-check-label" for="{{ option.id_for_label }}">{{ option.choice_label }}</label></div>{% endfor %}
    </div>
    {% if field.errors %}<div class="invalid-feedback">{% for error in field.errors %}<p>{{ error }}</p>{% endfor %}</div>{% endif %}
    {% if field.help_text %}<div class="form-text">{{ field.help_text }}</div>{% endif %}
  </fieldset>
</div>"""
)
GROUPS = [("", "请选择"), ("甲 & 乙", [(1, "一"), (2, "<二>")]), ("3", "三")]


class OddForm(forms.Form):
    """What the portal's forms have, at its oddest."""

    plain = forms.CharField(label="甲 <乙>", help_text="写“全名” & 称呼", initial='a"<b>')
    classed = forms.CharField(widget=forms.TextInput(attrs={"class": "wide form-control"}))
    unlabelled = forms.CharField(label="", required=False)
    frozen = forms.CharField(disabled=True, initial="x")
    described = forms.CharField(
        widget=forms.TextInput(attrs={"aria-describedby": "elsewhere"}), help_text="帮助"
    )
    named = forms.CharField(widget=forms.TextInput(attrs={"id": "own"}), help_text="帮助")
    hidden = forms.UUIDField(widget=forms.HiddenInput)
    one = forms.ChoiceField(choices=GROUPS, initial=2, help_text="选一项")
    first = forms.ChoiceField(choices=[(1, "一"), (1, "又一"), (2, "二")], initial=1)
    many = forms.MultipleChoiceField(choices=GROUPS, initial=[1, "3"], required=False)
    grouped = forms.ChoiceField(
        choices=GROUPS, widget=forms.RadioSelect(attrs={"data-x": "1"}), help_text="选一项"
    )
    boxes = forms.MultipleChoiceField(
        choices=GROUPS, widget=forms.CheckboxSelectMultiple, initial=[2]
    )
    no_boxes = forms.MultipleChoiceField(choices=[], widget=forms.CheckboxSelectMultiple)
    sure = forms.BooleanField(label="我核对过", help_text="不能撤回")
    told = forms.BooleanField(required=False, initial=True)
    null = forms.NullBooleanField(required=False)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), required=False)
    secret = forms.CharField(widget=forms.PasswordInput, initial="never shown")
    file = forms.FileField(help_text=".xlsx", widget=forms.ClearableFileInput({"accept": ".csv"}))


class MarkedForm(OddForm):
    error_css_class = "wrong"
    required_css_class = "must"


SENT = {"plain": "", "one": "9", "boxes": ["7"], "result": "x", "text": "词", "birth_year": "?"}
FORMS = {
    "odd": lambda data: OddForm(data, prefix="p"),
    "marked": lambda data: MarkedForm(data, auto_id=False),
    "sample": SampleForm,
    "visit": lambda data: VisitForm(data, needs_reason=True),
    "matter": MatterForm,
    "guest": lambda data: GuestForm(data, post=None, finds_doors=True, prefix="g-__prefix__"),
    "resident": lambda data: ResidentForm(data, today=None),
    "end": EndForm,
    "reveal": RevealForm,
    "void": lambda data: VoidForm(data, kind="HOME"),
    "code": CodeForm,
    "password": NewPasswordForm,
    "upload": UploadForm,
}
SEEN = [("new", None), ("sent", SENT)]


def crispy(field, **more):
    context = Context({"field": field, "form_show_errors": True, "form_show_labels": True} | more)
    return CRISPY.get_template("bootstrap5/field.html").render(context)


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in SEEN])
@pytest.mark.parametrize("name", FORMS)
def test_every_field_is_what_crispy_draws(name, data):
    for field in FORMS[name](data):
        # crispy writes its classes into the widget: it goes second.
        ours = draw_field(field, wrapper_class="wide")
        assert parse_html(ours) == parse_html(crispy(field, wrapper_class="wide")), field.name


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in SEEN])
@pytest.mark.parametrize("name", ["odd", "sample", "visit", "matter", "reveal", "void"])
def test_every_group_of_choices_is_what_its_fragment_drew(name, data):
    for field in FORMS[name](data):
        if isinstance(field.field.widget, forms.RadioSelect):
            former = CHOICES.render(Context({"field": field}))
            assert parse_html(draw_choices(field)) == parse_html(former), field.name


def test_a_file_that_is_there_stands_beside_its_input():
    class Kept(SimpleUploadedFile):
        url = "/x/?a=1&b=2"

    form = OddForm(initial={"file": Kept("a.csv", b"")})
    assert parse_html(draw_field(form["file"])) == parse_html(crispy(form["file"]))


def test_nothing_typed_and_no_words_of_a_form_become_markup():
    class Sly(forms.Form):
        text = forms.CharField(label="<b>1", help_text="<b>2", initial="<b>3")
        box = forms.BooleanField(label="<b>4", help_text="<b>5")
        one = forms.ChoiceField(choices=[("<b>6", "<b>7"), ("<b>8", [("<b>9", "<b>10")])])
        some = forms.MultipleChoiceField(
            choices=[("<b>11", "<b>12")], widget=forms.CheckboxSelectMultiple, help_text="<b>13"
        )

    form = Sly({"text": "<b>14", "one": "<b>15", "some": ["<b>16"]})
    form.add_error("text", "<b>17")
    drawn = [draw_field(field, wrapper_class='"><b>') for field in form]
    assert "<b>" not in "".join([*drawn, draw_choices(form["some"])])
    assert "&lt;b&gt;17" in drawn[0]


def test_help_that_is_marked_as_markup_stays_markup():
    class Helped(forms.Form):
        text = forms.CharField(help_text=mark_safe("<em>全名</em>"))

    assert "<em>全名</em>" in draw_field(Helped()["text"])


def test_crispy_lays_a_form_out_with_it():
    """FormHelper, Layout and the filters of crispy all come through the portal's field.html."""

    class Laid(SampleForm):
        helper = FormHelper()
        helper.form_tag = False
        helper.layout = Layout("text", Field("contact", wrapper_class="wide", css_class="big"))

    form = Laid()
    page = Template("{% load crispy_forms_tags %}{% crispy form %}").render(Context({"form": form}))
    assert parse_html(page).count(parse_html(draw_field(form["text"]))) == 1
    assert 'class="mb-3 wide"' in page
    assert '<div  class="big">' in page or '<div class="big">' in page
    field = Template("{% load crispy_forms_tags %}{{ form.text|as_crispy_field }}")
    assert field.render(Context({"form": form})).strip() == draw_field(form["text"])
