"""/audit/: by AUDITOR alone, filtered, exported, checked, and itself on the trail."""

import datetime as dt
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
import time_machine
from django.apps import apps

from contacts.services.household_entries import ResidentEntry
from contacts.services.visit_parts import LABELS
from portal.accounts.exports import TRAIL as COLUMNS
from portal.accounts.forms.trail import TrailFilter
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.accounts.selectors.trail import lines, trail_state
from portal.accounts.trail_words import ACTIONS, OBJECTS, SUBJECTS, reason_words
from portal.audit.models import AuditEvent
from portal.audit.services import record, seal
from portal.core.errors import DomainError
from tests.factories.accounts import make_organisation, make_post, make_user, sign_in
from tests.factories.exports import ask, work
from tests.factories.exports import exported as exported_rows

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
MONDAY = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def auditor(client, world):
    return sign_in(client, make_post(Role.AUDITOR, world.district))


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north, user=make_user("limin", name="李敏"))


def shown(client, **asked):
    return [line.action for line in client.get("/audit/", asked).context["lines"]]


def exported(auditor, **asked):
    titles = [column.title for column in COLUMNS]
    rows = exported_rows(auditor, "audit", urlencode(asked))
    return [dict(zip(titles, row, strict=True)) for row in rows]


def test_every_action_in_the_code_has_words():
    recorded = set()
    for folder in ("portal", "contacts", "grievances"):
        for file in (ROOT / folder).rglob("*.py"):
            recorded |= set(re.findall(r'action="([a-z_]+\.[a-z_]+)"', file.read_text()))
            recorded |= set(re.findall(r'_(?:record|note)\(actor, "([a-z_.]+)"', file.read_text()))

    assert recorded == set(ACTIONS)
    assert {action.partition(".")[0] for action in ACTIONS} == set(SUBJECTS)


def test_objects_are_called_as_the_models_are_called():
    for label in OBJECTS:
        assert apps.get_model(label)


def test_a_line_is_in_words(client, auditor, worker):
    record(actor=worker, action="account.password", obj=worker.user, fields=["password"])

    line = client.get("/audit/").context["lines"][0]

    assert (line.who, line.username, line.role) == ("李敏", "limin", "社区工作者")
    assert (line.place, line.action, line.obj) == ("八角北里社区", "修改密码", "账号 limin")


def test_an_auditor_reads_the_own_district_and_what_is_nobodys(client, world, auditor, worker):
    record(actor=worker, action="visit.log")
    record(actor=make_post(Role.DISTRICT_ADMIN, world.other_district), action="visit.void")
    record(actor=None, action="account.reset")

    assert set(shown(client)) == {"记走访", "重发登录链接"}
    assert {row["动作"] for row in exported(auditor)} >= {"记走访", "重发登录链接"}
    assert "作废走访" not in {row["动作"] for row in exported(auditor)}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"actor": "limin"}, ["记走访", "查看住户"]),
        ({"actor": "LIMIN "}, ["记走访", "查看住户"]),
        ({"action": "visit.log"}, ["记走访"]),
        ({"action": "household"}, ["查看住户"]),
        ({"kind": "accounts.user"}, ["记走访"]),
        ({"kind": "accounts.user", "number": "7000"}, []),
        ({"since": "2026-11-24"}, []),
        ({"since": "2026-11-23", "until": "2026-11-23"}, ["记走访", "查看住户"]),
        ({"until": "2026-11-22"}, []),
    ],
)
def test_filters_narrow_the_list_and_the_export_alike(client, auditor, worker, asked, found):
    with time_machine.travel(MONDAY, tick=False):
        record(actor=worker, action="household.open")
        record(actor=worker, action="visit.log", obj=worker.user)
    with time_machine.travel(MONDAY - dt.timedelta(days=365), tick=False):
        record(actor=None, action="promise.keep")

    seen = {"记走访", "查看住户"}
    assert [action for action in shown(client, **asked) if action in seen] == found
    assert [row["动作"] for row in exported(auditor, **asked) if row["动作"] in seen] == found


@pytest.mark.parametrize(
    "asked",
    [
        {"number": "7"},
        {"action": "nothing.at_all"},
        {"since": "2026-11-23", "until": "2026-11-01"},
    ],
)
def test_a_wrong_question_shows_nothing_and_is_not_exported(client, auditor, worker, asked):
    record(actor=worker, action="visit.log")

    assert shown(client, **asked) == []
    with pytest.raises(DomainError, match="无法识别"):
        ask(auditor, "audit", urlencode(asked))


