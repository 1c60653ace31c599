"""Lists of accounts as files: as the page shows them, to whom, and with a line in the trail."""

import datetime as dt

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.utils import timezone

from portal.accounts import exports as lists
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.jobs.models import Job
from tests.factories.accounts import make_inspection, make_post, make_user, sign_in
from tests.factories.contacts import make_household, make_visit
from tests.factories.exports import ask, exported, work

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.timedelta(days=1)
ADDRESS = {
    "people": "/accounts/people/",
    "posts": "/accounts/posts/",
    "units": "/accounts/units/",
    "inspections": "/accounts/inspections/",
}


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao, user=make_user("admin", name="管街道"))


@pytest.fixture
def staff(world):
    """Two of the street, one of them elsewhere too; one of another street."""
    today = timezone.localdate()
    limin = make_user("limin", name="李敏")
    first = make_post(Role.COMMUNITY_WORKER, world.north, user=limin, since=dt.date(2024, 3, 1))
    make_post(
        Role.DELEGATE,
        world.bajiao,
        user=limin,
        title="党代表",
        since=today - DAY,
        until=today + DAY,
    )
    make_post(Role.OFFICER, world.gucheng, user=limin, title="古城兼职")
    closed = make_user("gone", name="走了", is_active=False)
    make_post(Role.CLERK, world.bajiao, user=closed)
    make_post(Role.CLERK, world.gucheng, user=make_user("other", name="古城的人"))
    return first


def cells(rows, column):
    return [row[column] for row in rows]


def test_people_are_named_with_their_posts_in_reach_and_no_others(admin, staff):
    rows = exported(admin, "people")

    assert cells(rows, 0) == ["李敏", "管街道"]
    today, worker = timezone.localdate(), "八角北里社区 · 社区工作者（社区工作者，2024-03-01 起）"
    assert rows[0][1:4] == [
        "limin",
        f"{worker}；八角街道 · 党代表（代表委员，{today - DAY} 至 {today}）",
        "还没登录过",
    ]
    assert rows[0][4:] == ["", str(today)]
    assert "古城" not in str(rows)


def test_people_are_narrowed_like_the_page(client, admin, staff, world):
    sign_in(client, admin)
    user = staff.user
    user.last_login = timezone.now() - 100 * DAY
    user.save()
    AccessAttempt.objects.create(
        username="limin", ip_address="10.0.0.1", failures_since_start=settings.AXES_FAILURE_LIMIT
    )
    for query in (
        "",
        "standing=stale",
        "standing=closed",
        "standing=locked",
        f"unit={world.north.pk}",
        "role=CLERK&standing=closed",
    ):
        page = client.get(f"/accounts/people/?{query}")
        rows = exported(admin, "people", query)
        assert cells(rows, 1) == [line.user.username for line in page.context["lines"]]
        for row, line in zip(rows, page.context["lines"], strict=True):
            assert row[3] == "、".join(mark.text for mark in line.marks) or "可登录"
    assert exported(admin, "people", "standing=stale")[0][3] == "已锁定、久未登录"
    assert exported(admin, "people", "standing=stale")[0][4] == str(
        timezone.localdate(user.last_login)
    )


def test_the_list_of_people_says_nothing_of_what_they_did(admin, staff, world):
    """Domain §7: nobody is exported to be judged."""
    before = exported(admin, "people")
    for _ in range(3):
        make_visit(make_household(world.building, worker=staff.user), post=staff)

    assert exported(admin, "people") == before
    assert [column.title for column in lists.PEOPLE] == [
        "姓名", "账号", "岗位", "状态", "上次登录", "没登录过的账号建于",
    ]  # fmt: skip


def test_posts_are_listed_with_their_days(client, admin, staff, world):
    today = timezone.localdate()
    make_post(Role.CLERK, world.bajiao, user=staff.user, since=today - 9 * DAY, until=today)
    sign_in(client, admin)

    rows = exported(admin, "posts")
    page = client.get(ADDRESS["posts"])
    ended = exported(admin, "posts", "ended=1")

    assert cells(rows, 0) == [one.post.user.name for one in page.context["lines"]]
    delegate = next(row for row in rows if row[2] == "党代表")
    assert delegate == [
        "李敏", "八角街道", "党代表", "代表委员", "党代表", str(today - DAY), str(today), "在任",
    ]  # fmt: skip
    assert [row[2:] for row in ended] == [
        ["窗口受理", "窗口受理", "", str(today - 9 * DAY), str(today - DAY), "已结束"]
    ]
    assert "古城" not in str(rows)


