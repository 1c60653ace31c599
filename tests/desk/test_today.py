"""今日: what each post finds on its first page, and what it must not find there."""

import datetime as dt
import uuid

import pytest
from django.core.management import get_commands
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Household, Matter, Promise, Visit, VisitDraft
from contacts.selectors.household_register import Narrowing, Since, register
from contacts.services import visits
from contacts.services.visit_entries import VisitEntry
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.desk.manual import COMMANDS, MANUALS
from portal.desk.selectors import coverage
from tests.factories.accounts import make_organisation, make_post, sign_in
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_duty,
    make_household,
    make_resident,
    make_visit,
)

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
TODAY = dt.date(2026, 11, 18)
NO_RESIDENTS = [
    Role.SYSTEM_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDITOR,
    Role.INSPECTOR,
    Role.HANDLER,
]
URL = "/"


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


def page(client, post):
    sign_in(client, post)
    response = client.get(URL)
    assert response.status_code == 200
    return response.content.decode()


# ---- the worker ----


def test_a_worker_sees_the_week_and_the_figure_opens_to_its_visits(client, worker, household):
    visit = make_visit(household, post=worker, occurred_at=NOW - dt.timedelta(days=1))
    make_visit(
        household,
        post=worker,
        occurred_at=NOW - dt.timedelta(days=2),
        voided_at=NOW,
        voided_by=worker.user,
        void_reason="误点",
    )

    html = page(client, worker)

    url = (
        f"{reverse('contacts:visit_list')}?week=2026-W47&who=me&result=MET&channel=DOOR&state=valid"
    )
    assert url.replace("&", "&amp;") in html
    assert "参考 5 户" in html
    listed = client.get(url).context["rows"]
    assert [row.pk for row in listed] == [visit.pk]


def test_a_proposal_says_why_and_opens_the_household(client, worker, household):
    html = page(client, worker)

    assert "从未走访" in html
    assert "3单元502室" in html
    assert "陈玉兰" in html
    assert household.get_absolute_url() in html


def test_one_tap_logs_an_ordinary_visit_once(client, worker, household):
    sign_in(client, worker)
    proposed = client.get(URL).context["own"].proposals[0]
    form = {
        "client_id": str(proposed.client_id),
        "household": proposed.line.id,
        "ordinary": "1",
        "next": "/",
    }

    first = client.post(reverse("contacts:visit_new"), form)
    again = client.post(reverse("contacts:visit_new"), form)

    assert first.url == again.url == "/"
    visit = Visit.objects.get()
    assert (visit.household_id, visit.counts, visit.text) == (household.pk, True, "")
    after = client.get(URL).context["own"]
    assert (after.week.households, after.proposals) == (1, ())


def planned(household, post):
    """A next step of nine days ago that is due today."""
    return make_visit(
        household,
        post=post,
        occurred_at=NOW - dt.timedelta(days=9),
        next_step="带供暖缴费单",
        next_step_on=TODAY,
    )


def test_after_one_tap_what_was_planned_there_is_asked_until_it_is_answered(
    client, worker, household
):
    plan = planned(household, worker)
    sign_in(client, worker)
    tap = {"client_id": str(uuid.uuid4()), "household": household.pk, "ordinary": "1", "next": "/"}
    answer = reverse("contacts:next_step", args=[plan.client_id])

    client.post(reverse("contacts:visit_new"), tap)
    for _ in range(2):
        asked = client.get(URL)
        assert [one.item.visit_id for one in asked.context["own"].asked] == [plan.pk]
        assert asked.context["own"].due == ()
    html = asked.content.decode()
    assert html.count("带供暖缴费单</a>") == 1
    assert html.count(f'action="{answer}"') == 2
    client.post(answer, {"next": "/"})

    assert client.get(URL).context["own"].asked == ()