def test_the_day_ends_at_midnight_in_shanghai(client, auditor, worker):
    with time_machine.travel(dt.datetime(2026, 11, 23, 15, 59, 59, tzinfo=dt.UTC), tick=False):
        record(actor=worker, action="visit.log")
    with time_machine.travel(dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC), tick=False):
        record(actor=worker, action="visit.void")

    assert shown(client, until="2026-11-23", actor="limin") == ["记走访"]
    assert shown(client, since="2026-11-24", actor="limin") == ["作废走访"]


def test_reading_exporting_and_checking_leave_a_trace_without_values(client, auditor):
    client.get("/audit/", {"actor": "limin"})
    exported(auditor, actor="limin", action="visit")
    client.post("/audit/")

    read, _, asked, export, *_, check = AuditEvent.objects.order_by("pk")
    assert (read.action, read.fields) == ("audit.read", ["actor"])
    assert (asked.action, asked.reason_code) == ("export.ask", "MEETING")
    assert asked.fields == ["action", "actor"]
    assert (export.action, sorted(export.fields)) == ("audit.export", ["action", "actor"])
    assert (check.action, check.reason_code) == ("audit.verify", "ok")
    assert "limin" not in str([vars(event) for event in (read, asked, export)])


def test_turning_the_page_is_one_reading(client, auditor, worker):
    for _ in range(120):
        record(actor=worker, action="visit.log")

    first = client.get("/audit/")
    second = client.get("/audit/", {"cursor": first.context["page"].next_cursor})

    numbers = [line.number for line in [*first.context["lines"], *second.context["lines"]]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 50
    assert AuditEvent.objects.filter(action="audit.read").count() == 1


def test_the_export_holds_every_page_and_runs_no_formula(client, auditor, world):
    spoiled = make_user("hacker", name="=HYPERLINK(1)")
    post = make_post(Role.COMMUNITY_WORKER, world.north, user=spoiled)
    for _ in range(60):
        record(actor=post, action="visit.log")

    rows = [row for row in exported(auditor) if row["账号"] == "hacker"]

    assert len(rows) == 60
    assert {row["姓名"] for row in rows} == {"'=HYPERLINK(1)"}


def test_the_check_says_good_and_says_which_row_is_not(client, auditor, worker):
    record(actor=worker, action="visit.log")
    seal()
    assert "校验通过" in client.post("/audit/").text

    forged = AuditEvent.objects.create(at=MONDAY, action="visit.log", mac="0" * 64)
    page = client.post("/audit/").text

    assert "校验不通过" in page
    assert f"记录 {forged.pk}" in page


def test_the_list_asks_the_same_number_of_queries_for_any_rows(assert_flat, auditor, world, client):
    def add_row():
        post = make_post(Role.COMMUNITY_WORKER, world.north)
        record(actor=post, action="account.password", obj=post.user)

    assert_flat("/audit/", add_row)


def test_an_unknown_action_or_field_is_shown_as_it_is(client, auditor, worker):
    record(actor=worker, action="future.thing", obj=worker, fields=["since", "gone"])

    line = client.get("/audit/").context["lines"][0]

    assert (line.action, line.fields) == ("future.thing", "任职自、gone")


@pytest.mark.parametrize("edge", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("field", ["since", "until"])
def test_the_ends_of_the_calendar_are_a_wrong_question(client, auditor, field, edge):
    answer = client.get("/audit/", {field: edge})

    assert answer.status_code == 200
    assert list(answer.context["lines"]) == []
    assert "日期要在 2000 年至 2199 年之间。" in answer.content.decode()
    with pytest.raises(DomainError):
        ask(auditor, "audit", urlencode({field: edge}))


def test_the_address_of_the_former_file_leads_to_the_export_with_its_filters(client, auditor):
    answer = client.get("/audit/export.csv", {"action": "visit", "cursor": "x"})

    assert answer.url == "/reports/exports/new/audit/?action=visit&format=csv"
    page = client.get(answer.url)
    assert page.context["form"]["format"].value() == "csv"
    assert page.context["listing"].filters == ("动作：走访（全部）",)
    assert (
        'href="/reports/exports/new/audit/?action=visit"' in client.get("/audit/?action=visit").text
    )


def test_a_long_trail_is_written_in_a_constant_number_of_queries_a_thousand(
    auditor, worker, django_assert_max_num_queries
):
    for _ in range(1_100):
        record(actor=worker, action="account.password", obj=worker.user)
    job = ask(auditor, "audit")

    with django_assert_max_num_queries(40):
        work(job)
    assert job.message.startswith("共导出 110")


def in_words(kind, names):
    event = AuditEvent(
        at=MONDAY, action="visit.edit", object_kind=kind, object_id="0", fields=list(names)
    )
    return lines([event])[0].fields.split("、")


def literal_fields():
    """Every field name written out beside a ``record`` in the code."""
    found = set()
    for folder in ("portal", "contacts"):
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text()
            for call in re.findall(r"_?record\((?:[^()]|\([^()]*\))*\)", text):
                for names in re.findall(r"(?:fields=|, )[\[(]([\"a-z_, ]+)[\])]", call):
                    found |= set(re.findall(r'"([a-z_]+)"', names))
    return found


def test_every_field_name_the_code_records_has_words(world):
    assert {"password", "cares", "duties", "week", "is_contact", "until"} <= literal_fields()
    columns = [f.name for f in apps.get_model("contacts.household")._meta.concrete_fields]
    recorded = {
        "": [*TrailFilter.base_fields, "name", "phone", "phone_tail"],
        "contacts.household": [
            "household",
            "resident",
            "text",
            "cares",
            "duties",
            "community_id",
            "grid_id",
            "building_id",
        ]
        + [name for name in columns if name.startswith(("door_wish", "room", "unit", "note"))],
        "contacts.resident": list(ResidentEntry.__dataclass_fields__.keys() - {"id"}),
        "contacts.visit": list(LABELS),
        "accounts.user": ["password", "week"],
        "accounts.organisation": ["name", "parent", "valid_until"],
        "accounts.post": ["until"],
        "contacts.rightsrequest": ["owner", "outcome", "answer"],
        "desk.feedback": ["owner", "reply"],
    }
    assert literal_fields() <= {name for names in recorded.values() for name in names}
    for kind, names in recorded.items():
        codes = [words for words in in_words(kind, names) if words.isascii()]
        assert codes == [], kind


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ok", "没有发现问题"),
        ("problems", "发现问题"),
        ("demo-016", "演示数据第16批"),
        ("2026-W07", "2026年第7周"),
        ("COVER", "同事不在，代为联系"),
        ("something-new", "something-new"),
    ],
)
def test_reasons_are_in_words_and_a_new_one_is_shown_as_it_is(code, words):
    assert reason_words(code) == words


