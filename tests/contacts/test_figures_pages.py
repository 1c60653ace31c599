"""Two pages, one number: each against plain SQL."""

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from contacts.metrics import all_metrics
from contacts.models import Household, ServiceEntry, ServiceSession, Visit, VolunteerTeam
from contacts.selectors.diary import diary_week
from contacts.selectors.figures import band_counts, share
from contacts.selectors.week import person_week
from contacts.workflow import BANDS, band_of
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.core.periods import Month, Week
from portal.metrics import services
from portal.metrics.models import Bucket
from portal.metrics.registry import Place
from portal.metrics.selectors import value
from tests.factories.accounts import make_organisation, make_post, make_user, sign_in
from tests.factories.contacts import (
    make_household,
    make_visit,
)

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
TODAY = dt.date(2026, 11, 18)
DAY = dt.timedelta(days=1)
PAGE = "/contacts/figures/"


WEEK = """
    SELECT COUNT(*),
        COUNT(DISTINCT CASE WHEN result = 'MET' AND channel = 'DOOR' THEN household_id END)
    FROM contacts_visit WHERE voided_at IS NULL AND street_id = %s
    AND occurred_on BETWEEN '2026-11-16' AND '2026-11-22'"""
REGISTER = """
    SELECT COUNT(*), COUNT(*) - COUNT(last_met_on)
    FROM contacts_household WHERE ended_on IS NULL AND street_id = %s"""


