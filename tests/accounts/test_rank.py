"""Who manages whom: every actor × every role × in reach, elsewhere, above, oneself; by hand."""

import datetime as dt
import itertools

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounts import workflow
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import FITS, SEPARATED, DelegateKind, Role, rank
from portal.accounts.selectors.people import person_page
from portal.accounts.services import keeping, second_factor
from portal.accounts.services.people import (
    NewPost,
    create_user,
    end_post,
    grant_post,
    set_password,
)
from portal.core.errors import DomainError
from tests.accounts.test_second_factor import now_code
from tests.factories.accounts import make_organisation, make_post, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
TODAY = timezone.localdate()
NOW = timezone.now()
R = Role

#: (role, where it is held): the heads of a street and those of a community are two things.
TARGETS = {
    "worker": (R.COMMUNITY_WORKER, "north"),
    "worker of a grid": (R.COMMUNITY_WORKER, "grid"),
    "officer": (R.OFFICER, "bajiao"),
    "officer of a section": (R.OFFICER, "section"),
    "head of a community": (R.LEADER, "north"),
    "delegate": (R.DELEGATE, "bajiao"),
    "clerk": (R.CLERK, "bajiao"),
    "handler": (R.HANDLER, "section"),
    "head of the street": (R.LEADER, "bajiao"),
    "street administrator": (R.STREET_ADMIN, "bajiao"),
    "district leader": (R.DISTRICT_LEADER, "district"),
    "district administrator": (R.DISTRICT_ADMIN, "district"),
    "inspector": (R.INSPECTOR, "district"),
    "system": (R.SYSTEM_ADMIN, "district"),
    "security": (R.SECURITY_ADMIN, "district"),
    "auditor": (R.AUDITOR, "district"),
}
BELOW_A_STREET = {
    "worker", "worker of a grid", "officer", "officer of a section", "head of a community",
    "delegate", "clerk", "handler",
}  # fmt: skip
BELOW_A_DISTRICT = BELOW_A_STREET | {"head of the street", "street administrator"}
BELOW_THE_THREE = BELOW_A_DISTRICT | {
    "district leader", "district administrator", "inspector",
}  # fmt: skip
NOBODY: set[str] = set()

#: Actor → where → whose posts it grants and ends, whose account it keeps, whose lock it opens.
ACTORS = {
    R.STREET_ADMIN: ("bajiao", BELOW_A_STREET, BELOW_A_STREET, BELOW_A_STREET),
    R.DISTRICT_ADMIN: ("district", BELOW_A_DISTRICT, BELOW_A_DISTRICT, BELOW_A_DISTRICT),
    R.SYSTEM_ADMIN: ("district", NOBODY, BELOW_THE_THREE, NOBODY),
    R.SECURITY_ADMIN: ("district", BELOW_THE_THREE, NOBODY, BELOW_THE_THREE),
    # Everybody else manages nobody.
    R.LEADER: ("bajiao", NOBODY, NOBODY, NOBODY),
    R.DISTRICT_LEADER: ("district", NOBODY, NOBODY, NOBODY),
    R.AUDITOR: ("district", NOBODY, NOBODY, NOBODY),
    R.INSPECTOR: ("district", NOBODY, NOBODY, NOBODY),
    R.COMMUNITY_WORKER: ("north", NOBODY, NOBODY, NOBODY),
}
REFUSED = (DomainError, PermissionDenied, Organisation.DoesNotExist, User.DoesNotExist)


def entry(role, place, user):
    kind = DelegateKind.PARTY if role == R.DELEGATE else None
    return NewPost(user=user, organisation=place, role=role, since=TODAY, delegate_kind=kind)


def allowed(do) -> bool:
    try:
        do()
    except REFUSED:
        return False
    return True


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("actor_role", ACTORS)
def test_posts_are_granted_and_ended_below_the_own_rank(world, actor_role, target):
    place, grants, _, _ = ACTORS[actor_role]
    actor = make_post(actor_role, getattr(world, place))
    role, held_at = TARGETS[target]
    where = getattr(world, held_at)
    held = make_post(role, where)

    assert allowed(lambda: grant_post(actor=actor, entry=entry(role, where, make_user()))) == (
        target in grants
    )
    assert allowed(lambda: end_post(actor=actor, post=held, until=TODAY)) == (target in grants)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("actor_role", ACTORS)
