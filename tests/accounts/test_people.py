"""Accounts and posts: every refusal, every rule of dates."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from portal.accounts.models import Organisation, OrganisationKind, Post, User
from portal.accounts.roles import FITS, SEPARATED, DelegateKind, Role
from portal.accounts.services.people import (
    NewPost,
    create_user,
    end_post,
    grant_post,
    set_password,
    switch_post,
)
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import PASSWORD, make_organisation, make_post, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
DAY = dt.date(2026, 3, 1)
LATER = dt.date(2026, 6, 1)


def grant(role, place, user=None, actor=None, **more):
    kind = DelegateKind.PARTY if role == Role.DELEGATE else None
    more = {"since": DAY, "delegate_kind": kind} | more
    entry = NewPost(user=user or make_user(), organisation=place, role=role, **more)
    return grant_post(actor=actor, entry=entry)


def test_a_new_account_may_nothing_and_must_change_its_password():
    user = create_user(actor=None, username=" Ｌi.Min ", name="李敏", password="rather-long-77")

    assert (user.username, user.name) == ("li.min", "李敏")
    assert user.must_change_password
    assert not user.posts.exists()
    assert user.check_password("rather-long-77")
    event = AuditEvent.objects.get(action="account.create")
    assert (event.object_kind, event.object_id) == ("accounts.user", str(user.pk))


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"username": "李敏", "name": "李敏"}, "username"),
        ({"username": "a", "name": "李敏"}, "username"),
        ({"username": "taken", "name": "李敏"}, "username"),
        ({"username": "TAKEN", "name": "李敏"}, "username"),
        ({"username": "limin", "name": " "}, "name"),
        ({"username": "limin", "name": "李敏", "password": "short"}, "password"),
        ({"username": "limin", "name": "李敏", "password": "1234567890123"}, "password"),
        ({"username": "longusername", "name": "李敏", "password": "longusername1"}, "password"),
    ],
)
def test_an_account_is_refused_with_the_field_to_mend(entry, field):
    make_user("taken")

    with pytest.raises(DomainError) as refused:
        create_user(actor=None, **entry)

    assert refused.value.field == field


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", OrganisationKind)
def test_a_role_is_held_only_where_it_fits(role, kind):
    place = make_organisation(kind)

    if kind in FITS[role]:
        assert grant(role, place).role == role
    else:
        with pytest.raises(DomainError) as refused:
            grant(role, place)
        assert refused.value.field == "organisation"


def test_outside_bodies_never_sign_in():
    assert not [role for role, kinds in FITS.items() if OrganisationKind.EXTERNAL in kinds]


@pytest.mark.parametrize("second", sorted(SEPARATED))
@pytest.mark.parametrize("first", sorted(SEPARATED))
def test_nobody_holds_two_of_the_three_at_a_time(world, first, second):
    user = make_user()
    held = grant(first, world.district, user)

    for dates in ({"since": LATER}, {"since": DAY}, {"since": dt.date(2025, 1, 1), "until": LATER}):
        with pytest.raises(DomainError) as refused:
            grant(second, world.district, user, **dates)
        assert refused.value.field == "role"

    end_post(actor=None, post=held, until=LATER)
    assert grant(second, world.district, user, since=LATER).role == second


def test_the_database_too_keeps_the_three_apart(world):
    user = make_user()
    make_post(Role.AUDITOR, world.district, user=user)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_post(Role.SYSTEM_ADMIN, world.district, user=user)


def test_one_may_hold_one_of_the_three_and_other_posts(world):
    user = make_user()
    grant(Role.AUDITOR, world.district, user)

    assert grant(Role.OFFICER, world.bajiao, user)


def test_the_same_post_twice_at_a_time_is_refused(world):
    user = make_user()
    grant(Role.OFFICER, world.bajiao, user, until=LATER)

    with pytest.raises(DomainError):
        grant(Role.OFFICER, world.bajiao, user, since=LATER - dt.timedelta(days=1))
    assert grant(Role.OFFICER, world.bajiao, user, since=LATER)


def test_dates_and_delegate_kinds_are_checked(world):
    with pytest.raises(DomainError) as refused:
        grant(Role.OFFICER, world.bajiao, until=DAY)
    assert refused.value.field == "until"
    with pytest.raises(DomainError) as refused:
        grant(Role.DELEGATE, world.bajiao, delegate_kind=None)
    assert refused.value.field == "delegate_kind"
    with pytest.raises(DomainError):
        grant(Role.OFFICER, world.bajiao, delegate_kind=DelegateKind.PARTY)


def test_rights_are_granted_by_the_security_administrator_at_home_below_the_own(world):
    actor = make_post(Role.SECURITY_ADMIN, world.district)
    assert grant(Role.LEADER, world.bajiao, actor=actor)

    with pytest.raises(PermissionDenied):
        grant(Role.LEADER, world.bajiao, actor=make_post(Role.SYSTEM_ADMIN, world.district))
    with pytest.raises(Organisation.DoesNotExist):
        grant(Role.DISTRICT_ADMIN, world.other_district, actor=actor)
    for role in SEPARATED:
        with pytest.raises(DomainError):
            grant(role, world.district, actor=actor)


def test_a_post_ends_on_its_day(world):
    post = make_post(Role.OFFICER, world.bajiao, since=DAY)

    end_post(actor=None, post=post, until=LATER)

    assert post in Post.objects.in_force(LATER - dt.timedelta(days=1))
    assert post not in Post.objects.in_force(LATER)
    assert post.in_force(LATER - dt.timedelta(days=1))
    assert not post.in_force(LATER)
    with pytest.raises(DomainError):
        end_post(actor=None, post=post, until=DAY)
    event = AuditEvent.objects.get(action="post.end")
    assert event.fields == ["until"]


def test_a_closed_account_has_no_post_in_force(world):
    post = make_post(Role.OFFICER, world.bajiao, user=make_user(is_active=False))

    assert post not in Post.objects.in_force(DAY)


def test_switching_takes_only_own_posts_in_force(world):
    user = make_user()
    own = make_post(Role.OFFICER, world.bajiao, user=user)
    ended = make_post(Role.CLERK, world.bajiao, user=user, until=DAY)
    other = make_post(Role.LEADER, world.bajiao)

    assert switch_post(user=user, post_id=own.pk, today=DAY) == own
    assert AuditEvent.objects.get(action="account.switch").post_id == own.pk
    for post in (ended, other):
        with pytest.raises(Post.DoesNotExist):
            switch_post(user=user, post_id=post.pk, today=DAY)


def test_a_new_password_must_be_good_and_new():
    user = make_user(must_change_password=True)
    for bad in ("short", PASSWORD):
        with pytest.raises(DomainError) as refused:
            set_password(user=user, password=bad)
        assert refused.value.field == "password"

    set_password(user=user, password="another-good-one-5")

    user = User.objects.get(pk=user.pk)
    assert user.check_password("another-good-one-5")
    assert not user.must_change_password


def test_scope_of_posts_follows_the_tree(world):
    admin = make_post(Role.STREET_ADMIN, world.bajiao)
    below = make_post(Role.COMMUNITY_WORKER, world.grid)
    outside = make_post(Role.COMMUNITY_WORKER, world.gucheng_community)
    above = make_post(Role.DISTRICT_ADMIN, world.district)

    seen = set(Post.objects.visible_to(admin))

    assert seen == {admin, below}
    assert not {outside, above} & seen
    assert not Post.objects.visible_to(None).exists()


@pytest.mark.parametrize(
    "bad",
    [
        {"role": "KING"},
        {"until": dt.date(2019, 1, 1)},
        {"delegate_kind": "PARTY"},
        {"role": "DELEGATE"},
    ],
)
def test_the_database_refuses_impossible_posts(world, bad):
    post = make_post(Role.OFFICER, world.bajiao)

    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(**bad)


def test_nobody_grants_a_post_to_themselves(world):
    admin = make_post(Role.SECURITY_ADMIN, world.district)

    with pytest.raises(DomainError) as refused:
        grant(Role.STREET_ADMIN, world.bajiao, user=admin.user, actor=admin)

    assert refused.value.field == "user"
    assert not Post.objects.filter(role=Role.STREET_ADMIN).exists()
    assert grant(Role.STREET_ADMIN, world.bajiao, actor=admin).user != admin.user


def test_an_account_made_in_the_demo_is_a_demo_account(settings):
    """Else the demo would refuse to start again: it runs with demo users only."""
    settings.DEMO = True
    assert create_user(actor=None, username="xinren", name="新人").is_demo

    settings.DEMO = False
    assert not create_user(actor=None, username="zaichang", name="在场").is_demo
