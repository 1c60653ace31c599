"""What figures must not tell, what they cost, and the nightly second opinion."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.models import Visit
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.metrics import reconciling, registry, services
from portal.metrics.models import Bucket, Mark
from tests.factories.accounts import make_organisation, make_post, sign_in
from tests.factories.contacts import (
    make_household,
    make_visit,
)

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
TODAY = dt.date(2026, 11, 18)
DAY = dt.timedelta(days=1)
PAGE = "/contacts/figures/"


def figures_of(page):
    """Every figure of the page by key."""
    return {one.metric.key: one for _, group in page.groups for one in group}


def first_number(html, title):
    """The number of a list head that stands under ``title``."""
    found = re.search(rf'<strong>{title} <span class="figure">([^<]+)</span>', html)
    return int(found[1]) if found else None


# ---- what figures must not tell ----


def test_units_outside_the_scope_are_not_there(client, city):
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    for unit in (city.district, city.gucheng, city.gucheng_community, city.section):
        response = client.get(f"{PAGE}{unit.code}/")
        assert response.status_code == 404
        assert unit.name not in response.text
    assert client.get(f"{PAGE}nonsense/").status_code == 404
    html = client.get(PAGE, {"period": "2026-W47"}).text
    assert "古城" not in html
    listed = client.get(
        reverse("contacts:visit_list"), {"unit": city.gucheng.code, "week": "2026-W47"}
    )
    assert listed.context["page"].items == []
    assert "古城" not in listed.text


@pytest.mark.parametrize("role", [Role.COMMUNITY_WORKER, Role.CLERK, Role.DELEGATE, Role.HANDLER])
def test_who_sees_no_figures_is_told_whom_to_ask(client, city, role):
    sign_in(client, make_post(role, city.north))

    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}{city.north.code}/").status_code == 403


def test_a_workers_list_shows_no_figure_of_the_unit(client, city):
    sign_in(client, make_post(Role.COMMUNITY_WORKER, city.north))

    html = client.get(reverse("contacts:visit_list"), {"week": "2026-W47", "state": "valid"}).text

    assert first_number(html, "三访记录") is None


def test_hardship_is_no_list_and_no_small_number_for_who_sees_no_categories(client, city):
    leader = make_post(Role.DISTRICT_LEADER, city.district)
    sign_in(client, leader)

    few = figures_of(client.get(PAGE, {"period": "2026-W47"}).context["page"])["hardship"]
    assert (few.text, few.url) == ("—", "")

    for _ in range(10):
        make_visit(make_household(city.building), occurred_at=NOW)
    many = figures_of(client.get(PAGE, {"period": "2026-W47"}).context["page"])["hardship"]
    assert (many.text, many.url) == ("1", "")
    asked = {"week": "2026-W47", "hardship": "1", "state": "valid"}
    everything = client.get(reverse("contacts:visit_list"), {**asked, "hardship": ""})
    listed = client.get(reverse("contacts:visit_list"), asked)
    assert len(listed.context["page"]) == len(everything.context["page"])


def test_the_page_names_no_person_and_no_door(client, city):
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    html = client.get(PAGE).text

    for person in Visit.objects.values_list("author__name", flat=True):
        assert person not in html.split("<main")[1].split("</main>")[0]
    assert "室" not in html.split("<main")[1].split("</main>")[0]


# ---- the cost, and looking after it ----


def test_the_page_costs_the_same_whatever_there_is(client, city):
    services.refresh(now=NOW)
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    def queries():
        client.get(PAGE)
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured.captured_queries)

    few = queries()
    for number in range(5):
        community = make_organisation(OrganisationKind.COMMUNITY, parent=city.bajiao)
        make_visit(make_household(community=community), occurred_at=NOW - number * DAY)
    services.refresh(now=NOW)

    assert queries() == few <= 12


def test_reconciliation_finds_mends_and_then_finds_nothing(city):
    services.refresh(now=NOW)
    assert reconciling.reconcile(today=TODAY) == []
    row = Bucket.objects.get(
        source="visits", span="M", kind="STREET", place=city.bajiao.pk, start="2026-11-01"
    )
    row.values["visits"] += 7
    row.save()

    found = reconciling.reconcile(today=TODAY)

    assert [(one.key, one.shown - one.counted) for one in found] == [("visits", 7)]
    assert Mark.objects.exists()
    services.refresh(now=NOW)
    assert reconciling.reconcile(today=TODAY) == []


def test_rows_that_came_past_the_services_are_found(city):
    services.refresh(now=NOW)
    make_visit(make_household(city.building), occurred_at=NOW)

    keys = {one.key for one in reconciling.reconcile(today=TODAY)}

    assert {"visits", "door"} <= keys
    services.refresh(now=NOW)
    assert reconciling.reconcile(today=timezone.localdate()) == []


def test_keys_are_declared_for_what_sources_count():
    declared = {metric.key for metric in registry.metrics()}

    assert {"visits", "door", "phone", "hardship", "waiting", "services", "unvisited"} <= declared
