"""A list as a file: exactly what the page shows, to whom it shows it, and nothing beside."""

import datetime as dt
import io
import uuid
from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.utils import timezone
from python_calamine import CalamineWorkbook

from contacts.exports.households import COLUMNS as HOUSEHOLD_COLUMNS
from contacts.exports.visits import COLUMNS as VISIT_COLUMNS
from contacts.models import Household, Matter, Visit
from contacts.selectors.sight import household_lines
from contacts.selectors.visit_rows import visit_rows
from contacts.services.households import reveal
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.jobs import exports
from portal.jobs.models import Job
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_household,
    make_resident,
    make_visit,
)
from tests.factories.exports import ask, exported, fetched, work
from tests.factories.places import make_entry, make_point, make_session, make_team

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def lively(world, worker):
    """A street with what a list may show: own and foreign, met or not, voided, matters, guests."""
    mine = make_household(world.building, worker=worker.user, unit="3", room="502")
    make_resident(mine, name="王秀英", is_contact=True)
    make_resident(mine, name="王建国", phone="13900139000")
    theirs = make_household(make_building(world.south), unit="1", room="808")
    make_resident(theirs, name="赵淑芬", phone="13700137000")
    make_care(mine, make_category("独居老人"))
    make_care(theirs, make_category("低保对象"))
    now = timezone.now()
    first = make_visit(
        mine, post=worker, text="秀英在家，电话13800131234，" + "身体好。" * 60,
        occurred_at=now - 5 * DAY,
    )  # fmt: skip
    Matter.objects.create(visit=first, position=1, text="王秀英家漏水" * 6, outcome="ESCALATED")
    Matter.objects.create(visit=first, position=2, text="=cmd|' /C calc'!A0", outcome="SOLVED")
    make_visit(theirs, text="=赵淑芬不在家", result="NOT_HOME", occurred_at=now - 4 * DAY)
    make_visit(
        theirs, text="误记", occurred_at=now - 3 * DAY, voided_at=now, void_reason="记错",
        voided_by=worker.user,
    )  # fmt: skip
    make_visit(mine, post=worker, to_complete=True, channel="PHONE", occurred_at=now - 2 * DAY)
    gucheng = make_household(make_building(world.gucheng_community))
    make_resident(gucheng, name="孙桂兰", phone="13600136000")
    make_visit(gucheng, text="古城的事", occurred_at=now - DAY)
    return mine, theirs


ROLES = [
    ("STREET_ADMIN", "bajiao"),
    ("COMMUNITY_WORKER", "north"),
    ("LEADER", "north"),
    ("OFFICER", "section"),
    ("DISTRICT_LEADER", "district"),
    ("CLERK", "bajiao"),
]


@pytest.fixture(params=ROLES, ids=[role for role, _ in ROLES])
def reader(request, world, worker):
    role, place = request.param
    if role == "COMMUNITY_WORKER":
        return worker
    return make_post(Role[role], getattr(world, place))


def test_the_file_holds_what_the_page_shows_for_every_role(reader, lively):
    visits = Visit.objects.visible_to(reader).order_by("-occurred_at", "-pk")
    ids = list(visits.values_list("pk", flat=True))
    shown = visit_rows(post=reader, ids=ids, now=timezone.now())

    rows = exported(reader, "visits")

    assert len(rows) == len(shown)
    for row, page in zip(rows, shown, strict=True):
        at = timezone.localtime(page.occurred_at)
        assert row[0] == f"{at:%Y-%m-%d %H:%M}"
        assert row[1] == page.title
        assert row[2] == page.people
        assert row[5] == ("作废" if page.is_voided else page.result)
        assert row[6].removeprefix("'") == page.text
        assert row[8] == page.who
        assert row[7] == page.matters
        assert row[9] == "、".join(page.marks)


def test_the_register_holds_what_the_page_shows_for_every_role(reader, lively):
    households = Household.objects.visible_to(reader).in_use().order_by("building__path", "pk")
    lines = household_lines(
        post=reader, households=list(households), now=timezone.now(), cares=False
    )

    rows = exported(reader, "households", "mine=all")

    assert [row[0] for row in rows] == [line.address for line in lines.values()]
    assert [row[1] for row in rows] == ["、".join(line.people) for line in lines.values()]


def test_the_cells_stand_on_the_page(client, reader, lively):
    """Nothing in the file that the reader does not see in the list."""
    sign_in(client, reader)
    page = client.get("/contacts/visits/").content.decode()
    for row in exported(reader, "visits"):
        for number in (1, 2, 3, 4, 8):
            assert row[number] in page
        for matter in filter(None, row[7].split("；")):
            assert matter.removesuffix("…") in page.replace("&#x27;", "'")


def test_names_doors_and_numbers_are_masked_as_on_the_page(admin, lively):
    whole = str(exported(admin, "visits")) + str(exported(admin, "households"))
    for secret in (
        "王秀英",
        "秀英",
        "王建国",
        "赵淑芬",
        "13800131234",
        "502",
        "808",
        "13900139000",
    ):
        assert secret not in whole
    assert "王**" in whole


