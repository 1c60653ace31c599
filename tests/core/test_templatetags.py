"""Icons, Chinese dates, links that keep the query, the error summary, navigation, error pages."""

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from portal.core import context, views
from portal.core.templatetags import portal

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# Midnight in Shanghai is four in the afternoon of the day before in UTC.
LATE = dt.datetime(2026, 11, 21, 16, 5, tzinfo=dt.UTC)


def rendered(source: str, **values: object) -> str:
    return Template("{% load portal %}" + source).render(Context(values))


def test_an_icon_is_silent_unless_it_is_named():
    assert 'aria-hidden="true"' in portal.icon("search")
    assert 'role="img" aria-label="搜索"' in portal.icon("search", label="搜索")


@pytest.mark.parametrize("name", ["../../package", "no-such-icon", "", "Search", "a/b"])
def test_a_name_that_is_no_icon_is_refused(name):
    with pytest.raises(portal.UnknownIconError):
        portal.icon(name)


def test_the_label_of_an_icon_is_escaped():
    assert "<b>" not in portal.icon("search", label="<b>")


def test_every_icon_named_in_a_template_exists():
    pattern = re.compile(
        r'{% icon "([^"]+)"|{% include [^%]*\bname="([a-z0-9-]+)"|\bname\|default:"([^"]+)"'
    )
    named = {
        next(filter(None, found))
        for path in TEMPLATES.rglob("*.html")
        for found in pattern.findall(path.read_text(encoding="utf-8"))
        if any(found)
    }
    named |= {item.icon for item in context.NAVIGATION}
    assert len(named) > 20
    for name in sorted(named):
        assert "<path" in portal.icon(name), name


def test_a_day_is_the_local_day():
    assert portal.cn_date(LATE) == "2026-11-22 周日"
    assert portal.cn_datetime(LATE) == "2026-11-22 周日 00:05"
    assert portal.cn_date(dt.date(2026, 11, 23)) == "2026-11-23 周一"
    assert portal.cn_weekday(dt.date(2024, 2, 29)) == "周四"


def test_no_day_is_a_dash():
    assert (portal.cn_date(None), portal.cn_datetime(None), portal.cn_weekday(None)) == ("—",) * 3


def test_a_link_keeps_the_other_parameters_and_drops_the_empty_one():
    request = RequestFactory().get("/", {"q": "漏水&x=1", "cursor": "a", "kind": ["A", "B"]})
    link = rendered('{% query_with cursor="b" q=None %}', request=request)
    assert link == "?kind=A&amp;kind=B&amp;cursor=b"
    assert rendered("{% query_with cursor=None q=None kind=None %}", request=request) == "?"
    assert request.GET["cursor"] == "a"


class Sample(forms.Form):
    name = forms.CharField(label="姓名")
    met = forms.ChoiceField(label="见到了吗", choices=(("y", "是"),), widget=forms.RadioSelect)
    client = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self):
        raise forms.ValidationError("<b>合起来不对</b>")


def test_the_summary_lists_every_error_and_where_to_go():
    lines = portal.form_errors(Sample({}))
    assert [(line.label, line.target) for line in lines] == [
        ("", ""),
        ("姓名", "id_name"),
        ("见到了吗", "div_id_met"),
        ("Client", ""),
    ]
    assert portal.form_errors(Sample()) == []


def test_the_summary_numbers_the_forms_of_a_formset():
    formset = forms.formset_factory(Sample)(
        {"f-TOTAL_FORMS": "2", "f-INITIAL_FORMS": "2", "f-0-name": "王"}, prefix="f"
    )
    labels = [line.label for line in portal.form_errors(forms.Form({}), formset, "事项")]
    assert "事项1：见到了吗" in labels
    assert "事项2：姓名" in labels
    assert "事项1：姓名" not in labels
    people = [line.label for line in portal.form_errors(forms.Form({}), formset, "第{}人 ")]
    assert "第2人 姓名" in people


