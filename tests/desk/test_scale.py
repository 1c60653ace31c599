"""The data of the benchmark: a small load has to be as whole as a large one."""

import datetime as dt

import pytest
from django.db import connection
from django.db.models import Count, Max, Q

from contacts.models import Household, Resident, Visit, VisitPerson
from portal.accounts.models import Post, User
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.audit.selectors import verify
from portal.core.encryption import refresh_blind_indexes
from portal.desk.scale import load, texts
from portal.desk.scale.copying import cell
from portal.desk.scale.people import FORTY
from portal.search.selectors import search

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 11, 24, 9, 30, tzinfo=dt.UTC)
SIZE = load.Size(visits=2_000, households=900, users=220)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def constraints() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype IN ('f', 'u') AND convalidated"
        )
        return {name for (name,) in cursor.fetchall()}


def test_everything_fits_together(settings, tmp_path):
    """One load for all of it: a load takes seconds."""
    settings.AUDIT_SEAL_FILE = tmp_path / "seals.jsonl"
    before = indexes(), constraints()

    done = load.load(SIZE, now=NOW, hands=1)

    assert (indexes(), constraints()) == before
    assert (Visit.objects.count(), Household.objects.count()) == (2_000, 900)
    assert done.rows["contacts_visit"] == 2_000
    assert set(Post.objects.values_list("role", flat=True)) == set(Role)
    assert User.objects.count() >= 200
    assert VisitPerson.objects.filter(is_lead=True).count() == 2_000
    assert not Visit.objects.exclude(recorded_at__lte=NOW).exists()
    the_trail_is_whole()
    the_next_row_has_a_number_of_its_own()
    the_dates_of_households_follow_from_the_visits()
    the_search_finds_topics_and_no_names()
    phones_are_sealed_and_have_their_index()
    the_small_hand_has_forty_visits()
    assert load.holds(SIZE)
    assert load.refusals(SIZE)


def the_trail_is_whole():
    report = verify()
    assert report.ok, report.problems
    assert AuditEvent.objects.filter(action="visit.log").count() == 2_000


def the_next_row_has_a_number_of_its_own():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('contacts_visit', 'id'))")
        assert cursor.fetchone() == (2_001,)


def the_dates_of_households_follow_from_the_visits():
    made = Q(visits__result="MET", visits__voided_at__isnull=True)
    rows = Household.objects.annotate(
        contact=Max("visits__occurred_on", filter=made),
        met=Max("visits__occurred_on", filter=made & Q(visits__channel="DOOR")),
        live=Count("residents"),
    )
    for row in rows:
        assert (row.last_contact_on, row.last_met_on) == (row.contact, row.met)
        assert row.live
    assert {row.met is None for row in rows} == {True, False}


def the_search_finds_topics_and_no_names():
    leader = Post.objects.filter(role=Role.DISTRICT_LEADER, organisation__code="310113").first()
    assert search(leader, texts.RARE).count == 12
    assert search(leader, texts.ABSENT).count == 0
    assert search(leader, texts.COMMON).count > 20
    named = Visit.objects.filter(text__regex="^[^。]{2,4}(在家|开的门)。", kind="HOME")
    written = [(v.text, v.household.residents.order_by("pk")[0].name) for v in named[:30]]
    full = [name for text, name in written if text.startswith(name)]
    assert full
    for name in full:
        assert not search(leader, name).items


def phones_are_sealed_and_have_their_index():
    resident = next(one for one in Resident.objects.all()[:50] if one.phone)
    assert resident.phone.startswith("154")
    assert refresh_blind_indexes(resident) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM contacts_resident WHERE id = %s", [resident.pk])
        assert resident.phone not in cursor.fetchone()[0]


def the_small_hand_has_forty_visits():
    post = Post.objects.select_related("organisation", "user").get(user__username=FORTY)
    assert Visit.objects.visible_to(post).count() == 40
    assert Household.objects.own(post).count() == 20


def test_lengths_follow_real_records():
    rng = load.Random(3)
    drawn = sorted(texts.length(rng) for _ in range(40_000))
    assert 195 <= drawn[20_000] <= 220
    assert 380 <= sum(drawn) / 40_000 <= 415
    assert 930 <= drawn[36_000] <= 1_050


def test_the_same_seed_gives_the_same_words():
    one, other = (texts.make_pool(load.Random(SIZE.seed), NOW.date(), 300) for _ in range(2))
    assert one == other
    assert len(one.sentences) > 500


def test_a_database_in_use_is_refused():
    User.objects.create_user("somebody", name="某人")
    assert any("不是空的" in reason for reason in load.refusals(SIZE))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, r"\N"),
        ("a\tb\\c\nd", r"a\tb\\c\nd"),
        (True, "t"),
        (dt.date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_values_in_the_notation_of_copy(value, written):
    assert cell(value) == written
