import datetime as dt

import pytest
import structlog
from django.db import transaction

from portal.accounts.roles import Role
from portal.audit import services
from portal.audit.actors import Actor
from portal.audit.models import AuditEvent
from portal.core.periods import Week
from tests.factories.accounts import make_post

pytestmark = pytest.mark.django_db


def test_an_event_copies_who_acted_under_which_post(world):
    post = make_post(Role.LEADER, world.bajiao)

    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        services.record(
            actor=post,
            action="household.reveal",
            obj=world.north,
            fields=("phone",),
            reason="VISIT",
        )

    event = AuditEvent.objects.get()
    assert (event.actor_id, event.actor_username) == (post.user_id, post.user.username)
    assert (event.post_id, event.role, event.organisation_id) == (
        post.pk,
        "LEADER",
        world.bajiao.pk,
    )
    assert event.district_id == world.district.pk
    assert (event.object_kind, event.object_id) == ("accounts.organisation", str(world.north.pk))
    assert (event.action, event.fields, event.reason_code) == (
        "household.reveal",
        ["phone"],
        "VISIT",
    )
    assert event.request_id == "r-1"


def test_the_system_and_a_person_without_a_post_can_act():
    services.record(actor=None, action="audit.sweep")
    services.record(
        actor=Actor(user_id=7, username="worker"), action="account.sign_in", district_id=3
    )

    person, system = AuditEvent.objects.order_by("-pk")
    assert (system.actor_id, system.actor_username, system.role) == (None, "", "")
    assert (person.actor_id, person.actor_username, person.district_id) == (7, "worker", 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "reveal"},
        {"action": "household.reveal 13800138000"},
        {"reason": "张小明要求查看"},
        {"reason": "x" * 65},
        {"fields": ["phone=13800138000"]},
        {"fields": ["张小明"]},
    ],
    ids=["no verb", "value in action", "sentence", "long", "value in field", "name in field"],
)
def test_values_do_not_enter_the_trail(wrong):
    with pytest.raises(ValueError, match="audit event"):
        services.record(**{"actor": None, "action": "household.reveal", **wrong})
    assert not AuditEvent.objects.exists()


def test_what_is_rolled_back_leaves_no_event():
    with transaction.atomic():
        services.record(actor=None, action="visit.log")
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()


def test_only_an_auditor_reads_and_only_the_own_district(world):
    leader = make_post(Role.LEADER, world.bajiao)
    elsewhere = make_post(Role.DISTRICT_LEADER, world.other_district)
    for actor in (leader, elsewhere, None):
        services.record(actor=actor, action="visit.log")

    def seen(post):
        return set(AuditEvent.objects.visible_to(post).values_list("organisation_id", flat=True))

    assert seen(make_post(Role.AUDITOR, world.district)) == {world.bajiao.pk, None}
    assert seen(make_post(Role.AUDITOR, world.other_district)) == {world.other_district.pk, None}
    for role in set(Role) - {Role.AUDITOR}:
        assert seen(make_post(role, world.district)) == set()
    assert seen(None) == set()


def test_events_are_found_by_actor_action_object_and_week(world):
    post = make_post(Role.LEADER, world.bajiao)
    old = services.record(actor=post, action="household.reveal", obj=world.north)
    new = services.record(actor=None, action="household.create", obj=world.south)
    rows = AuditEvent.objects

    assert [*rows.by_username(post.user.username)] == [old]
    assert [*rows.of_action("household.create")] == [new]
    assert [*rows.of_action("household")] == [new, old]
    assert [*rows.of_action("house")] == []
    assert [*rows.about("accounts.organisation", world.north.pk)] == [old]
    week = Week.of(dt.date.today())  # noqa: DTZ011 -- any week but a distant one
    assert [*rows.within(week.previous().previous())] == []
    assert rows.within(Week.parse("2000-W01")).count() == 0