def test_a_crispy_form_opens_with_the_summary_escaped_and_only_when_sent():
    source = "{% load crispy_forms_tags %}{{ form|crispy }}"
    sent = rendered(source, form=Sample({}))
    assert sent.count('id="error-summary"') == 1
    assert 'href="#id_name"' in sent
    assert "&lt;b&gt;合起来不对" in sent
    assert "<b>合起来不对" not in sent
    assert "error-summary" not in rendered(source, form=Sample())


def request_of(path="/", *, may=(), signed_in=True):
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(is_authenticated=signed_in)
    request.post = SimpleNamespace(may=lambda permission: permission in may)
    return request


@pytest.fixture
def every_address(monkeypatch):
    monkeypatch.setattr(
        context,
        "_known_url",
        lambda name, *_: "/" if name == "desk:today" else f"/{name.replace(':', '/')}/",
    )


@pytest.mark.usefixtures("every_address")
def test_navigation_offers_only_what_the_post_may_do():
    labels = [link.label for link in context.navigation(request_of(may={"READ_AUDIT"})).links]
    assert labels == ["审计日志", "我的账号", "帮助"]
    assert context.navigation(request_of(may={"READ_AUDIT"}, signed_in=False)).links == ()


@pytest.mark.usefixtures("every_address")
def test_one_place_is_current_and_the_start_page_only_for_itself():
    everything = {item.permission for item in context.NAVIGATION}
    current = [
        [
            link.label
            for link in context.navigation(request_of(path, may=everything)).links
            if link.current
        ]
        for path in ("/", "/contacts/visit_new/", "/contacts/visit_list/7/", "/elsewhere/")
    ]
    assert current == [["今日"], ["记走访"], ["三访记录"], []]


@pytest.mark.usefixtures("every_address")
def test_the_tab_bar_is_full_for_every_post_and_more_holds_the_rest():
    everything = {item.permission for item in context.NAVIGATION}
    values = context.portal(request_of(may=everything))
    assert [link.label for link in values["nav"].tabs] == ["今日", "记走访", "住户", "日记"]
    assert "三访记录" in [link.label for link in values["nav"].more]
    auditor = context.portal(request_of(may={"USE_PORTAL", "READ_AUDIT"}))
    assert [link.label for link in auditor["nav"].tabs] == ["今日", "审计日志", "我的账号", "帮助"]


def test_an_address_that_no_app_serves_is_left_out(monkeypatch):
    monkeypatch.setattr(
        context,
        "NAVIGATION",
        (context.NavItem(label="无", url_name="no:where", icon="x", section=""),),
    )
    assert context.navigation(request_of()).links == ()


def test_a_broken_server_says_so_without_database_or_session():
    for handler, status in ((views.server_error, 500), (views.bad_request, 400)):
        response = handler(RequestFactory().get("/"))
        assert response.status_code == status
        assert "回到今日" in response.content.decode()


def test_an_expired_page_says_how_to_save_what_was_typed():
    response = views.csrf_failure(RequestFactory().post("/"), reason="CSRF token missing")
    assert response.status_code == 403
    assert "复制下来" in response.content.decode()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PermissionDenied("不能“作废”。"), ["不能“作废”。"]),
        (PermissionDenied("不能“作废”。", "张主任"), ["不能“作废”。", "请联系：张主任"]),
        (PermissionDenied(), [views.REFUSED, f"请联系：{views.ASK}"]),
    ],
)
def test_a_refusal_says_why_and_whom_to_ask(error, expected):
    response = views.permission_denied(request_of(signed_in=False), error)
    assert response.status_code == 403
    for text in expected:
        assert text in response.content.decode()


def test_what_is_missing_and_what_is_out_of_scope_read_the_same():
    response = views.page_not_found(request_of("/x/?name=secret", signed_in=False))
    assert response.status_code == 404
    assert "secret" not in response.content.decode()


def test_no_template_carries_inline_style_or_script():
    # djLint sees the style attribute; a handler or a script body would only fail in the browser.
    forbidden = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)
    found = [
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if forbidden.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_style_page_shows_every_fragment():
    page = render_to_string(
        "help/style.html", views.style.samples(), request=request_of("/help/style/")
    )
    for mark in (
        "door-card",
        "week-days",
        "timeline",
        "stat-number",
        "choice-group",
        "error-summary",
    ):
        assert mark in page