def test_the_responsible_worker_reads_the_own_ones_plain_and_no_others(worker, lively, world):
    whole = str(exported(worker, "households", "mine=all"))
    assert "王秀英、王建国" in whole
    assert "502" in whole
    assert "赵淑芬" not in whole


def test_a_stated_reason_opens_the_row_only_while_it_holds(admin, lively):
    mine, _ = lively
    reveal(actor=admin, household_id=mine.pk, reason="CHECK", now=timezone.now())
    assert "王秀英" in str(exported(admin, "households"))


@pytest.mark.parametrize("key", ["visits", "households"])
def test_another_street_is_in_no_file(admin, lively, world, key):
    other = make_post(Role.STREET_ADMIN, world.gucheng)
    assert "古城" not in str(exported(admin, key))
    assert len(exported(other, key)) == 1


def test_care_categories_are_in_no_column_and_no_list_by_them_is_made(client, lively, world):
    leader = sign_in(client, make_post(Role.LEADER, world.north))
    columns = [column.title for column in (*VISIT_COLUMNS, *HOUSEHOLD_COLUMNS)]
    assert not any("关爱" in title for title in columns)
    assert "独居" not in str(exported(leader, "households"))
    code = lively[0].cares.get().category.code

    with pytest.raises(DomainError, match="关爱类别"):
        ask(leader, "households", f"care={code}")
    page = client.get(f"/reports/exports/new/households/?care={code}").content.decode()
    assert "不能导出" in page
    assert "生成文件" not in page
    assert not Job.objects.filter(kind="export.households", state="WAITING").exists()


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ("visits", "q=13800131234"),
        ("visits", "week=2026-W99"),
        ("households", "q=13800131234"),
        ("visits", "q=王秀英"),
        ("households", "q=王秀英"),
        ("households", "since=whenever"),
    ],
)
def test_what_the_list_does_not_answer_is_not_exported(admin, lively, key, query):
    with pytest.raises(DomainError):
        ask(admin, key, query)
    assert not Job.objects.exists()


def test_the_filters_of_the_page_hold(worker, lively):
    assert len(exported(worker, "visits", "state=to_complete")) == 1
    assert len(exported(worker, "households")) == 1  # the register of a worker opens with the own
    assert len(exported(worker, "visits", "who=me&matter=any")) == 1


def test_rights_and_scope_are_those_of_the_moment_the_job_runs(admin, lively, world):
    job = ask(admin, "visits")
    admin.until = timezone.localdate() - DAY
    admin.save()

    assert work(job).state == Job.State.FAILED
    assert not job.files.exists()


def test_a_file_is_fetched_by_who_asked_under_the_same_post_only(client, admin, lively, world):
    job = work(ask(admin, "visits"))
    url = f"/reports/exports/{job.client_id}/result/"
    same_person = make_post(Role.STREET_ADMIN, world.bajiao, user=admin.user)
    colleague = make_post(Role.STREET_ADMIN, world.bajiao)
    for other in (same_person, colleague, make_post(Role.DISTRICT_ADMIN, world.district)):
        sign_in(client, other)
        assert client.get(url).status_code == 404
    sign_in(client, admin)
    assert client.get(url).status_code == 200
    admin.until = timezone.localdate()
    admin.save()
    assert client.get(url).status_code in {302, 403, 404}


def test_who_may_not_see_the_list_cannot_export_it(world):
    with pytest.raises(PermissionDenied):
        ask(make_post(Role.AUDITOR, world.district), "visits")
    with pytest.raises(PermissionDenied):
        ask(make_post(Role.SYSTEM_ADMIN, world.district), "households")


def test_the_words_asked_for_stand_in_no_title_address_or_trail(client, admin, lively):
    sign_in(client, admin)
    told = {"format": "xlsx", "reason": "MEETING", "note": "", "client_id": str(uuid.uuid4())}

    answer = client.post("/reports/exports/new/visits/?q=漏水", told)

    job = Job.objects.get()
    assert answer.url == f"/reports/exports/{job.client_id}/"
    assert "漏水" not in job.title
    assert "漏水" not in Job.objects.filter(pk=job.pk).values_list("title", "checkpoint").__str__()
    trail = list(AuditEvent.objects.values())
    assert "漏水" not in str(trail)
    row = AuditEvent.objects.get(action="export.ask")
    assert (row.reason_code, row.fields) == ("MEETING", ["q"])
    work(job)
    fetched(admin, job)
    assert AuditEvent.objects.filter(action="job.fetch").count() == 1


