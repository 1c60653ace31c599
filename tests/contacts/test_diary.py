"""民情日记: whose, which week, what of it is masked, and that printing leaves a line."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from contacts.models import Matter, Promise, Visit
from contacts.selectors.diary import diary_people, diary_week
from contacts.services.diary import note_print
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.periods import Week
from tests.factories.accounts import make_organisation, make_post, sign_in
from tests.factories.contacts import make_duty, make_household, make_resident, make_visit

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday of 2026-W47
WEEK = Week.parse("2026-W47")
SECRETS = ("陈玉兰", "13812345678", "3单元502室")


@pytest.fixture(autouse=True)
def _frozen(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def household(world, worker):
    household = make_household(world.building, worker=worker.user, unit="3", room="502")
    make_resident(household, name="陈玉兰", phone="13812345678")
    return household


@pytest.fixture
def visit(worker, household):
    visit = make_visit(
        household,
        post=worker,
        occurred_at=NOW - dt.timedelta(days=1),
        text="陈玉兰说暖气不热，电话13812345678",
        next_step="请陈玉兰来看管道",
        next_step_on=dt.date(2026, 11, 20),
    )
    Matter.objects.create(
        visit=visit, position=0, text="陈玉兰反映暖气不热", outcome=Matter.Outcome.ESCALATED
    )
    Promise.objects.create(
        household=household, visit=visit, text="给陈玉兰回话", due_on=dt.date(2026, 11, 21)
    )
    return visit


def diary(client, post, **query):
    sign_in(client, post)
    return client.get(reverse("contacts:diary"), query)


def read(post, user_id=None, week=WEEK):
    return diary_week(post=post, user_id=user_id or post.user_id, week=week, now=NOW)


# ---- the week ----


def test_seven_days_the_empty_ones_included(worker, visit):
    found = read(worker)

    assert [day.date for day in found.days] == WEEK.days
    assert [day.count for day in found.days] == [0, 1, 0, 0, 0, 0, 0]
    assert (found.visits, found.households) == (1, 1)


def test_a_day_is_read_from_morning_to_evening(worker, household):
    late = make_visit(household, post=worker, occurred_at=NOW)
    early = make_visit(household, post=worker, occurred_at=NOW - dt.timedelta(hours=1))

    urls = [entry.url for entry in read(worker).days[2].entries]

    assert urls == [early.get_absolute_url(), late.get_absolute_url()]


def test_days_are_those_of_shanghai(worker, household):
    midnight = dt.datetime(2026, 11, 15, 16, 0, tzinfo=dt.UTC)  # Monday 00:00 in Shanghai
    make_visit(household, post=worker, occurred_at=midnight)
    make_visit(household, post=worker, occurred_at=midnight - dt.timedelta(seconds=1))

    assert [day.count for day in read(worker).days] == [1, 0, 0, 0, 0, 0, 0]
    assert [day.count for day in read(worker, week=WEEK.previous()).days][6] == 1


def test_what_was_voided_is_not_in_the_diary(worker, household):
    make_visit(
        household,
        post=worker,
        occurred_at=NOW,
        voided_at=NOW,
        voided_by=worker.user,
        void_reason="误点",
    )

    assert read(worker).visits == 0


def test_the_own_diary_is_read_in_full(client, worker, visit):
    html = diary(client, worker).content.decode()

    for secret in SECRETS:
        assert secret in html
    assert Matter.WAITING_LABEL in html
    assert "第47周 11-16 至 11-22" in html


def test_the_author_reads_the_own_words_after_the_household_went_to_another(
    client, worker, household, visit
):
    household.duties.update(until=dt.date(2026, 11, 18))
    make_duty(household, make_post(Role.COMMUNITY_WORKER, worker.organisation).user)

    html = diary(client, worker).content.decode()

    assert "陈玉兰说暖气不热" in html
    assert "3单元502室" not in html


def test_an_unreadable_week_is_no_page(client, worker):
    for week in ("2026-W54", "2026-11-18", "W47", "9999-W01", "<script>"):
        assert diary(client, worker, week=week).status_code == 404


def test_the_way_to_the_weeks_around(client, worker):
    html = diary(client, worker, week="2026-W53").content.decode()
    assert "week=2026-W52" in html
    assert "week=2027-W01" not in html

    html = diary(client, worker, week="2024-W01").content.decode()
    assert "week=2023-W52" in html
    assert "week=2024-W02" in html


def test_an_empty_week_says_what_to_do(client, worker):
    assert "记走访" in diary(client, worker).content.decode()
    assert "可以现在补记" in diary(client, worker, week="2026-W40").content.decode()


# ---- of others ----


@pytest.mark.parametrize("role", [Role.LEADER, Role.STREET_ADMIN])
def test_a_unit_reads_its_peoples_diaries_masked(client, world, worker, visit, role):
    post = make_post(role, world.bajiao)

    html = diary(client, post, person=worker.user_id).content.decode()

    assert f"{worker.user.name}的民情日记" in html
    assert "暖气不热" in html
    for secret in SECRETS:
        assert secret not in html


def test_a_worker_may_not_ask_for_a_colleagues_diary(client, worker, visit):
    colleague = make_post(Role.COMMUNITY_WORKER, worker.organisation)

    response = diary(client, colleague, person=worker.user_id)

    assert response.status_code == 403
    assert "暖气" not in response.content.decode()


@pytest.mark.parametrize("person", ["0", "999999", "x", "-1", "9" * 30])
def test_outside_the_scope_there_is_no_diary(client, world, person):
    leader = make_post(Role.LEADER, world.bajiao)

    assert diary(client, leader, person=person).status_code == 404


def test_another_streets_worker_has_no_diary_here(client, world, worker, visit):
    leader = make_post(Role.LEADER, world.gucheng)

    assert diary(client, leader, person=worker.user_id).status_code == 404


def test_only_the_visits_in_the_readers_scope_are_shown(client, world, worker, visit):
    elsewhere = make_post(Role.COMMUNITY_WORKER, world.gucheng_community, user=worker.user)
    other = make_household(community=world.gucheng_community)
    make_visit(other, post=elsewhere, occurred_at=NOW, text="古城的事")
    leader = make_post(Role.LEADER, world.gucheng)

    html = diary(client, leader, person=worker.user_id).content.decode()

    assert "古城的事" in html
    assert "暖气" not in html


@pytest.mark.parametrize(
    "role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.HANDLER, Role.CLERK]
)
def test_who_has_no_diary_is_refused(client, world, worker, visit, role):
    response = diary(client, make_post(role, world.bajiao))

    assert response.status_code == 403
    assert "暖气" not in response.content.decode()


def test_a_leader_chooses_among_the_people_of_the_unit(world, worker):
    leader = make_post(Role.LEADER, world.bajiao)
    south = make_post(Role.COMMUNITY_WORKER, world.south)
    make_post(Role.COMMUNITY_WORKER, world.gucheng_community)
    make_post(Role.HANDLER, world.section)
    make_post(Role.COMMUNITY_WORKER, world.north, until=dt.date(2026, 11, 18))

    groups = diary_people(post=leader, unit=world.bajiao, today=dt.date(2026, 11, 18))

    assert [(g.name, [p.user_id for p in g.people]) for g in groups] == [
        ("八角街道", [leader.user_id]),
        ("八角北里社区", [worker.user_id]),
        ("八角南里社区", [south.user_id]),
    ]


def test_grids_stand_with_their_community_and_everybody_with_the_place(client, world, worker):
    grid = make_organisation(OrganisationKind.GRID, parent=world.north, name="第一网格")
    in_grid = make_post(Role.COMMUNITY_WORKER, grid, title="网格员")
    officer = make_post(Role.OFFICER, world.section, title="机关干部")
    leader = make_post(Role.LEADER, world.bajiao)

    html = diary(client, leader).text
    shown = diary(client, leader).context["groups"]

    assert [(g.name, [p.user_id for p in g.people]) for g in shown] == [
        ("八角街道", [leader.user_id, officer.user_id]),
        ("八角北里社区", [worker.user_id, in_grid.user_id]),
    ]
    assert f"{in_grid.user.name} · 八角北里社区第一网格 · 网格员" in html
    assert f"{officer.user.name} · 八角街道{world.section.name} · 机关干部" in html


def test_a_colleagues_count_leads_nowhere_it_could_not_show(client, world, worker, visit):
    leader = make_post(Role.LEADER, world.bajiao)

    assert diary(client, leader, person=worker.user_id).context["visits_url"] == ""
    assert diary(client, worker).context["visits_url"]


def test_a_district_chooses_the_street_first(client, world, worker):
    post = make_post(Role.DISTRICT_LEADER, world.district)

    assert diary(client, post).context["groups"] == []
    chosen = diary(client, post, unit=world.bajiao.code).context["groups"]
    assert [p.user_id for g in chosen for p in g.people] == [worker.user_id]
    assert diary(client, post, unit=world.other_district.code).context["groups"] == []


# ---- on paper ----


def test_printing_leaves_a_line_in_the_trail(client, worker, visit):
    sign_in(client, worker)

    response = client.post(reverse("contacts:diary_print"), {"week": "2026-W47"})

    assert "暖气不热" in response.content.decode()
    event = AuditEvent.objects.get(action="diary.print")
    assert (event.actor_id, event.object_id, event.reason_code) == (
        worker.user_id,
        str(worker.user_id),
        "2026-W47",
    )


def test_paper_is_masked_like_the_screen(client, world, worker, visit):
    sign_in(client, make_post(Role.LEADER, world.bajiao))

    response = client.post(
        reverse("contacts:diary_print"), {"week": "2026-W47", "person": worker.user_id}
    )

    html = response.content.decode()
    assert "暖气不热" in html
    for secret in SECRETS:
        assert secret not in html


def test_paper_is_asked_for_and_not_just_opened(client, worker):
    sign_in(client, worker)

    assert client.get(reverse("contacts:diary_print")).status_code == 405


def test_paper_of_others_needs_the_right(client, worker, visit):
    colleague = make_post(Role.COMMUNITY_WORKER, worker.organisation)
    sign_in(client, colleague)

    response = client.post(reverse("contacts:diary_print"), {"person": worker.user_id})

    assert response.status_code == 403
    assert not AuditEvent.objects.filter(action="diary.print").exists()
    with pytest.raises(PermissionDenied):
        note_print(actor=colleague, owner=worker.user, week=WEEK)


# ---- the cost ----


@pytest.mark.parametrize("role", [Role.COMMUNITY_WORKER, Role.LEADER])
def test_the_diary_costs_the_same_whatever_there_is(client, world, role, assert_flat):
    post = sign_in(client, make_post(role, world.north))
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)

    def add():
        household = make_household(world.building, worker=post.user)
        make_resident(household)
        make_visit(household, post=post, occurred_at=NOW)
        other = make_household(world.building)
        make_resident(other)
        visit = make_visit(other, post=colleague, occurred_at=NOW, companions=(post.user,))
        Matter.objects.create(visit=visit, position=0, text="事", outcome="SOLVED")

    assert_flat(reverse("contacts:diary"), add)


def test_a_colleagues_diary_costs_no_more(client, world, worker, assert_flat):
    sign_in(client, make_post(Role.LEADER, world.north))

    def add():
        household = make_household(world.building, worker=worker.user)
        make_resident(household)
        visit = make_visit(household, post=worker, occurred_at=NOW)
        Matter.objects.create(visit=visit, position=0, text="事", outcome="SOLVED")

    assert_flat(f"{reverse('contacts:diary')}?person={worker.user_id}", add)


def test_result_words_are_those_of_the_channel(worker, household):
    make_visit(
        household,
        post=worker,
        occurred_at=NOW,
        channel=Visit.Channel.PHONE,
        result=Visit.Result.NOT_HOME,
    )

    assert read(worker).days[2].entries[0].result == "没联系上"


def test_a_long_text_is_folded_on_screen_and_whole_on_paper(client, worker, household):
    text = "说起暖气的事。" * 30
    for words in (text, "平安。"):
        make_visit(household, post=worker, text=words, occurred_at=NOW - dt.timedelta(days=1))

    screen = diary(client, worker).text
    paper = client.post(reverse("contacts:diary_print"), {"week": "2026-W47"}).text

    assert text in screen
    assert screen.count("展开全文") == 1
    assert text in paper
    assert "展开全文" not in paper