def test_after_one_tap_a_promise_that_is_due_soon_is_asked_and_kept_in_place(
    client, worker, household
):
    visit = make_visit(household, post=worker, occurred_at=NOW - dt.timedelta(days=9))
    promise = visit.promises.create(
        household=household, text="问清维修", due_on=TODAY + dt.timedelta(days=5)
    )
    sign_in(client, worker)
    tap = {"client_id": str(uuid.uuid4()), "household": household.pk, "ordinary": "1", "next": "/"}

    client.post(reverse("contacts:visit_new"), tap)
    html = client.get(URL).text
    assert "答应的事 · 兑现了吗" in html
    kept = reverse("contacts:promise_kept", args=[promise.pk])
    assert html.count(f'action="{kept}"') == 1
    client.post(kept, {"next": "/"})

    assert "问清维修" not in client.get(URL).text


def test_what_is_still_to_do_gets_its_day_from_the_same_place(client, worker, household):
    plan = planned(household, worker)
    sign_in(client, worker)
    answer = reverse("contacts:next_step", args=[plan.client_id])
    later = TODAY + dt.timedelta(days=7)

    client.post(answer, {"next": "/", "until": ""})
    nothing_chosen = client.get(URL)
    client.post(answer, {"next": "/", "until": later.isoformat()})

    assert "请选改到哪一天。" in nothing_chosen.content.decode()
    assert len(nothing_chosen.context["own"].due) == 1
    plan.refresh_from_db()
    assert (plan.next_step_on, plan.next_step_done_at) == (later, None)
    assert client.get(URL).context["own"].due == ()


def test_who_wants_calls_is_offered_a_call_and_no_one_tap_visit(client, worker, household):
    household.door_wish, household.door_wish_reason = Household.DoorWish.PHONE, "术后静养"
    household.save()

    html = page(client, worker)

    assert "请电话联系" in html
    assert "记电话联系" in html
    assert 'name="ordinary"' not in html
    assert "术后静养" not in html


def test_what_is_due_stands_with_its_button(client, worker, household):
    visit = planned(household, worker)
    promise = Promise.objects.create(
        household=household, visit=visit, text="问清扶手维修", due_on=TODAY - dt.timedelta(days=2)
    )
    make_visit(
        household,
        post=worker,
        occurred_at=NOW - dt.timedelta(days=10),
        to_complete=True,
        text="先记",
    )

    html = page(client, worker)

    assert "答应的事 · 过期 2 天" in html
    assert "下一步 · 今天到期" in html
    assert "待补记 1 次" in html
    done = client.post(reverse("contacts:promise_kept", args=[promise.pk]), {"next": "/"})
    assert done.url == "/"
    assert "问清扶手维修" not in client.get(URL).content.decode().split('id="proposals"')[0]


def test_a_begun_visit_can_be_gone_on_with_by_its_author_only(client, worker, household):
    client_id = uuid.uuid4()
    VisitDraft.objects.create(
        user=worker.user,
        client_id=client_id,
        household=household,
        payload='{"text": ["暖气不热"]}',
        updated_at=NOW,
    )
    colleague = make_post(Role.COMMUNITY_WORKER, worker.organisation)

    assert f"draft={client_id}" in page(client, worker)
    assert f"draft={client_id}" not in page(client, colleague)


def test_without_households_the_page_says_who_can_help(client, worker):
    assert "还没有您负责的住户" in page(client, worker)


def test_a_colleague_sees_neither_text_nor_names(client, worker, household):
    make_visit(household, post=worker, occurred_at=NOW, text="陈玉兰说楼上暖气不热 13812345678")

    html = page(client, make_post(Role.COMMUNITY_WORKER, worker.organisation))

    for secret in ("暖气不热", "陈玉兰", "13812345678", "502室"):
        assert secret not in html


def test_who_went_along_reads_the_visit_masked(client, worker, household, world):
    delegate = make_post(Role.DELEGATE, world.bajiao)
    make_visit(
        household,
        post=worker,
        occurred_at=NOW,
        text="陈玉兰说楼上暖气不热",
        companions=(delegate.user,),
    )

    html = page(client, delegate)

    assert "暖气不热" in html
    assert "陈玉兰" not in html
    assert "3单元502室" not in html
    assert f'href="{reverse("contacts:visit_new")}"' not in html
    assert "参考 5 户" not in html


