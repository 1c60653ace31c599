"""What the copy shows and what erasing takes away are one list: nothing is on one of them alone."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.models import (
    ContactPoint,
    Household,
    Matter,
    Promise,
    ServiceEntry,
    ServiceSession,
    Visit,
    VisitAmendment,
    VisitGuest,
    VolunteerTeam,
)
from contacts.selectors.kept import TEXTS, texts_in
from contacts.selectors.rights_copy import copy_of
from contacts.services.erasing import ERASED, erase_resident
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import make_building, make_household, make_resident, make_visit
from tests.factories.places import (
    make_entry,
    make_place_visit,
    make_point,
    make_session,
    make_team,
)
from tests.factories.rights import make_request

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NAME, PHONE = "王秀英", "13800131234"
#: Somebody else of the community, with a number.
OTHER, NUMBER = "赵铁柱", "13911112222"


def words(number):
    return f"王秀英说第{number}盏灯不亮，{OTHER}电话{NUMBER}也这样。别人家的事。"


def shown(number):
    return f"王秀英说第{number}盏灯不亮，赵**电话139****2222也这样。"


OWN, ELSEWHERE, STREET, FORMER = WHERES = ("own", "elsewhere", "street", "former")
_OF_A_VISIT = (Visit, Matter, Promise, VisitAmendment)


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.north)


@pytest.fixture
def home(world, leader):
    household = make_household(world.building, worker=leader.user)
    make_resident(household, name=NAME, phone=PHONE)
    make_resident(make_household(make_building(world.north)), name=OTHER, phone=NUMBER)
    return household


def texts(where):
    """Every text of the list that there can be at the household, or where others tell of it."""
    for model, columns in TEXTS.items():
        wheres = set(WHERES) if model in _OF_A_VISIT else {OWN if model is Household else ELSEWHERE}
        if where in wheres:
            yield from ((model, column) for column in columns)


def visit_at(where, world, home, leader):
    if where == OWN:
        return make_visit(home, post=leader)
    if where == STREET:
        return make_place_visit(world.bajiao, post=leader)
    if where == FORMER:
        before = make_building(world.gucheng_community)
        home.moves.get_or_create(building=before, room="1", moved_on=timezone.localdate())
        return make_visit(make_household(before))
    return make_visit(make_household(make_building(world.north)), post=leader)


def void(leader):
    return {"voided_at": timezone.now(), "voided_by": leader.user}


def of_household(column, text, _where, _world, home, _leader):
    fields = {"door_wish": "PHONE", "door_wish_reason": "怕吵", column: text}
    Household.objects.filter(pk=home.pk).update(**fields)
    return home


def of_visit(column, text, where, world, home, leader):
    visit = visit_at(where, world, home, leader)
    voided = void(leader) if column == "void_reason" else {}
    Visit.objects.filter(pk=visit.pk).update(**{column: text}, **voided)
    return visit


def of_matter(column, text, where, world, home, leader):
    visit = visit_at(where, world, home, leader)
    return Matter.objects.create(visit=visit, position=1, outcome="SOLVED", **{column: text})


def of_promise(column, text, where, world, home, leader):
    visit = visit_at(where, world, home, leader)
    household = visit.household or make_household(world.building)
    due = {"household": household, "due_on": timezone.localdate()}
    return Promise.objects.create(visit=visit, **due, **{column: text})


def of_amendment(column, text, where, world, home, leader):
    visit = visit_at(where, world, home, leader)
    rest = {"at": timezone.now(), "by": leader.user, "reason": "写漏了", "before": {}}
    changed = {column: {"情况": text} if column == "before" else text}
    return VisitAmendment.objects.create(visit=visit, **{**rest, **changed})


def of_session(column, text, _where, world, _home, leader):
    voided = void(leader) if column == "void_reason" else {}
    team = make_team(world.bajiao, name=column)
    return make_session(team, post=leader, community=world.north, **voided, **{column: text})


def of_entry(column, text, _where, world, _home, leader):
    session = make_session(make_team(world.bajiao, name=column), post=leader, community=world.north)
    return make_entry(session, **{column: text})


def of_point(column, text, _where, world, _home, leader):
    return make_point(leader.user, world.north, **{column: text})


def of_team(column, text, _where, world, _home, _leader):
    return make_team(world.bajiao, name=column, **{column: text})


#: How a row with the words in one column is made, everything else in it ordinary.
PLANTED = {
    Household: of_household,
    Visit: of_visit,
    Matter: of_matter,
    Promise: of_promise,
    VisitAmendment: of_amendment,
    ServiceSession: of_session,
    ServiceEntry: of_entry,
    ContactPoint: of_point,
    VolunteerTeam: of_team,
}


@pytest.mark.parametrize("where", WHERES)
def test_the_copy_shows_what_erasing_takes_away(client, world, leader, home, where):
    planted = list(enumerate(texts(where), start=1))
    rows = [
        PLANTED[model](column, words(number), where, world, home, leader)
        for number, (model, column) in planted
    ]
    resident = home.residents.get()
    sign_in(client, leader)
    url = make_request(world.north, household=home).get_absolute_url()

    page = client.post(f"{url}copy/", {"resident": resident.pk}).content.decode()
    erase_resident(
        actor=leader,
        request_id=make_request(world.north, kind="DELETION", household=home).pk,
        resident_id=resident.pk,
        now=timezone.now(),
    )

    for number, (model, column) in planted:
        told = "志愿服务：理发" if model is ServiceEntry else shown(number)
        assert told in page, (model, column)
    assert OTHER not in page
    assert NUMBER not in page
    for row in rows:
        row.refresh_from_db()
        left = "".join(texts_in(row))
        assert NAME not in left, row
        assert OTHER in left, row  # nobody else goes along


def test_what_others_told_elsewhere_is_shown_by_its_sentences_alone(world, leader, home):
    neighbour = make_household(make_building(world.north))
    make_visit(neighbour, post=leader, text="家里老人住院了。王秀英帮忙送的饭！下周再来")

    (mention,) = copy_of(home.residents.get()).mentions

    assert (mention.kind, mention.place) == ("走访", world.north.name)
    assert mention.sentences == ("王秀英帮忙送的饭！",)


def test_a_reception_of_the_resident_is_in_the_copy_wherever_it_was_held(world, leader, home):
    clerk = make_post(Role.CLERK, world.bajiao)
    visit = make_place_visit(
        world.bajiao,
        post=clerk,
        kind="RECEPTION",
        guests=((NAME, ""), ("李国强", NUMBER)),
        text="秀英反映楼道灯不亮，李国强一起来的。",
        next_step="找物业",
        next_step_on=timezone.localdate() + dt.timedelta(days=3),
    )
    VisitGuest.objects.filter(pk=visit.guests.first().pk).update(household=home)
    Matter.objects.create(visit=visit, position=1, text="灯不亮", outcome="ESCALATED")
    Promise.objects.create(
        visit=visit, household=home, text="周五修好", due_on=timezone.localdate()
    )

    (shown,) = copy_of(home.residents.get()).visits

    facts = dict(shown.facts)
    assert (shown.kind, facts["来访人"]) == ("接访", NAME)
    assert facts["下一步"].startswith("找物业（")
    assert "李国强" not in shown.text
    assert [text for text, _ in shown.matters] == ["灯不亮"]
    assert [text for text, _ in shown.promises] == ["周五修好"]


def test_erasing_takes_the_forename_out_of_the_own_reception(world, leader, home):
    visit = make_place_visit(
        world.bajiao,
        post=leader,
        kind="RECEPTION",
        guests=((NAME, PHONE),),
        text="秀英反映灯不亮。",
    )

    erase_resident(
        actor=leader,
        request_id=make_request(world.north, kind="DELETION", household=home).pk,
        resident_id=home.residents.get().pk,
        now=timezone.now(),
    )

    visit.refresh_from_db()
    assert visit.text == "**反映灯不亮。"
    assert visit.guests.get().name == ERASED


def test_a_namesake_elsewhere_is_not_in_the_copy(world, leader, home):
    far = make_household(make_building(world.gucheng_community))
    make_visit(far, text="王秀英在家。")
    make_place_visit(world.gucheng, post=leader, kind="RECEPTION", guests=((NAME, NUMBER),))

    copy = copy_of(home.residents.get())

    assert (copy.visits, copy.mentions) == ((), ())
