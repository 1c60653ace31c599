"""Among more records than one glance sees, a search finds the same, newest first, page by page."""

import datetime as dt

import pytest

from portal.accounts.models import Organisation, OrganisationKind
from portal.accounts.roles import Role
from portal.search import services
from portal.search.selectors import FEW, GLANCE, PAGE_SIZE, search
from tests.factories.accounts import make_post
from tests.search.conftest import DAY, document

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

RECORDS = GLANCE + 60
#: Which of the records, counted from the newest, hold the word.
COMMON = range(RECORDS)
SOME_NEW = [*range(0, GLANCE, 60), *range(GLANCE + 3, RECORDS)]
MOSTLY_OLD = [7, *range(GLANCE, RECORDS)]
ONLY_OLD = range(GLANCE, RECORDS)


@pytest.fixture
def records(world, place_kind):
    """So many buildings, a day apart, the newest last."""
    rows = Organisation.objects.bulk_create(
        Organisation(
            kind=OrganisationKind.BUILDING,
            code=f"{world.north.code}T{number:04}",
            name=f"{number}号楼",
            parent=world.north,
            path=f"{world.north.path}T{number:04}/",
            district=world.district,
            street=world.bajiao,
            community=world.north,
            valid_from=DAY,
        )
        for number in range(RECORDS)
    )
    return list(rows)


def pages(post, query):
    """Each page as ids, following the links."""
    found, cursor = [], None
    while True:
        page = search(post, query, cursor=cursor)
        found.append([hit.object_id for hit in page])
        if not page.has_next:
            return found
        cursor = page.next_cursor


@pytest.mark.parametrize("holding", [COMMON, SOME_NEW, MOSTLY_OLD, ONLY_OLD], ids=len)
def test_every_hit_is_found_once_newest_first(world, records, holding):
    newest_first = records[::-1]
    holds = {newest_first[at].pk for at in holding}
    services.index_all(
        kind="place",
        documents=[
            document(
                row,
                "屋顶漏水" if row.pk in holds else "无事",
                on=DAY + dt.timedelta(days=number // 2),
            )
            for number, row in enumerate(records)
        ],
    )
    leader = make_post(Role.LEADER, world.bajiao)

    found = pages(leader, "漏水")

    assert [pk for page in found for pk in page] == [r.pk for r in newest_first if r.pk in holds]
    assert {len(page) for page in found[:-1]} <= {PAGE_SIZE}
    assert len(holds) <= FEW