def sql(query, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()


def figures_of(page):
    """Every figure of the page by key."""
    return {one.metric.key: one for _, group in page.groups for one in group}


def first_number(html, title, *, is_minor=False):
    """The number of a list head that stands under ``title``; a minor one may be the count of records."""
    found = re.search(rf'<strong>{title} <span class="figure">([^<]+)</span>', html)
    if found is None and is_minor:
        found = re.search(r"<span>共 (\d+) 条记录</span>", html)
    return int(found[1]) if found else None


@pytest.mark.parametrize("built", [False, True], ids=["live", "buckets"])
def test_today_lists_and_figures_show_the_numbers_of_plain_sql(client, city, built):
    street = city.bajiao
    if built:
        services.refresh(now=NOW)
        assert Bucket.objects.exists()
    sign_in(client, make_post(Role.LEADER, street))
    visits, door = sql(WEEK, street.pk)
    households, never = sql(REGISTER, street.pk)
    assert (visits, door, households, never) == (6, 3, 6, 2)

    today = client.get("/").context["unit"]
    page = client.get(PAGE, {"period": "2026-W47"}).context["page"]
    shown = figures_of(page)

    assert (today.week.visits, today.week.households) == (visits, door)
    assert (today.coverage.households, today.coverage.never) == (households, never)
    assert [shown[key].value for key in ("visits", "door", "households", "band_never")] == [
        visits,
        door,
        households,
        never,
    ]
    for key, number in {"visits": visits, "door": door, "households": households}.items():
        listed = client.get(shown[key].url)
        metric = shown[key].metric
        assert first_number(listed.text, metric.title, is_minor=metric.is_minor) == number
    assert client.get(shown["visits"].url).context["page"].count == visits
    assert client.get(shown["band_never"].url).context["page"].count == never


@pytest.mark.parametrize(
    ("unit", "period"),
    [("district", "2026"), ("bajiao", "2026-Q4"), ("north", "2026-W47"), ("grid", "2026-10")],
)
def test_every_figure_opens_to_exactly_its_records(client, city, period, unit):
    services.refresh(now=NOW)
    sign_in(client, make_post(Role.DISTRICT_LEADER, city.district))
    code = getattr(city, unit).code
    page = client.get(f"{PAGE}{code}/", {"period": period}).context["page"]

    for key, figure in figures_of(page).items():
        if not figure.url:
            continue
        listed = client.get(figure.url)
        said = first_number(listed.text, figure.metric.title, is_minor=figure.metric.is_minor)
        assert said == figure.value, key
        if figure.metric.unit == "次" or figure.metric.source == "register":
            assert listed.context["page"].count == figure.value, (key, figure.url)
    for row in page.rows:
        for figure in row.figures:
            if figure.url and figure.metric.key in {"visits", "households", "unvisited"}:
                assert client.get(figure.url).context["page"].count == figure.value


def test_units_below_stand_in_official_order_with_their_zeros(client, city):
    quiet = make_organisation(OrganisationKind.COMMUNITY, parent=city.bajiao, name="八角新社区")
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    rows = client.get(PAGE).context["page"].rows

    codes = [row.unit.code for row in rows]
    assert quiet.code in codes
    assert codes == sorted(codes)
    assert {one.text for row in rows if row.unit.pk == quiet.pk for one in row.figures} == {"0"}


def test_a_reception_of_the_whole_street_counts_there_and_in_no_community(client, city):
    post = make_post(Role.LEADER, city.bajiao)
    Visit.objects.create(
        client_id=uuid.uuid4(),
        kind="RECEPTION",
        channel="OFFICE",
        place="街道大厅",
        district=city.district,
        street=city.bajiao,
        author=post.user,
        post=post,
        occurred_at=NOW,
        occurred_on=TODAY,
        recorded_at=NOW,
    )
    services.refresh(now=NOW)
    sign_in(client, post)

    page = client.get(PAGE, {"period": "2026-W47"}).context["page"]

    apart = page.rows[-1]
    assert (apart.unit.name, apart.figures[0].value) == ("街道本级", 1)
    assert sum(row.figures[0].value for row in page.rows) == figures_of(page)["visits"].value
    assert client.get(apart.figures[0].url).context["page"].count == 1


def test_moving_a_household_does_not_rewrite_what_was_counted(city):
    home = make_household(city.building)
    make_visit(home, occurred_at=NOW - DAY)
    week = Week.of(TODAY)
    before = value("door", Place("COMMUNITY", city.north.pk), week, today=TODAY)
    home.community, home.grid = city.south, None
    home.save()

    assert value("door", Place("COMMUNITY", city.north.pk), week, today=TODAY) == before


def test_a_household_met_in_two_communities_is_one_household_of_the_street(city):
    home = make_household(city.building)
    make_visit(home, occurred_at=NOW - DAY)
    home.community, home.grid = city.south, None
    home.save()
    make_visit(home, occurred_at=NOW)
    services.refresh(now=NOW)
    street, week = Place("STREET", city.bajiao.pk), Week.of(TODAY)

    parts = [
        value("door", Place("COMMUNITY", unit.pk), week, today=TODAY)
        for unit in (city.north, city.south)
    ]

    assert sum(parts) == value("door", street, week, today=TODAY) + 1


def test_nothing_of_nothing_is_a_dash():
    assert share(0, 0) == "—"
    assert share(3, 120) == "3 / 120（2.5%）"


def test_a_month_can_be_turned_and_a_wrong_one_is_not_there(client, city):
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    shown = client.get(PAGE, {"period": "2026-11"}).context

    assert (shown["previous_url"], shown["next_url"]) == ("?period=2026-10", "")
    assert client.get(PAGE, {"period": "2026-10"}).context["next_url"] == "?period=2026-11"
    assert client.get(PAGE, {"period": "2026Q3"}).status_code == 200
    assert client.get(PAGE, {"period": "2026-13"}).status_code == 404


def test_the_page_opens_on_the_week_as_today_does(client, city):
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    assert client.get(PAGE).context["period"] == Week.of(timezone.localdate())


def test_units_without_a_record_are_named_together_and_stay_rows_of_the_table(client, city):
    quiet = make_organisation(OrganisationKind.COMMUNITY, parent=city.bajiao, name="八角新社区")
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    shown = client.get(PAGE)

    folded = [row.unit.pk for row, _url, _cells in shown.context["quiet"]]
    assert quiet.pk in folded
    assert f"{len(folded)} 个社区本期没有记录" in shown.text
    assert shown.text.count("八角新社区") == 2


def test_every_figure_says_how_it_is_counted(client, city):
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    manual = client.get(reverse("desk:help_formulas")).text
    page = client.get(PAGE).text

    for metric in all_metrics():
        assert metric.formula in manual
        assert metric.formula in page


def test_a_persons_week_is_counted_by_the_same_definition(city):
    post = make_post(Role.LEADER, city.gucheng_community)
    for home in (make_household(community=city.gucheng_community) for _ in range(3)):
        make_visit(home, post=post, occurred_at=NOW)
    Visit.objects.filter(community=city.gucheng_community).exclude(post=post).delete()
    place, week = Place("COMMUNITY", city.gucheng_community.pk), Week.of(TODAY)

    mine = person_week(post=post, user_id=post.user_id, week=week)

    assert mine.households == value("door", place, week, today=TODAY) == 3
    assert mine.visits == value("door_visits", place, week, today=TODAY)


def test_the_head_of_a_diary_counts_as_the_figure_does(city):
    post = make_post(Role.LEADER, city.gucheng_community)
    Visit.objects.filter(community=city.gucheng_community).delete()
    twice, phoned, both, missed = (
        make_household(community=city.gucheng_community) for _ in range(4)
    )
    for home, how in (
        (twice, {}),
        (twice, {}),
        (phoned, {"channel": "PHONE"}),
        (both, {}),
        (both, {"channel": "PHONE"}),
        (missed, {"result": "NOT_HOME"}),
    ):
        make_visit(home, post=post, occurred_at=NOW - DAY, **how)
    make_visit(
        missed,
        post=post,
        occurred_at=NOW - DAY,
        voided_at=NOW,
        voided_by=post.user,
        void_reason="误点",
    )
    place, week = Place("COMMUNITY", city.gucheng_community.pk), Week.of(TODAY)

    diary = diary_week(post=post, user_id=post.user_id, week=week, now=NOW)

    assert diary.households == value("door", place, week, today=TODAY) == 2
    assert person_week(post=post, user_id=post.user_id, week=week).phoned == 2
    assert diary.visits == value("visits", place, week, today=TODAY) == 6


def test_services_are_counted_by_their_valid_entries(city):
    author = make_post(Role.STREET_ADMIN, city.bajiao)
    place = {"district": city.district, "street": city.bajiao}
    team = VolunteerTeam.objects.create(name="理发队", since=TODAY, **place)
    wrong = {"voided_at": NOW, "voided_by": make_user(), "void_reason": "误记"}
    for voided in ({}, wrong):
        session = ServiceSession.objects.create(
            client_id=uuid.uuid4(),
            team=team,
            community=city.north,
            held_on=TODAY,
            place="广场",
            author=author.user,
            post=author,
            recorded_at=NOW,
            **place,
            **voided,
        )
        for entry in ({}, {}, {"voided_at": NOW}):
            ServiceEntry.objects.create(
                client_id=uuid.uuid4(), session=session, item="HAIRCUT", recorded_at=NOW, **entry
            )
    month = Month.of(TODAY)

    for built in (False, True):
        if built:
            services.refresh(now=NOW)
        assert value("services", Place("STREET", city.bajiao.pk), month, today=TODAY) == 2
        assert value("services", Place("COMMUNITY", city.south.pk), month, today=TODAY) == 0
        assert value("services", Place("GRID", city.grid.pk), month, today=TODAY) is None


def test_bands_of_the_map_are_those_of_the_register(city):
    for days in (0, 91, 92, 182, 183, 365, 366):
        make_visit(make_household(city.building), occurred_at=NOW - days * DAY)
    services.refresh(now=NOW)

    total, parts = band_counts(city.bajiao, by=OrganisationKind.COMMUNITY, today=TODAY)

    homes = Household.objects.filter(street=city.bajiao, ended_on=None)
    counted = [band_of(home.last_met_on, today=TODAY) for home in homes]
    assert total == {rule.band: counted.count(rule.band) for rule in BANDS}
    assert {band: sum(one[band] for one in parts.values()) for band in total} == total