def test_accounts_are_kept_below_the_own_rank(world, actor_role, target):
    place, _, keeps, opens = ACTORS[actor_role]
    actor = make_post(actor_role, getattr(world, place))
    role, held_at = TARGETS[target]

    def person() -> User:
        return make_post(role, getattr(world, held_at)).user

    def closed() -> User:
        user = person()
        User.objects.filter(pk=user.pk).update(is_active=False)
        return user

    links = [
        lambda: keeping.give_link(actor=actor, user=person(), now=NOW),
        lambda: keeping.reactivate(actor=actor, user=closed()),
    ]
    opening_ones = [
        lambda: keeping.unlock_for(actor=actor, user=person()),
        lambda: keeping.reset_second_factor(actor=actor, user=person()),
    ]
    # SYSTEM_ADMIN closes accounts; a link to what somebody's post sees is not his alone.
    gives = keeps - (set(TARGETS) if actor_role == R.SYSTEM_ADMIN else NOBODY)
    assert allowed(lambda: keeping.deactivate(actor=actor, user=person(), now=NOW)) == (
        target in keeps
    )
    assert [allowed(do) for do in links] == [target in gives] * 2
    assert [allowed(do) for do in opening_ones] == [target in opens] * 2


@pytest.mark.parametrize("actor_role", list(ACTORS)[:4])
def test_nobody_manages_elsewhere(world, actor_role):
    """A street beside, the district above, another district: as if they did not exist."""
    place, grants, keeps, opens = ACTORS[actor_role]
    actor = make_post(actor_role, getattr(world, place))
    far = make_organisation(OrganisationKind.STREET, parent=world.other_district)
    places = [far] if place == "district" else [far, world.gucheng, world.district]
    for where in places:
        held = make_post(R.OFFICER, where)
        if grants:
            with pytest.raises(Organisation.DoesNotExist):
                grant_post(actor=actor, entry=entry(R.OFFICER, where, make_user()))
            with pytest.raises(Organisation.DoesNotExist):
                end_post(actor=actor, post=held, until=TODAY)
        if keeps:
            with pytest.raises(User.DoesNotExist):
                keeping.give_link(actor=actor, user=held.user, now=NOW)
            with pytest.raises(User.DoesNotExist):
                keeping.deactivate(actor=actor, user=held.user, now=NOW)
        if opens:
            with pytest.raises(User.DoesNotExist):
                keeping.reset_second_factor(actor=actor, user=held.user)
        assert held.user not in User.objects.visible_to(actor)


@pytest.mark.parametrize("actor_role", list(ACTORS)[:4])
def test_nobody_manages_oneself_so_the_last_administrator_stays(world, actor_role):
    place, grants, keeps, opens = ACTORS[actor_role]
    actor = make_post(actor_role, getattr(world, place))
    second = make_post(R.CLERK, world.bajiao, user=actor.user)
    ways = []
    if grants:
        ways += [
            lambda: grant_post(actor=actor, entry=entry(R.HANDLER, world.section, actor.user)),
            lambda: end_post(actor=actor, post=second, until=TODAY),
        ]
    if keeps:
        ways += [
            lambda: keeping.give_link(actor=actor, user=actor.user, now=NOW),
            lambda: keeping.deactivate(actor=actor, user=actor.user, now=NOW),
        ]
    if opens:
        ways += [
            lambda: keeping.unlock_for(actor=actor, user=actor.user),
            lambda: keeping.reset_second_factor(actor=actor, user=actor.user),
        ]
    for way in ways:
        with pytest.raises(DomainError, match="自己"):
            way()
    peer = make_post(actor_role, actor.organisation)
    for way in (
        lambda: end_post(actor=peer, post=actor, until=TODAY),
        lambda: keeping.deactivate(actor=peer, user=actor.user, now=NOW),
    ):
        assert not allowed(way)


