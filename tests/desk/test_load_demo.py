"""The demo world in the database: whole, in scope, by the rules, and lively for its main account."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from contacts.models import (
    Household,
    HouseholdDuty,
    Matter,
    Promise,
    Resident,
    RightsRequest,
    ServiceEntry,
    Visit,
    VisitGuest,
    VisitPerson,
    VolunteerTeam,
)
from contacts.selectors import duties
from contacts.selectors.handover import receivers
from contacts.selectors.proposal_rule import Urgency
from contacts.selectors.proposals import proposals
from contacts.selectors.visit_places import LEADS
from contacts.selectors.week import person_week
from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import FITS, UNIT_WIDE, Role
from portal.accounts.selectors import people
from portal.accounts.selectors.demo import demo_accounts
from portal.audit.models import AuditEvent
from portal.core.encryption import blind_index
from portal.core.periods import Week
from portal.desk.demo.load import Loaded, load_demo
from portal.desk.demo.people import ACCOUNTS
from portal.desk.demo.places import STREETS
from portal.desk.demo.staffing import WITHOUT_PASSWORD
from portal.desk.models import Feedback
from portal.search.models import SearchEntry

ZONE = ZoneInfo("Asia/Shanghai")
#: A Wednesday, late in the afternoon.
NOW = dt.datetime(2026, 11, 18, 17, 30, tzinfo=ZONE)
TODAY = NOW.date()
PASSWORD = "demo-pass-123"


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """One world for all tests of this file; each test is a savepoint inside."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_demo(password=PASSWORD, now=NOW, scale=0.3)
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded, db) -> Loaded:
    return loaded


def test_the_tree_is_real_down_to_the_community(demo):
    kinds = Organisation.Kind
    within = {code: Organisation.objects.within(f"{code}/") for code in ("110107", "310113")}
    assert within["110107"].filter(kind=kinds.STREET).count() == 9
    assert within["110107"].filter(kind=kinds.COMMUNITY).count() == 153
    assert within["310113"].filter(kind=kinds.STREET).count() == 13
    assert within["310113"].filter(kind=kinds.COMMUNITY).count() == 567
    assert Organisation.objects.get(code="110107003").name == "八角街道"


def test_the_thirteen_accounts_can_sign_in_and_hold_fitting_posts(demo):
    assert demo.users == User.objects.count() == User.objects.filter(is_demo=True).count()
    for name in ACCOUNTS:
        user = User.objects.get(username=name)
        assert user.check_password(PASSWORD)
        assert not user.must_change_password
        assert user.posts.in_force(TODAY).exists()
    assert not User.objects.get(username="bajiao.l01").check_password(PASSWORD)
    for post in Post.objects.select_related("organisation"):
        assert post.organisation.kind in FITS[Role(post.role)], post
        assert post.in_force(TODAY)
    assert set(Post.objects.values_list("role", flat=True)) == set(Role.values)
    assert Post.objects.filter(user__username="worker").count() == 2
    bajiao = Organisation.objects.get(code="110107003")
    for name in ("worker", "officer", "leader", "delegate", "clerk", "handler", "streetadmin"):
        post = Post.objects.filter(user__username=name).first()
        assert post.organisation.path.startswith(bajiao.path)


def test_invented_colleagues_can_take_over_and_signed_in_at_working_hours(demo, settings):
    others = User.objects.exclude(username__in=ACCOUNTS)
    without = [one for one in others if not one.has_usable_password()]
    assert len(without) == WITHOUT_PASSWORD
    assert {one.last_login for one in without} == {None}
    assert all(NOW - one.created_at < people.NEVER_USED for one in without)
    ids = [one.pk for one in without]
    assert not HouseholdDuty.objects.filter(user__in=ids).exists()
    assert not VisitPerson.objects.filter(user__in=ids).exists()
    for user in User.objects.exclude(pk__in=ids):
        at = user.last_login.astimezone(ZONE)
        assert user.created_at < at <= NOW
        assert 8 <= at.hour < 18
        wrote = Visit.objects.filter(author=user).aggregate(last=Max("recorded_at"))["last"]
        assert wrote is None or at.date() >= wrote.astimezone(ZONE).date()
    assert User.objects.filter(last_login__lt=NOW - people.SILENT).exists()
    worker = User.objects.get(username="worker")
    street = Post.objects.get(user__username="streetadmin")
    assert receivers(post=street, person=worker, today=TODAY) == []
    settings.DEMO = True
    offered = receivers(post=street, person=worker, today=TODAY)
    assert len(offered) > 20
    assert "社区" in offered[0][1]


