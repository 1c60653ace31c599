"""The cells of an export are those of the page's rows, for every kind of visit and every reader."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.models import HouseholdMove, Matter, Visit
from contacts.selectors.visit_rows import visit_rows
from contacts.selectors.visit_table import cells_of, visit_cells
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_building, make_household, make_resident, make_visit
from tests.factories.places import make_place_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = dt.timedelta(hours=1)
ORDER = ("-occurred_at", "-pk")
WORDS = "王秀英、孙大爷和秀英说，赵铁柱家漏水，13800131234，陈小妹在"


@pytest.fixture
def posts():
    world = make_world()
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    leader = make_post(Role.LEADER, world.bajiao)
    clerk = make_post(Role.CLERK, world.bajiao)
    home = make_household(world.building, worker=worker.user)
    make_resident(home, name="王秀英")
    make_resident(home, name="王建国")
    moved = make_household(make_building(world.north), worker=worker.user)
    make_resident(moved, name="孙桂兰")
    HouseholdMove.objects.create(
        household=moved, building=world.building, room="1", moved_on=timezone.localdate()
    )
    far = make_household(make_building(world.north))
    make_resident(far, name="赵铁柱")
    now = timezone.now()
    guests = (("陈小妹", "13700137000"),)
    visits = [make_visit(one, post=worker, text=WORDS * 9) for one in (home, moved, far)]
    for kind in ("FIELD", "RECEPTION"):
        for place in (world.north, world.bajiao):
            for writer, lead in ((leader, leader), (clerk, leader), (worker, None)):
                visits.append(
                    make_place_visit(
                        place, post=writer, lead=lead, kind=kind, text=WORDS, guests=guests
                    )
                )
        words = {"text": "，".join([WORDS] * 9), "place": "陈小妹家"}
        where = {"household": home, "building": home.building, "kind": kind, "guests": guests}
        visits.append(make_place_visit(world.north, post=clerk, lead=leader, **where, **words))
    # Nothing but people: stars take the place of nearly everything, and more is read.
    visits.append(make_visit(home, post=worker, text=("　" * 30).join("王秀英" * 20) + "好"))
    voided = {"voided_at": now, "void_reason": "记错", "voided_by": worker.user}
    visits.append(make_visit(home, post=worker, text=WORDS, to_complete=True))
    visits.append(make_visit(home, post=worker, text="误记", **voided))
    for number, visit in enumerate(visits):
        visit.occurred_at = now - (number + 25) * HOUR
        visit.occurred_on = timezone.localdate(visit.occurred_at)
        visit.save()
        Matter.objects.create(visit=visit, position=1, text=WORDS, outcome="ESCALATED")
        Matter.objects.create(visit=visit, position=2, text="路灯不亮", outcome="SOLVED")
    district = make_post(Role.DISTRICT_LEADER, world.district)
    return {"worker": worker, "leader": leader, "clerk": clerk, "district": district}


@pytest.mark.parametrize("who", ["worker", "leader", "clerk", "district"])
def test_the_cells_are_those_of_the_page(posts, who):
    post, now = posts[who], timezone.now()
    visits = Visit.objects.visible_to(post)
    ids = list(visits.order_by(*ORDER).values_list("pk", flat=True))
    rows = visit_rows(post=post, ids=ids, now=now)

    cells = list(visit_cells(post=post, visits=visits, order=ORDER, now=now))

    assert len(cells) > 5
    assert cells == [cells_of(row) for row in rows]
    if who == "district":
        secrets = ("王秀英", "赵铁柱", "13800131234", "13700137000")
        assert [secret for secret in secrets if secret in str(cells)] == []


def test_matters_follow_each_other_like_sentences(world):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    visit = make_visit(make_household(world.building, worker=worker.user), post=worker)
    for number, (text, outcome) in enumerate((("灯不亮。", "SOLVED"), ("水管漏。", "EXPLAINED"))):
        Matter.objects.create(visit=visit, position=number, text=text, outcome=outcome)

    [row] = visit_rows(post=worker, ids=[visit.pk], now=timezone.now())

    assert row.matters == "当场解决：灯不亮；解释说明：水管漏。"