def test_somebody_who_also_stands_elsewhere_gets_posts_here_but_keeps_the_account(world):
    admin = make_post(R.STREET_ADMIN, world.bajiao)
    both = make_post(R.CLERK, world.bajiao).user
    make_post(R.OFFICER, world.gucheng, user=both)

    granted = grant_post(actor=admin, entry=entry(R.HANDLER, world.section, both))
    Post.objects.filter(pk=granted.pk).update(since=TODAY - dt.timedelta(days=3))
    granted.refresh_from_db()
    end_post(actor=admin, post=granted, until=TODAY)
    for way in (
        lambda: keeping.give_link(actor=admin, user=both, now=NOW),
        lambda: keeping.deactivate(actor=admin, user=both, now=NOW),
        lambda: keeping.reset_second_factor(actor=admin, user=both),
    ):
        with pytest.raises(DomainError, match="单位以外"):
            way()
    # The district stands over both streets.
    keeping.deactivate(actor=make_post(R.DISTRICT_ADMIN, world.district), user=both, now=NOW)


@pytest.mark.parametrize("since", [-10, 5])
def test_a_post_above_counts_from_the_day_it_is_granted(world, since):
    """Who will be the administrator tomorrow is not taken over today."""
    admin = make_post(R.STREET_ADMIN, world.bajiao)
    clerk = make_post(R.CLERK, world.bajiao).user
    make_post(R.LEADER, world.bajiao, user=clerk, since=TODAY + dt.timedelta(days=since))

    with pytest.raises(DomainError, match="班子成员"):
        keeping.give_link(actor=admin, user=clerk, now=NOW)


def test_a_former_post_above_counts_no_more(world):
    admin = make_post(R.STREET_ADMIN, world.bajiao)
    clerk = make_post(R.CLERK, world.bajiao).user
    make_post(R.DISTRICT_ADMIN, world.district, user=clerk, until=TODAY)

    assert keeping.give_link(actor=admin, user=clerk, now=NOW)


def test_between_two_posts_the_last_one_decides(world):
    """Somebody who was an officer here is not taken over on the day the district lets go."""
    admin = make_post(R.STREET_ADMIN, world.bajiao)
    above = make_post(R.SECURITY_ADMIN, world.district)
    person = make_post(R.OFFICER, world.bajiao, until=TODAY - dt.timedelta(days=90)).user
    make_post(R.DISTRICT_ADMIN, world.district, user=person, until=TODAY)

    assert person not in User.objects.visible_to(admin)
    assert person in User.objects.visible_to(above)
    with pytest.raises(User.DoesNotExist):
        keeping.give_link(actor=admin, user=person, now=NOW)
    with pytest.raises(User.DoesNotExist):
        keeping.reset_second_factor(actor=admin, user=person)


def test_between_two_posts_its_rank_and_every_last_one_count(world):
    admin = make_post(R.STREET_ADMIN, world.bajiao)
    head = make_post(R.LEADER, world.bajiao, until=TODAY).user
    both = make_post(R.CLERK, world.bajiao, until=TODAY).user
    make_post(R.CLERK, world.gucheng, user=both, until=TODAY)
    clerk = make_post(R.CLERK, world.bajiao, until=TODAY).user
    make_post(R.CLERK, world.gucheng, user=clerk, until=TODAY - dt.timedelta(days=9))

    for person, words in ((head, "班子成员"), (both, "单位以外")):
        with pytest.raises(DomainError, match=words):
            keeping.give_link(actor=admin, user=person, now=NOW)
        page = person_page(post=admin, user=person, now=NOW)
        assert words in page.refusal
        assert not page.line.may_deactivate
    assert keeping.give_link(actor=admin, user=clerk, now=NOW)
    assert person_page(post=admin, user=clerk, now=NOW).line.posts == ()


