"""Small numbers of hardship households: what a reader without care categories can work out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.metrics import Among, hidden_parts
from contacts.models import HouseholdCare
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from tests.contacts.conftest import NOW
from tests.factories.accounts import make_organisation, make_post, sign_in
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_household,
    make_visit,
)
from tests.factories.places import make_point

PAGE = "/contacts/figures/"
PERIOD = {"period": "2026-W47"}
PARTS = st.dictionaries(
    st.integers(1, 9),
    st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    max_size=9,
).map(lambda parts: {pk: Among(*one) for pk, one in parts.items()})


def shown(client, code="", key="hardship"):
    """The text of a figure of a unit, and of each unit below it by name."""
    page = client.get(f"{PAGE}{code}/" if code else PAGE, PERIOD).context["page"]
    whole = next(one.text for _, group in page.groups for one in group if one.metric.key == key)
    column = [metric.key for metric in page.columns].index(key)
    return whole, {row.unit.name: row.figures[column].text for row in page.rows}


def meet(community, number, hard, category):
    for position in range(number):
        home = make_household(community=community)
        if position < hard:
            make_care(home, category)
        make_visit(home, occurred_at=NOW)


# ---- the rule ----


@pytest.mark.parametrize(
    ("hard", "households", "tells"),
    [(0, 0, False), (0, 1, True), (1, 1, True), (0, 9, True), (0, 10, False), (10, 10, True)],
)
def test_a_number_of_few_or_of_all_tells_who(hard, households, tells):
    assert Among(hard, households).tells_who is tells


@given(PARTS)
def test_what_is_left_over_never_tells_who(parts):
    whole = Among(sum(one.hard for one in parts.values()), sum(n for _, n in parts.values()))

    hidden = hidden_parts(whole, parts)

    assert not any(one.tells_who for pk, one in parts.items() if pk not in hidden)
    left = [parts[pk] for pk in hidden]
    if left and not whole.tells_who:
        rest = Among(sum(one.hard for one in left), sum(one.households for one in left))
        assert not rest.tells_who
        assert len(left) > 1
    if whole.tells_who:
        assert all(one.households == 0 for pk, one in parts.items() if pk not in hidden)


def test_households_met_in_two_parts_do_not_make_a_few_into_many():
    parts = {1: Among(2, 20), 2: Among(1, 6), 3: Among(0, 6), 4: Among(3, 30)}

    # Whole less what is shown leaves 9 households, though the hidden parts say 12.
    assert hidden_parts(Among(6, 59), parts) == {1, 2, 3}


# ---- figures ----


@pytest.mark.django_db
def test_one_household_met_reads_the_same_whether_it_is_a_hardship_one_or_not(client, world, city):
    street = make_organisation(OrganisationKind.STREET, parent=world.district)
    home = make_household(community=make_organisation(OrganisationKind.COMMUNITY, parent=street))
    make_visit(home, occurred_at=NOW)
    sign_in(client, make_post(Role.LEADER, street))
    care = make_care(home, make_category(is_hardship=True))

    with_care = shown(client)
    HouseholdCare.objects.filter(pk=care.pk).delete()

    assert shown(client, key="door")[0] == "1"
    assert with_care == shown(client)
    assert with_care[0] == "—"
    assert set(with_care[1].values()) == {"—"}


@pytest.mark.django_db
def test_the_whole_less_the_shown_parts_does_not_give_the_hidden_one(client, city):
    category = make_category(is_hardship=True)
    small, big, other = (
        make_organisation(OrganisationKind.COMMUNITY, parent=city.gucheng, name=name)
        for name in ("小社区", "大社区", "中社区")
    )
    meet(small, 3, 1, category)
    meet(other, 12, 2, category)
    meet(big, 15, 4, category)
    sign_in(client, make_post(Role.LEADER, city.gucheng))

    whole, parts = shown(client)

    # The street's own community has met one household as well.
    assert whole == "7"
    assert (parts["小社区"], parts["中社区"], parts["大社区"]) == ("—", "—", "4")


@pytest.mark.django_db
def test_a_part_hidden_in_its_street_is_hidden_on_its_own_page_and_below(client, city):
    category = make_category(is_hardship=True)
    small, other = (
        make_organisation(OrganisationKind.COMMUNITY, parent=city.bajiao) for _ in range(2)
    )
    grid = make_organisation(OrganisationKind.GRID, parent=other)
    meet(small, 3, 1, category)
    for position in range(12):
        home = make_household(make_building(grid))
        make_visit(home, occurred_at=NOW)
        if position < 2:
            make_care(home, category)
    meet(make_organisation(OrganisationKind.COMMUNITY, parent=city.bajiao), 30, 5, category)
    sign_in(client, make_post(Role.LEADER, city.bajiao))

    assert shown(client, other.code)[0] == "—"
    assert set(shown(client, other.code)[1].values()) == {"—"}
    assert shown(client, grid.code)[0] == "—"


@pytest.mark.django_db
def test_the_community_itself_reads_every_number(client, city):
    sign_in(client, make_post(Role.LEADER, city.north))

    assert shown(client)[0] == "1"


# ---- contact points ----


def number_at(client, point):
    return client.get(f"/contacts/points/{point.pk}/").context["brief"].hardship


@pytest.mark.django_db
def test_a_contact_point_tells_no_number_of_few(client, world):
    admin = sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))
    category = make_category(is_hardship=True)
    home = make_household(world.building)
    points = [make_point(admin.user, world.north), make_point(admin.user, world.bajiao)]

    without = [number_at(client, point) for point in points]
    make_care(home, category)

    assert [number_at(client, point) for point in points] == without == [None, None]
    html = client.get(f"/contacts/points/{points[0].pk}/").text
    assert "户数少或能推算出是哪户时不显示" in html


@pytest.mark.django_db
def test_contact_points_of_a_street_and_its_communities_do_not_give_the_hidden_one(client, world):
    admin = sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))
    category = make_category(is_hardship=True)
    big = make_organisation(OrganisationKind.COMMUNITY, parent=world.bajiao)
    for community, number, hard in ((world.north, 3, 1), (world.south, 12, 2), (big, 20, 5)):
        for position in range(number):
            home = make_household(community=community)
            if position < hard:
                make_care(home, category)
    units = (world.bajiao, world.north, world.south, big)

    numbers = [number_at(client, make_point(admin.user, unit)) for unit in units]

    assert numbers == [8, None, None, 5]


@pytest.mark.django_db
def test_the_communitys_own_people_read_the_number_of_few(client, world):
    leader = sign_in(client, make_post(Role.LEADER, world.north))
    make_care(make_household(world.building), make_category(is_hardship=True))

    assert number_at(client, make_point(leader.user, world.north)) == 1