def test_the_place_of_a_line_names_the_community(world, auditor, client):
    grid = make_organisation(OrganisationKind.GRID, parent=world.south, name="第一网格")
    record(actor=make_post(Role.COMMUNITY_WORKER, grid), action="visit.log")

    assert client.get("/audit/").context["lines"][0].place == "八角南里社区第一网格"


def test_the_auditors_first_page_says_how_the_trail_stands(client, world, worker):
    with time_machine.travel(MONDAY - dt.timedelta(days=1), tick=False):
        record(actor=worker, action="visit.log")
    with time_machine.travel(MONDAY, tick=False):
        seal()
        record(actor=worker, action="visit.log")
        record(actor=None, action="account.reset")
        record(actor=make_post(Role.LEADER, world.other_district), action="visit.log")
        auditor = make_post(Role.AUDITOR, world.district)

        state = trail_state(post=auditor, today=MONDAY.date())

        assert (state.today, state.sealed_at, state.unsealed) == (2, MONDAY, 3)
        sign_in(client, auditor)
        page = client.get("/")
        assert page.context["trail"].today == AuditEvent.objects.visible_to(auditor).count() - 1
        listed = client.get(page.context["trail_today_url"]).context["page"].count
    assert listed == 2
    assert 'action="/audit/"' in page.text
    assert "12:00" in page.text
    sign_in(client, worker)
    assert client.get("/").context["trail"] is None


def test_nothing_sealed_yet_is_said(client, auditor):
    assert "还没有封存过" in client.get("/").text


def test_the_trail_has_one_name():
    """审计日志 on every page, in every command and of the model; no second word beside it."""
    folders = ("templates", "portal", "contacts", "static/js")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.*")]
    named = [
        path
        for path in [ROOT / "README.zh-CN.md", *files]
        if path.suffix in {".html", ".py", ".js", ".md"} and "migrations" not in path.parts
    ]

    assert AuditEvent._meta.verbose_name == "审计日志"
    others = re.compile("审计记录|审计轨迹|操作日志|操作记录|系统日志")
    assert [path for path in named if others.search(path.read_text())] == []