# ---- a unit ----


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao)


def test_a_leader_sees_the_unit_without_persons(client, world, worker, household, leader):
    visit = make_visit(household, post=worker, occurred_at=NOW, text="陈玉兰家暖气不热")
    Matter.objects.create(
        visit=visit,
        position=0,
        text="陈玉兰说楼道灯坏了，电话13812345678",
        outcome=Matter.Outcome.ESCALATED,
    )
    make_household(community=world.south)

    html = page(client, leader)

    assert "八角街道本周" in html
    assert html.index("八角北里社区") < html.index("八角南里社区")
    assert "楼道灯坏了" in html
    for secret in ("陈玉兰", "13812345678", "502室", worker.user.name, "古城"):
        assert secret not in html


def test_every_figure_of_the_unit_opens_to_as_many_records(client, world, worker, leader):
    for number in range(3):
        make_visit(make_household(world.building), post=worker, occurred_at=NOW)
        make_household(world.building, room=f"9{number}")
    make_visit(
        make_household(world.building),
        post=worker,
        occurred_at=NOW - dt.timedelta(days=400),
        result=Visit.Result.MET,
    )
    make_visit(make_household(world.building), post=worker, occurred_at=NOW, result="NOT_HOME")
    make_visit(
        make_household(world.building),
        post=worker,
        occurred_at=NOW,
        voided_at=NOW,
        voided_by=worker.user,
        void_reason="误点",
    )
    sign_in(client, leader)
    shown = client.get(URL).context

    def listed(url):
        return client.get(url).context["page"].count

    assert shown["unit"].week.visits == 4 == listed(shown["unit_visits_url"])
    assert shown["unit"].week.households == 3 == listed(shown["unit_met_url"])
    assert [count for _, count, _ in shown["unit_results"]] == [
        listed(url) for _, _, url in shown["unit_results"]
    ]
    parts = {part.name: (part.visits, url) for part, url in shown["unit_parts"]}
    assert parts["八角北里社区"][0] == listed(parts["八角北里社区"][1]) == 4
    assert [part.name for part in shown["unit_quiet"]] == ["八角南里社区"]


def test_quiet_units_are_folded_and_none_is_missing(client, world, worker, leader):
    make_visit(make_household(world.building), post=worker, occurred_at=NOW)
    names = [f"{number:02}社区" for number in range(6)]
    for number, name in enumerate(names):
        code = f"110107003{number + 500}"
        make_organisation(OrganisationKind.COMMUNITY, parent=world.bajiao, code=code, name=name)
    sign_in(client, leader)

    response = client.get(URL)

    shown, folded = response.text.split('<details class="disclosure unit-quiet">')
    assert "另有 7 个社区这一周还没有记录" in folded
    assert [folded.index(name) for name in ["八角南里社区", *names]] == sorted(
        folded.index(name) for name in ["八角南里社区", *names]
    )
    table = shown.split('<table class="unit-table">')[1]
    assert "八角北里社区" in table
    parts = response.context["unit"].week.parts
    assert len(parts) == len(response.context["unit_parts"]) + len(response.context["unit_quiet"])
    assert sum(p.visits for p, _ in response.context["unit_parts"]) == sum(p.visits for p in parts)


def test_a_week_without_any_visit_folds_every_unit(client, world, leader):
    html = page(client, leader)

    assert "2 个社区这一周还没有记录" in html
    assert "另有" not in html
    assert 'class="unit-table"' not in html


def test_passed_on_counts_matters_and_says_in_how_many_visits(client, world, worker, leader):
    for number in (2, 1, 0):
        visit = make_visit(make_household(world.building), post=worker, occurred_at=NOW)
        for position in range(number):
            Matter.objects.create(
                visit=visit, position=position, text="路灯", outcome=Matter.Outcome.ESCALATED
            )
    sign_in(client, leader)

    response = client.get(URL)

    assert response.context["unit"].week.escalated == 3
    assert "在 2 次走访中" in response.text
    assert client.get(response.context["unit_escalated_url"]).context["page"].count == 2