def test_the_page_of_the_sign_in_offers_who_has_the_printed_password(demo):
    assert {one.username for one in demo_accounts()} == set(ACCOUNTS)
    Post.objects.filter(user__username="handler").update(until=TODAY)
    assert {one.username for one in demo_accounts()} == {*ACCOUNTS} - {"handler"}


def check_scope_and_people():
    for household in Household.objects.select_related("building", "grid"):
        building = household.building
        assert household.district_id == building.district_id
        assert household.street_id == building.street_id
        assert household.community_id == building.community_id
        assert building.parent_id == household.grid_id
        assert household.residents.filter(is_contact=True).count() == 1
        duty = household.duties.get(until=None)
        assert duties.candidates(household, today=TODAY).filter(user=duty.user_id).exists()
    resident = next(r for r in Resident.objects.all() if r.phone)
    assert resident.phone_index == blind_index(resident.phone, purpose="resident.phone")
    assert HouseholdDuty.objects.filter(until__isnull=False).exists()
    assert any(h.avoid for h in Household.objects.all())
    assert Household.objects.filter(door_wish="PHONE").exists()


def check_every_visit():
    met_ids = dict(Resident.objects.values_list("pk", "household_id"))
    visits = Visit.objects.select_related("post", "post__organisation", "household")
    for visit in visits.prefetch_related("people__post", "matters", "met"):
        day = visit.occurred_at.astimezone(ZONE).date()
        assert visit.occurred_on == day
        assert visit.occurred_at <= visit.recorded_at <= NOW
        assert visit.post.in_force(day)
        assert visit.post.user_id == visit.author_id
        lead = [person for person in visit.people.all() if person.is_lead]
        if visit.kind == Visit.Kind.HOME:
            assert [person.user_id for person in lead] == [visit.author_id]
        else:
            assert [person.post.role in LEADS[visit.kind] for person in lead] == [True]
            assert visit.place
        assert all(p.occurred_on == day for p in visit.people.all())
        assert all(p.street_id == visit.street_id for p in visit.people.all())
        if visit.household:
            assert visit.community_id == visit.household.community_id
            assert visit.building_id == visit.household.building_id
            assert all(met_ids[r.pk] == visit.household_id for r in visit.met.all())
        if visit.result != Visit.Result.MET:
            assert not visit.matters.all()
            assert not visit.met.all()
        assert visit.next_step_on is None or visit.next_step_on >= day
        assert (
            visit.next_step_done_at is None or visit.recorded_at <= visit.next_step_done_at <= NOW
        )
        assert visit.voided_at is None or visit.recorded_at <= visit.voided_at <= NOW
        assert len(visit.text) <= 4000
    for promise in Promise.objects.select_related("visit"):
        assert promise.due_on >= promise.visit.occurred_on
        assert promise.kept_on is None or promise.visit.occurred_on <= promise.kept_on <= TODAY


def check_dates_and_search():
    made = Q(visits__voided_at=None, visits__result="MET")
    at_door = made & Q(visits__channel="DOOR")
    newest = Household.objects.annotate(
        contact=Max("visits__occurred_on", filter=made),
        met=Max("visits__occurred_on", filter=at_door),
    )
    assert all(h.last_contact_on == h.contact and h.last_met_on == h.met for h in newest)
    assert newest.filter(last_met_on=None).exists()
    told = Visit.objects.valid().filter(~Q(text="") | ~Q(next_step="") | Q(matters__isnull=False))
    found = SearchEntry.objects.filter(kind="visit").values_list("object_id", flat=True)
    assert set(found) == set(told.values_list("pk", flat=True))
    assert SearchEntry.objects.filter(kind="household").count() == Household.objects.count()