@pytest.mark.parametrize("typed", ["utm-x", "WangXiuYing13800131234"])
def test_a_name_typed_into_the_address_goes_nowhere(client, admin, lively, typed):
    sign_in(client, admin)
    told = {"format": "csv", "reason": "MEETING", "note": "", "client_id": str(uuid.uuid4())}

    page = client.get(f"/reports/exports/new/visits/?{typed}=1&result=MET")
    answer = client.post(f"/reports/exports/new/visits/?{typed}=1&result=MET", told)

    assert typed not in page.content.decode()
    assert answer.status_code == 302
    assert AuditEvent.objects.get(action="export.ask").fields == ["result"]
    assert typed not in str(Job.objects.get().parameters)


@pytest.mark.parametrize("key", ["visits", "households"])
@pytest.mark.parametrize("typed", ["王秀英", "13800131234"])
def test_a_person_asked_for_leaves_the_address_of_an_export(client, admin, lively, key, typed):
    """Decision 0102, as in the list: the other conditions stay, and nothing is written."""
    sign_in(client, admin)
    told = {"format": "csv", "reason": "MEETING", "note": "", "client_id": str(uuid.uuid4())}
    address = f"/reports/exports/new/{key}/"
    query = {"unit": admin.organisation.code, "q": typed}

    asked = client.get(address, query)
    sent = client.post(f"{address}?{urlencode(query)}", told)

    assert asked.url == sent.url == f"{address}?unit={admin.organisation.code}"
    page = client.get(asked.url).text
    assert typed not in page
    assert "已经去掉" in page
    assert not Job.objects.exists()


def test_the_same_form_twice_is_one_file(client, admin, lively):
    sign_in(client, admin)
    told = {"format": "csv", "reason": "CHECK", "client_id": str(uuid.uuid4())}
    first = client.post("/reports/exports/new/households/", told)
    again = client.post("/reports/exports/new/households/", told)
    assert first.url == again.url
    assert Job.objects.count() == 1
    assert AuditEvent.objects.filter(action="export.ask").count() == 1


@pytest.mark.parametrize(
    "told", [{"reason": ""}, {"reason": "OTHER_USE", "note": " "}, {"format": "pdf"}]
)
def test_a_file_has_a_purpose(client, admin, lively, told):
    sign_in(client, admin)
    whole = {"format": "csv", "reason": "CHECK", "client_id": str(uuid.uuid4())} | told
    answer = client.post("/reports/exports/new/visits/", whole)
    assert answer.status_code == 200
    assert not Job.objects.exists()


def test_the_page_says_what_will_be_in_it(client, admin, lively):
    sign_in(client, admin)
    page = client.get("/reports/exports/new/visits/?result=NOT_HOME").content.decode()
    assert "结果：无人在家" in page
    assert "<strong>1</strong> 条" in page
    assert client.get("/reports/exports/new/nothing/").status_code == 404
    listed = client.get("/contacts/visits/?result=NOT_HOME").content.decode()
    assert "/reports/exports/new/visits/?result=NOT_HOME" in listed


def test_an_xlsx_says_where_it_comes_from_on_a_second_sheet(admin, lively):
    job = work(ask(admin, "households", format="xlsx", reason="OTHER_USE", note="换届交接"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(fetched(admin, job)))
    rows = book.get_sheet_by_index(0).to_python()
    notes = dict(tuple(row) for row in book.get_sheet_by_index(1).to_python()[1:])
    assert rows[0] == [column.title for column in HOUSEHOLD_COLUMNS]
    assert len(rows) == 3
    assert admin.user.name in notes["导出人"]
    assert "换届交接" in notes["用途"]
    assert notes["条数"] == "2"
    assert notes["编号"] == str(job.client_id)


def test_no_formula_reaches_the_file(admin, lively):
    for row in exported(admin, "visits"):
        assert all(not cell.startswith(("=", "+", "@")) for cell in row)


def test_listing_reads_the_query_it_is_given(admin, lively):
    listing = exports.get("visits").open(admin, QueryDict("result=MET"), timezone.now())
    assert listing.count() == 3
    assert listing.filters == ("结果：见到了",)


def test_points_teams_and_sessions_are_exported_as_listed(client, admin, world, worker):
    make_point(worker.user, world.north)
    team = make_team(world.bajiao, community=world.north)
    make_entry(make_session(team, post=worker, community=world.north), served="张大爷")
    sign_in(client, admin)

    assert [row[1] for row in exported(admin, "points")] == [worker.user.name]
    assert [row[6] for row in exported(admin, "teams", "month=all")] == ["1"]
    assert [row[3] for row in exported(admin, "services", f"team={team.pk}")] == ["1"]
    assert "张大爷" not in str(exported(admin, "services", f"team={team.pk}"))
    for page in ("/contacts/points/", "/contacts/volunteers/", f"/contacts/volunteers/{team.pk}/"):
        assert "/reports/exports/new/" in client.get(page).content.decode()


def test_the_sessions_of_a_foreign_team_are_not_exported(world, worker):
    team = make_team(world.bajiao, community=world.north)
    with pytest.raises(DomainError, match="没有这支队伍"):
        ask(make_post(Role.STREET_ADMIN, world.gucheng), "services", f"team={team.pk}")