def test_a_leader_has_the_button_once_on_a_desk(client, worker, household, leader):
    assert "today-log-once" in page(client, leader)
    assert "today-log-once" not in page(client, worker)


def test_what_is_due_today_is_not_proposed_again(client, world, worker, household):
    due_later = make_household(world.building, worker=worker.user, unit="1", room="101")
    for home, on in ((household, TODAY), (due_later, TODAY + dt.timedelta(days=1))):
        make_visit(
            home,
            post=worker,
            occurred_at=NOW - dt.timedelta(days=40),
            next_step="带缴费单",
            next_step_on=on,
        )
    unfinished = make_household(world.building, worker=worker.user, unit="1", room="102")
    make_visit(unfinished, post=worker, occurred_at=NOW - dt.timedelta(days=60), to_complete=True)
    sign_in(client, worker)

    response = client.get(URL)

    proposed = {one.line.id for one in response.context["own"].proposals}
    assert proposed == {due_later.pk, unfinished.pk}
    due = response.text.split('id="due"')[1].split('id="proposals"')[0]
    assert f'href="{household.get_absolute_url()}"' in due


def test_an_earlier_week_of_the_unit_can_be_looked_at(client, world, worker, leader):
    make_visit(make_household(world.building), post=worker, occurred_at=NOW - dt.timedelta(days=7))
    sign_in(client, leader)

    assert client.get(URL).context["unit"].week.visits == 0
    earlier = client.get(URL, {"week": "2026-W46"})
    assert earlier.context["unit"].week.visits == 1
    assert earlier.context["next_url"] == "?week=2026-W47"
    assert client.get(earlier.context["unit_visits_url"]).context["page"].count == 1
    assert client.get(URL, {"week": "2026-W47"}).context["next_url"] == ""
    assert client.get(URL, {"week": "nonsense"}).status_code == 404


def test_coverage_is_the_length_of_the_lists_it_opens(client, world, worker, leader):
    for days in (None, 1, 364, 365, 366, 800):
        household = make_household(world.building)
        if days is not None:
            make_visit(household, post=worker, occurred_at=NOW - dt.timedelta(days=days))
    make_household(world.building, ended_on=TODAY)
    make_household(community=world.gucheng_community)

    figures = coverage(post=leader, today=TODAY)

    def length(since=""):
        return register(post=leader, narrowing=Narrowing(since=since), today=TODAY).count()

    assert (figures.households, figures.never, figures.year) == (6, 1, 3)
    assert figures.households == length()
    assert figures.never == length(Since.NEVER)
    assert figures.year == length(Since.YEAR)


def test_a_leader_who_visits_has_the_own_work_too(client, world, household, leader):
    make_duty(make_household(world.building, unit="9", room="901"), leader.user)

    html = page(client, leader)

    assert "9单元901室" in html
    assert "3单元502室" not in html


def test_a_leaders_own_week_opens_to_the_own_visits(client, world, worker, leader):
    mine = make_visit(make_household(world.building), post=leader, occurred_at=NOW)
    make_visit(make_household(world.building), post=worker, occurred_at=NOW)
    sign_in(client, leader)
    shown = client.get(URL).context

    listed = client.get(shown["week_url"]).context["rows"]

    assert shown["own"].week.households == 1
    assert [visit.pk for visit in listed] == [mine.pk]


