"""The private link: unguessable, made once, replaced when lost, over two months after the file."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied

from grievances.models import Grievance, ResidentLink
from grievances.services.links import VALID_AFTER_END, link_for, resolve, slip_token
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_post
from tests.factories.grievances import make_grievance, move

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def found(world, clerk):
    return make_grievance(world.north, post=clerk, now=NOW)


def test_a_link_is_made_once_and_lies_nowhere_in_clear(found):
    token = link_for(found, now=NOW)

    assert link_for(found, now=NOW + DAY) == token
    assert len(token) >= 43  # 256 bit
    link = ResidentLink.objects.get()
    assert token not in link.digest
    assert resolve(token, now=NOW) == found


@pytest.mark.parametrize("token", ["", "x" * 43, "é" * 20, "\ud800"])
def test_a_wrong_token_finds_nothing(found, token):
    link_for(found, now=NOW)
    assert resolve(token, now=NOW) is None


def test_a_lost_slip_is_replaced_and_its_link_ends(found, clerk):
    _, old = slip_token(actor=clerk, number=found.number, anew=False, now=NOW)
    _, new = slip_token(actor=clerk, number=found.number, anew=True, now=NOW + DAY)

    assert new != old
    assert resolve(old, now=NOW + DAY) is None
    assert resolve(new, now=NOW + DAY) == found
    assert list(
        AuditEvent.objects.filter(action__startswith="grievance.slip")
        .order_by("pk")
        .values_list("action", flat=True)
    ) == [
        "grievance.slip",
        "grievance.slip_anew",
    ]
    assert not any(
        new in f"{event.fields} {event.reason_code}" for event in AuditEvent.objects.all()
    )


def test_a_link_lives_until_two_months_after_the_end(found, clerk):
    token = link_for(found, now=NOW)
    move(found, "withdraw", clerk, now=NOW)

    assert resolve(token, now=NOW + VALID_AFTER_END) == found
    assert resolve(token, now=NOW + VALID_AFTER_END + DAY) is None


def test_a_merged_one_lives_as_long_as_the_one_it_went_into(world, found, clerk):
    other = make_grievance(world.north, post=clerk, now=NOW)
    token = link_for(found, now=NOW)
    move(found, "merge", clerk, now=NOW, other_number=other.number)

    assert resolve(token, now=NOW + 300 * DAY) == found


def test_who_handles_it_never_has_the_link(world, found, clerk):
    handler = make_post(Role.HANDLER, world.section)
    move(found, "accept", clerk, now=NOW)
    move(found, "assign", clerk, now=NOW, lead_id=world.section.pk)

    with pytest.raises(PermissionDenied):
        slip_token(actor=handler, number=found.number, anew=False, now=NOW)
    with pytest.raises(Grievance.DoesNotExist):
        slip_token(
            actor=make_post(Role.CLERK, world.gucheng), number=found.number, anew=False, now=NOW
        )
