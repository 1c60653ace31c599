"""Erasing a resident on request: what goes, what stays, who may."""

import datetime as dt

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils import timezone

from contacts.models import (
    HouseholdMove,
    Matter,
    Promise,
    Resident,
    Visit,
    VisitAmendment,
)
from contacts.services import erasing
from contacts.services.erasing import ERASED, erase_resident
from contacts.services.households import NotSeenInFullError
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import (
    make_building,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)
from tests.factories.places import (
    make_entry,
    make_place_visit,
    make_point,
    make_session,
    make_team,
)
from tests.factories.rights import make_request

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.north)


@pytest.fixture
def home(world, leader):
    household = make_household(world.building, worker=leader.user)
    make_resident(household, name="王秀英", phone="13800131234", former_names=["王秀瑛"])
    make_resident(household, name="王小明", phone="13911112222")
    return household


@pytest.fixture
def told(world, leader, home):
    """A visit whose every text names the person, and a neighbour's that does so too."""
    words = "王秀英（13800131234）和小明"
    visit = make_visit(
        home,
        post=leader,
        text=words,
        next_step="打给秀英",
        met_other="王秀瑛的朋友",
        occurred_at=timezone.now() - dt.timedelta(days=30),
    )
    Matter.objects.create(visit=visit, position=1, text=words, outcome="SOLVED")
    Promise.objects.create(visit=visit, household=home, text=words, due_on=timezone.localdate())
    VisitAmendment.objects.create(
        visit=visit, at=timezone.now(), by=leader.user, reason=words, before={"情况": words}
    )
    neighbour = make_household(make_building(world.north))
    make_visit(neighbour, post=leader, text="王秀英说过，秀英也好")
    return visit


def erase(post, request, resident, **changes):
    step = {"request_id": request.pk, "resident_id": resident.pk, "now": timezone.now(), **changes}
    return erase_resident(actor=post, **step)


def test_erasing_takes_the_person_out_and_leaves_the_work(world, leader, home, told):
    resident = home.residents.get(name="王秀英")
    home.note = "王秀英的女儿"
    home.save()
    guest = make_place_visit(
        world.north, post=leader, guests=(("王秀英", "13800131234"),)
    ).guests.get()
    guest.household = home
    guest.save()

    erase(leader, make_request(world.north, kind="DELETION", household=home), resident)

    resident.refresh_from_db()
    assert (resident.name, resident.phone, resident.former_names) == (ERASED, "", [])
    assert (resident.phone_index, resident.phone_tail_index) == ("", "")
    assert resident.left_on == timezone.localdate()
    told.refresh_from_db()
    left = "王**（***********）和小明"
    assert (told.text, told.next_step, told.met_other) == (left, "打给**", "王**的朋友")
    assert told.matters.get().text == told.promises.get().text == left
    amendment = told.amendments.get()
    assert (amendment.reason, amendment.before) == (left, {"情况": left})
    home.refresh_from_db()
    guest.refresh_from_db()
    assert home.note == "王**的女儿"
    assert (guest.name, guest.phone, guest.phone_index) == (ERASED, "", "")
    assert Visit.objects.filter(text__contains="王秀英").count() == 0
    assert home.residents.get(name="王小明").phone == "13911112222"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"resident.erase", "household.erase"} <= actions


def test_two_people_see_a_record_go(world, leader, home):
    resident = home.residents.get(name="王秀英")
    request = make_request(world.north, kind="DELETION", household=home, taken_by=leader)

    with pytest.raises(DomainError, match="另一位同事"):
        erase(leader, request, resident)


@pytest.mark.parametrize("kind", ["COPY", "CORRECTION"])
def test_only_a_request_to_erase_erases(world, leader, home, kind):
    request = make_request(world.north, kind=kind, household=home)

    with pytest.raises(DomainError, match="不是删除请求"):
        erase(leader, request, home.residents.first())


def test_nothing_is_erased_unlinked_unseen_or_elsewhere(world, leader, home):
    resident, stranger = home.residents.first(), make_resident()
    admin = make_post(Role.STREET_ADMIN, world.bajiao)
    request = make_request(world.north, kind="DELETION")
    with pytest.raises(DomainError, match="关联住户"):
        erase(leader, request, resident)
    request.household = home
    request.save()

    with pytest.raises(NotSeenInFullError):
        erase(admin, request, resident)
    with pytest.raises(ObjectDoesNotExist):
        erase(leader, request, stranger)
    with pytest.raises(PermissionDenied):
        erase(make_post(Role.CLERK, world.bajiao), request, resident)
    make_reveal(home, admin, at=timezone.now())
    erase(admin, request, resident)

    assert Resident.objects.get(pk=resident.pk).name == ERASED
    with pytest.raises(DomainError, match="已经删除"):
        erase(admin, request, resident)


def test_the_words_around_a_struck_name_stay():
    struck = erasing.strike(
        "王秀英说平安，王奶奶 138 0013 1234，电话12345", names=["王秀英"], phones=["13800131234"]
    )

    assert struck == "王**说平安，王奶奶 *************，电话12345"


def test_erasing_reaches_places_services_and_former_communities(world, leader, home):
    resident = home.residents.get(name="王秀英")
    home.door_wish, home.door_wish_reason = "PHONE", "王秀英住院 13800131234"
    home.save()
    before = make_building(world.south)
    HouseholdMove.objects.create(
        household=home, building=before, room="1", moved_on=timezone.localdate()
    )
    old = make_visit(make_household(before), text="以前的邻居王秀英")
    street = make_place_visit(world.bajiao, post=leader, place="王秀英家", text="")
    session = make_session(
        make_team(world.bajiao), post=leader, community=world.north, text="给王秀英理发"
    )
    served = make_entry(session, served="王秀英")
    point = make_point(leader.user, world.north, note="王秀英 13800131234")
    away = make_visit(make_household(make_building(world.gucheng_community)), text="王秀英")

    erase(leader, make_request(world.north, kind="DELETION", household=home), resident)

    for row in (home, old, street, session, served, point, away):
        row.refresh_from_db()
    assert home.door_wish_reason == "王**住院 ***********"
    assert (old.text, street.place) == ("以前的邻居王**", "王**家")
    assert (session.text, served.served, point.note) == ("给王**理发", "王**", "王** ***********")
    assert away.text == "王秀英"  # a namesake


@pytest.mark.parametrize(
    ("name", "phone", "goes"),
    [
        ("王秀英", "138-0013-1234", True),
        ("王秀瑛", "13800131234", True),
        ("王秀英", "13911112222", False),
        ("王秀英", "", False),
        ("王小明", "13800131234", False),
    ],
)
def test_a_guest_of_no_known_household_goes_by_name_and_number(
    world, leader, home, name, phone, goes
):
    visit = make_place_visit(world.gucheng, post=leader, kind="RECEPTION", guests=((name, phone),))
    request = make_request(world.north, kind="DELETION", household=home)

    erase(leader, request, home.residents.get(name="王秀英"))

    guest = visit.guests.get()
    assert (guest.name, guest.phone) == ((ERASED, "") if goes else (name, phone))