def test_a_leaders_head_speaks_of_all_three_kinds(client, world, worker, leader):
    """The own ones open to as many records, and the unit's kinds are those of its figures."""
    for kind, channel, unit in (
        ("FIELD", "SITE", world.north),
        ("FIELD", "SITE", world.south),
        ("RECEPTION", "OFFICE", world.north),
    ):
        entry = VisitEntry(
            client_id=uuid.uuid4(),
            kind=kind,
            unit_id=unit.pk,
            occurred_at=NOW,
            channel=channel,
            result="MET",
            lead=leader.user_id,
        )
        visits.log_visit(actor=leader, entry=entry, now=NOW)
    make_visit(make_household(world.building), post=worker, occurred_at=NOW)
    sign_in(client, leader)
    html = client.get(URL).content.decode()
    shown = client.get(URL).context

    own = shown["own"].week
    assert (own.field, own.reception, own.households) == (2, 1, 0)
    assert "本周已走访" not in html
    for url, number in ((shown["field_url"], 2), (shown["reception_url"], 1)):
        assert html.count(url.replace("&", "&amp;")) == 1
        assert len(client.get(url).context["rows"]) == number
    assert [count for _label, count, _url in shown["unit_kinds"]] == [1, 2, 1]
    for _label, number, url in shown["unit_kinds"]:
        assert len(client.get(url).context["rows"]) == number


@pytest.mark.parametrize("role", [Role.STREET_ADMIN, Role.DISTRICT_LEADER, Role.DISTRICT_ADMIN])
def test_who_does_not_visit_is_not_asked_to(client, world, household, role):
    place = world.bajiao if role == Role.STREET_ADMIN else world.district

    html = page(client, make_post(role, place))

    assert "本周" in html
    assert f'href="{reverse("contacts:visit_new")}"' not in html
    assert "本周已走访" not in html


# ---- the others ----


@pytest.mark.parametrize("role", NO_RESIDENTS)
def test_posts_without_residents_read_what_they_are_for(client, world, worker, household, role):
    make_visit(household, post=worker, occurred_at=NOW, text="陈玉兰家暖气不热")
    organisation = world.section if role == Role.HANDLER else world.district

    html = page(client, make_post(role, organisation))

    assert MANUALS[role].purpose in html
    leads = (reverse("contacts:visit_list"), reverse("desk:search"))
    if role == Role.INSPECTOR:  # its lists are there, and empty without a case
        leads = leads[1:]
    for secret in ("陈玉兰", "暖气不热", "502室", "12号楼", *leads):
        assert secret not in html


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN])
def test_administrators_read_which_commands_there_are(client, world, role):
    html = page(client, make_post(role, world.district))

    for name, words in COMMANDS[role]:
        assert name in get_commands()
        assert f"manage.py {name}" in html
        assert words in html
    assert "manage.py" not in page(client, make_post(Role.INSPECTOR, world.district))


def test_the_auditor_finds_the_trail(client, world):
    assert reverse("accounts:audit") in page(client, make_post(Role.AUDITOR, world.district))


# ---- the cost ----


def queries_of(client):
    client.get(URL)  # what is cached per process is not the page's
    with CaptureQueriesContext(connection) as captured:
        assert client.get(URL).status_code == 200
    return len(captured.captured_queries)


@pytest.mark.parametrize("role", [Role.COMMUNITY_WORKER, Role.LEADER])
def test_today_costs_the_same_whatever_there_is(client, world, role):
    post = sign_in(client, make_post(role, world.north))
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    hardship = make_category("低保家庭", is_hardship=True)

    def add():
        building = make_building(world.north)
        for _ in range(3):
            household = make_household(building, worker=post.user)
            make_resident(household)
            make_care(household, hardship)
            visit = make_visit(
                household,
                post=post,
                occurred_at=NOW - dt.timedelta(days=100),
                next_step="再去",
                next_step_on=TODAY,
                to_complete=True,
            )
            Promise.objects.create(household=household, visit=visit, text="问清", due_on=TODAY)
            Matter.objects.create(
                visit=visit, position=0, text="路灯", outcome=Matter.Outcome.ESCALATED
            )
            VisitDraft.objects.create(
                user=post.user,
                client_id=uuid.uuid4(),
                household=household,
                payload="{}",
                updated_at=NOW,
            )
        other = make_household(building)
        make_resident(other)
        make_visit(other, post=colleague, occurred_at=NOW, companions=(post.user,), text="一起去")

    add()
    few = queries_of(client)
    add()
    add()
    many = queries_of(client)

    assert few == many <= 25
