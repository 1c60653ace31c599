"""What several tests of contacts stand on."""

import datetime as dt

import pytest

from contacts import ports
from contacts.models import Matter
from portal.accounts.roles import Role
from tests.factories.accounts import make_post
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_household,
    make_visit,
)

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
TODAY = dt.date(2026, 11, 18)
DAY = dt.timedelta(days=1)


@pytest.fixture
def without_a_desk(monkeypatch):
    """As before there was a grievance desk: matters wait, and old ones still do."""
    monkeypatch.setattr(ports.escalate, "_bound", None)


@pytest.fixture
def city(world, time_machine):
    """Two streets with a bit of everything, a void visit and another district beside."""
    time_machine.move_to(NOW, tick=False)
    hardship = make_category(is_hardship=True)
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    homes = [make_household(world.building) for _ in range(4)]
    homes += [make_household(community=world.north), make_household(community=world.south)]
    make_care(homes[0], hardship)
    for home in homes[:3]:
        make_visit(home, post=worker, occurred_at=NOW - DAY)
    make_visit(homes[0], post=worker, occurred_at=NOW - 2 * DAY)
    make_visit(homes[1], post=worker, occurred_at=NOW - 2 * DAY, channel="PHONE")
    make_visit(homes[4], occurred_at=NOW - DAY, result="NOT_HOME")
    raised = make_visit(homes[5], occurred_at=NOW - 40 * DAY, recorded_at=NOW - 38 * DAY)
    for position, outcome in enumerate(("ESCALATED", "ESCALATED", "SOLVED")):
        Matter.objects.create(visit=raised, position=position, text="路灯", outcome=outcome)
    make_visit(
        homes[3],
        occurred_at=NOW - DAY,
        voided_at=NOW,
        voided_by=worker.user,
        void_reason="误点",
    )
    make_visit(make_household(community=world.gucheng_community), occurred_at=NOW - DAY)
    elsewhere = make_household(make_building(None))
    make_visit(elsewhere, occurred_at=NOW - DAY)
    make_household(world.building, ended_on=TODAY)
    return world
