"""个人信息请求 and 谁看过 as files: as masked as their pages, and no wider."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.selectors.looks import looks_at
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.jobs.models import Job
from tests.factories.accounts import make_post, make_user, sign_in
from tests.factories.contacts import make_duty, make_household, make_resident
from tests.factories.exports import ask, exported, work
from tests.factories.rights import make_request

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.north, user=make_user(name="社区书记"))


def test_requests_are_masked_and_of_the_own_place(leader, world):
    owner = make_post(Role.CLERK, world.north, user=make_user(name="=承办")).user
    make_request(world.north, due_in=-1, owner=owner, text="换了号13900139000", address="12号楼502")
    make_request(world.north, kind="DELETION", due_in=3, owner=make_user(name="走了的人"))
    make_request(world.south, name="赵铁柱")
    make_request(world.gucheng_community, name="孙桂兰")
    today = timezone.localdate()

    assert exported(leader, "rights") == [
        [
            "查阅、复制", "王**", "八角街道 · 八角北里社区",
            str(today), str(today - DAY), "'=承办", "已过期",
        ],
        [
            "删除", "王**", "八角街道 · 八角北里社区",
            str(today), str(today + 3 * DAY), "没有，原承办人走了的人已离岗", "办理中",
        ],
    ]  # fmt: skip
    everything = str(exported(make_post(Role.STREET_ADMIN, world.bajiao), "rights"))
    assert "赵**" in everything
    for secret in ("王秀英", "赵铁柱", "孙", "13800131234", "13900139000", "502"):
        assert secret not in everything
    # A unit above the streets answers for none.
    assert exported(make_post(Role.CLERK, world.district), "rights") == []


def test_requests_are_narrowed_like_the_page(client, leader, world):
    make_request(world.north, owner=leader.user)
    make_request(world.north, kind="CORRECTION")
    sign_in(client, leader)
    page = client.get("/contacts/rights/?state=nobody")

    rows = exported(leader, "rights", "state=nobody")

    assert [row[0] for row in rows] == [line.kind for line in page.context["lines"]]
    assert len(rows) == 1
    with pytest.raises(DomainError, match="无法识别"):
        ask(leader, "rights", "state=any")


def test_answered_requests_say_how(client, leader, world):
    now = timezone.now()
    answered = {"outcome": "DONE", "answer": "已更正", "closed_at": now, "closed_by": leader.user}
    make_request(world.north, owner=leader.user, received_at=now - 2 * DAY, **answered)
    make_request(world.north)
    sign_in(client, leader)
    page = client.get("/contacts/rights/?state=closed").content.decode()

    [row] = exported(leader, "rights", "state=closed")

    assert row[5:] == ["社区书记", "已办理"]
    assert "已办理" in page
    assert "已更正" not in str(row)
    assert 'href="/reports/exports/new/rights/?state=closed"' in page
    assert AuditEvent.objects.filter(action="export.ask", reason_code="MEETING").count() == 1


@pytest.fixture
def home(world, leader):
    """A household that the worker of the community opened, and an officer of the street."""
    worker = make_post(Role.COMMUNITY_WORKER, world.north, user=make_user("wk", name="李敏"))
    household = make_household(world.building, worker=worker.user, room="502")
    make_resident(household, name="王秀英")
    officer = make_post(Role.OFFICER, world.section, user=make_user("off", name="=张干部"))
    record(actor=worker, action="household.open", obj=household)
    record(actor=officer, action="household.reveal", obj=household, reason="CHECK")
    other = make_household(world.building)
    record(actor=officer, action="household.print", obj=other)
    household.seen_by = worker
    return household


def test_looks_are_those_of_the_page_and_reading_them_is_one(client, leader, home):
    sign_in(client, leader)
    page = client.get(f"/contacts/households/{home.pk}/looked/")

    rows = exported(leader, "looks", f"household={home.pk}")

    assert [row[1:] for row in rows] == [
        ["'=张干部", "八角街道城市管理办公室", "机关干部", "说明理由查看住户", "核对登记信息"],
        ["李敏", "八角北里社区", "社区工作者", "查看住户", ""],
    ]
    assert len(rows) == len(page.context["looks"])
    assert f'href="/reports/exports/new/looks/?household={home.pk}"' in page.content.decode()
    seen = AuditEvent.objects.about("contacts.household", home.pk)
    assert seen.filter(action="household.see_looks").count() == 2  # the page, the file
    assert looks_at(home).count() == 2
    for secret in ("王秀英", "502"):
        assert secret not in str(rows)


def test_the_own_openings_are_left_out_as_on_the_page(home):
    worker = home.seen_by
    assert [row[1] for row in exported(worker, "looks", f"household={home.pk}")] == ["'=张干部"]
    asked = f"household={home.pk}&who=all"
    assert [row[1] for row in exported(worker, "looks", asked)] == ["'=张干部", "李敏"]


def test_the_page_of_the_export_names_the_place_as_far_as_it_is_seen(client, leader, home):
    sign_in(client, leader)
    page = client.get(f"/reports/exports/new/looks/?household={home.pk}&who=all").content.decode()

    assert "12号楼" in page
    assert "502室" not in page
    assert "王秀英" not in page
    assert f'href="/contacts/households/{home.pk}/looked/?who=all"' in page


@pytest.mark.parametrize(
    ("role", "place"),
    [("COMMUNITY_WORKER", "north"), ("LEADER", "south"), ("STREET_ADMIN", "gucheng")],
)
def test_who_may_not_see_the_looks_gets_no_file(client, world, home, role, place):
    """A colleague who does not answer for it, a neighbour, another street."""
    post = sign_in(client, make_post(Role[role], getattr(world, place)))

    with pytest.raises(DomainError, match="不由您查看"):
        ask(post, "looks", f"household={home.pk}")
    page = client.get(f"/reports/exports/new/looks/?household={home.pk}").content.decode()
    assert "生成文件" not in page
    assert "12号楼" not in page
    assert not Job.objects.exists()


@pytest.mark.parametrize("asked", ["", "household=", "household=x", "household=²", "household=0"])
def test_looks_at_nothing_are_no_list(leader, asked):
    with pytest.raises(DomainError):
        ask(leader, "looks", asked)


def test_a_duty_that_ended_before_the_job_ran_gives_no_file(world, home):
    worker = home.seen_by
    job = ask(worker, "looks", f"household={home.pk}")
    home.duties.update(until=timezone.localdate())
    make_duty(home, make_user(), since=timezone.localdate())

    assert work(job).state == Job.State.FAILED
    assert not job.files.exists()
    assert not AuditEvent.objects.filter(action="household.see_looks").exists()