def test_the_units_of_a_unit_in_the_order_of_the_page(client, world, admin):
    sign_in(client, admin)
    world.south.valid_until = timezone.localdate()
    world.south.save()
    make_post(Role.COMMUNITY_WORKER, world.north)

    rows = exported(admin, "units")

    assert [row[:2] + row[3:] for row in rows] == [
        ["社区", "八角北里社区", "1", "1", "在用"],
        ["科室", "城市管理办公室", "0", "0", "在用"],
        ["社区", "八角南里社区", "", "", "已停用"],
    ]
    inside = exported(admin, "units", f"unit={world.north.pk}")
    assert cells(inside, 1) == ["第一网格"]
    page = client.get(f"/accounts/units/{world.north.pk}/").content.decode()
    assert f"/reports/exports/new/units/?unit={world.north.pk}" in page
    asking = client.get(f"/reports/exports/new/units/?unit={world.north.pk}").content.decode()
    assert f'href="/accounts/units/{world.north.pk}/"' in asking


@pytest.mark.parametrize("foreign", ["gucheng", "district"])
def test_a_unit_out_of_reach_is_not_exported(client, admin, world, foreign):
    unit = getattr(world, foreign)
    with pytest.raises(DomainError, match="没有这个单位"):
        ask(admin, "units", f"unit={unit.pk}")
    sign_in(client, admin)
    page = client.get(f"/reports/exports/new/units/?unit={unit.pk}").content.decode()
    assert "生成文件" not in page
    assert unit.name not in page
    assert ask(admin, "units", "").kind == "export.units"


@pytest.mark.parametrize("query", ["unit=999999", "role=KING", "standing=all"])
def test_what_the_page_does_not_answer_is_not_exported(admin, query):
    with pytest.raises(DomainError, match="无法识别"):
        ask(admin, "people", query)


def test_cases_are_those_of_the_district(world):
    leader = make_post(Role.DISTRICT_LEADER, world.district)
    inspector = make_post(Role.INSPECTOR, world.district, user=make_user(name="督查员甲"))
    case = make_inspection(inspector, world.north, title="=1+1")
    make_inspection(make_post(Role.INSPECTOR, world.other_district), world.other_district)
    today = timezone.localdate()

    assert exported(leader, "inspections") == [
        [
            str(case.pk), "'=1+1", "督查中", "八角北里社区", "督查员甲",
            str(today), str(today + 29 * DAY),
        ]
    ]  # fmt: skip


def test_rights_are_those_of_the_moment_the_job_runs(admin, staff):
    job = ask(admin, "people")
    admin.role = Role.LEADER
    admin.save()

    assert work(job).state == Job.State.FAILED
    assert not job.files.exists()


def test_no_formula_reaches_a_file(admin, world):
    make_post(Role.CLERK, world.bajiao, user=make_user("evil", name="=HYPERLINK(1)"), title="@岗")

    [person] = [row for row in exported(admin, "people") if row[1] == "evil"]
    [post] = [row for row in exported(admin, "posts") if "HYPERLINK" in row[0]]

    assert person[0] == post[0] == "'=HYPERLINK(1)"
    assert post[2] == "'@岗"


@pytest.mark.parametrize("key", ADDRESS)
def test_the_page_leads_to_it_and_the_trail_says_who_and_why(client, world, key):
    post = sign_in(client, make_post(Role.DISTRICT_ADMIN, world.district))
    page = client.get(ADDRESS[key]).content.decode()
    assert f'href="/reports/exports/new/{key}/' in page

    work(ask(post, key, reason="REVIEW"))

    asked, job = (
        AuditEvent.objects.get(action="export.ask"),
        AuditEvent.objects.get(action="job.ask"),
    )
    assert (asked.actor_username, asked.reason_code) == (post.user.username, "REVIEW")
    assert (job.object_id, job.reason_code) == (asked.object_id, f"export.{key}")


def test_who_may_not_export_finds_no_link(client, world):
    sign_in(client, make_post(Role.INSPECTOR, world.district))
    page = client.get(ADDRESS["inspections"])
    assert page.status_code == 200
    assert "/reports/exports/new/" not in page.content.decode()