def test_who_made_the_account_keeps_it_until_the_first_post_only(world):
    admin = make_post(R.STREET_ADMIN, world.bajiao)
    person = create_user(actor=admin, username="li.min", name="李敏")
    assert person in User.objects.visible_to(admin)
    make_post(R.CLERK, world.gucheng, user=person, until=TODAY)
    assert person not in User.objects.visible_to(admin)


def test_the_system_administrator_alone_opens_nobodys_eyes(world):
    """Links for who holds no post, or has a second factor that only others make void."""
    system = make_post(R.SYSTEM_ADMIN, world.district)
    security = make_post(R.SECURITY_ADMIN, world.district)
    leader = make_post(R.DISTRICT_LEADER, world.district, since=TODAY + dt.timedelta(days=3)).user
    with pytest.raises(DomainError, match="一人"):
        keeping.give_link(actor=system, user=leader, now=NOW)
    assert "一人" in person_page(post=system, user=leader, now=NOW).link_refusal

    secret = second_factor.new_secret()
    second_factor.set_up(user=leader, secret=secret, code=now_code(secret))
    assert keeping.give_link(actor=system, user=leader, now=NOW)
    keeping.reset_second_factor(actor=security, user=leader)
    with pytest.raises(DomainError, match="一人"):
        keeping.give_link(actor=system, user=leader, now=NOW)


def test_a_link_that_is_about_stands_before_a_post(world):
    """Else the maker of the account reads as the person until the link is used."""
    system = make_post(R.SYSTEM_ADMIN, world.district)
    security = make_post(R.SECURITY_ADMIN, world.district)
    person, link = keeping.enrol(actor=system, username="li.min", name="李敏", first_post=None)
    assert link
    with pytest.raises(DomainError, match="先设好密码"):
        grant_post(actor=security, entry=entry(R.INSPECTOR, world.district, person))

    set_password(user=person, password="my-own-words-7")
    assert grant_post(actor=security, entry=entry(R.INSPECTOR, world.district, person))


def test_in_sight_while_between_posts_and_gone_with_the_next_one(world):
    admin = make_post(R.STREET_ADMIN, world.bajiao)
    beside = make_post(R.STREET_ADMIN, world.gucheng)
    new = create_user(actor=admin, username="li.min", name="李敏")
    left = make_post(R.CLERK, world.bajiao, until=TODAY).user

    assert {new, left} <= set(User.objects.visible_to(admin))
    assert not {new, left} & set(User.objects.visible_to(beside))

    for person in (new, left):
        make_post(R.CLERK, world.gucheng, user=person)
    assert not {new, left} & set(User.objects.visible_to(admin))
    assert {new, left} <= set(User.objects.visible_to(beside))


@pytest.mark.parametrize("role", sorted(set(Role) - set(list(ACTORS)[:4])))
def test_nobody_else_sees_people(world, role):
    make_post(R.CLERK, world.bajiao)

    assert not User.objects.visible_to(make_post(role, world.bajiao)).exists()


def test_every_role_has_a_rank_where_it_fits():
    for role in Role:
        for kind in FITS[role]:
            assert 1 <= rank(role, kind) <= 4
    assert {rank(role, "DISTRICT") for role in SEPARATED} == {4}


places = st.sampled_from([kind for kind in OrganisationKind if kind != OrganisationKind.EXTERNAL])


@settings(max_examples=60)
@given(chain=st.lists(st.tuples(st.sampled_from(list(Role)), places), min_size=2, max_size=5))
def test_rank_has_no_way_round(chain):
    """Whoever grants to whoever grants … never ends at or above where it began."""
    held = [
        Post(role=role, organisation=Organisation(kind=kind, path="1/"))
        for role, kind in chain
        if kind in FITS[role]
    ]
    for above, below in itertools.pairwise(held):
        if workflow.why_not_role(above, below.role, below.organisation.kind):
            return
    if len(held) > 1:
        assert workflow.rank_of(held[-1]) < workflow.rank_of(held[0])
        assert held[-1].role not in SEPARATED