@pytest.mark.sqlite
def test_a_small_world_keeps_every_rule(demo):
    done = demo
    assert done.households == Household.objects.count() > 600
    assert done.visits == Visit.objects.count() >= 2 * done.households
    check_scope_and_people()
    check_every_visit()
    check_dates_and_search()
    assert set(Visit.objects.values_list("kind", flat=True)) == set(Visit.Kind.values)
    assert set(Visit.objects.values_list("channel", flat=True)) == set(Visit.Channel.values)
    assert set(Visit.objects.values_list("result", flat=True)) == set(Visit.Result.values)
    assert set(Matter.objects.values_list("outcome", flat=True)) == set(Matter.Outcome.values)
    assert Visit.objects.filter(voided_at__isnull=False).exists()
    assert VisitPerson.objects.filter(is_lead=False).exists()
    homes = Visit.objects.filter(kind=Visit.Kind.HOME)
    assert homes.filter(text="", result="MET").count() > 0.3 * homes.count()
    assert VisitGuest.objects.count() > 100
    fields = Visit.objects.filter(kind=Visit.Kind.FIELD)
    assert fields.filter(point__user__isnull=False, point__community=F("community")).exists()
    assert not fields.exclude(point__community=F("community")).exists()
    assert Visit.objects.filter(kind=Visit.Kind.RECEPTION, post__role="CLERK").exists()
    assert VolunteerTeam.objects.count() >= 2 * len(STREETS)
    assert ServiceEntry.objects.filter(voided_at__isnull=False).exists()
    batches = AuditEvent.objects.filter(action="visit.load").count()
    assert batches == -(-done.visits // 500)


def test_the_worker_has_a_lively_present(demo):
    worker = User.objects.get(username="worker")
    post = worker.posts.get(title="社区工作者")
    assert Household.objects.own(post).count() == 45
    week = person_week(post=post, user_id=worker.pk, week=Week.of(TODAY))
    assert week.households == 3
    reasons = {one.urgency for one in proposals(post=post, today=TODAY)}
    assert reasons >= {Urgency.DUE, Urgency.HARDSHIP, Urgency.NEVER}
    more = {one.urgency for one in proposals(post=post, today=TODAY, limit=12)}
    assert more >= {Urgency.YEAR, Urgency.LONG_AGO}
    due = Visit.objects.by_person(worker.pk).valid().filter(next_step_done_at=None)
    assert due.filter(next_step_on=TODAY - dt.timedelta(days=1)).exists()
    second = worker.posts.exclude(pk=post.pk).get()
    assert Household.objects.own(second).exists()
    officer = Post.objects.get(user__username="officer")
    assert Household.objects.own(officer).exists()
    delegate = Post.objects.get(user__username="delegate")
    assert Visit.objects.visible_to(delegate).filter(kind="RECEPTION").exists()
    sysadmin = Post.objects.get(user__username="sysadmin")
    assert not Visit.objects.visible_to(sysadmin).exists()
    leader = Post.objects.get(user__username="leader")
    assert leader.role in UNIT_WIDE
    assert Visit.objects.visible_to(leader).count() > 500


def test_people_ask_about_their_data_and_write_about_the_portal(demo):
    street = Post.objects.get(user__username="streetadmin")
    asked = RightsRequest.objects.visible_to(street)
    assert {one.kind for one in asked} == set(RightsRequest.Kind)
    assert asked.open().exists()
    assert not asked.nobodys(timezone.localdate()).exists()
    assert all(one.answer for one in asked if one.closed_at)
    assert {one.outcome for one in asked} >= {"", "DONE", "PARTLY"}
    assert all(Resident.objects.filter(household__community=one.community_id) for one in asked)

    messages = Feedback.objects.all()
    assert {one.kind for one in messages} == set(Feedback.Kind)
    assert messages.filter(unnamed=True).exists()
    assert messages.exclude(reply="").exists()
    assert messages.filter(reply="").exists()
