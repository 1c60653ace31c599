"""志愿服务: 服务人次 is always counted from taps, and nobody reads whom they were for."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.models import ServiceEntry, ServiceSession, VolunteerTeam
from contacts.selectors.volunteers import session_page, team_lines, totals
from contacts.services import volunteers as services
from contacts.services.volunteers import SessionEntry, TeamEntry
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.core.periods import Month
from tests.factories.accounts import make_post, sign_in
from tests.factories.places import make_entry, make_member, make_session, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao)


@pytest.fixture
def team(world):
    return make_team(world.bajiao, community=world.north)


def today() -> dt.date:
    return timezone.localdate()


def told(team, community, **fields) -> SessionEntry:
    return SessionEntry(
        **{
            "client_id": uuid.uuid4(),
            "team_id": team.pk,
            "community_id": community.pk,
            "held_on": today(),
            "place": "居委会",
            **fields,
        }
    )


def tap(actor, session, item="HAIRCUT", **fields) -> ServiceEntry:
    given = {"client_id": uuid.uuid4(), "now": timezone.now()} | fields
    return services.add_entry(actor=actor, session_id=session.client_id, item=item, **given)


@pytest.mark.sqlite
def test_a_team_is_founded_changed_and_ended(world, leader):
    entry = TeamEntry(name="同心圆服务队", kind="TEAM", community_id=None, since=today())
    team = services.open_team(actor=leader, entry=entry, now=timezone.now())
    with pytest.raises(DomainError, match="同名"):
        services.open_team(actor=leader, entry=entry, now=timezone.now())

    secretary = make_post(Role.LEADER, world.north)
    with pytest.raises(PermissionDenied):
        services.edit_team(actor=secretary, team_id=team.pk, entry=entry, now=timezone.now())
    with pytest.raises(VolunteerTeam.DoesNotExist):
        services.end_team(
            actor=make_post(Role.LEADER, world.gucheng),
            team_id=team.pk,
            until=today(),
            now=timezone.now(),
        )

    services.end_team(actor=leader, team_id=team.pk, until=today(), now=timezone.now())
    assert not team_lines(leader, period=None, today=today())
    assert AuditEvent.objects.filter(action="team.end").exists()


@pytest.mark.sqlite
def test_the_same_form_is_one_session_and_the_same_tap_one_service(world, worker, team):
    entry = told(team, world.north, volunteers=(make_member(team).pk,))
    session = services.log_session(actor=worker, entry=entry, now=timezone.now())
    assert services.log_session(actor=worker, entry=entry, now=timezone.now()) == session

    twice = uuid.uuid4()
    assert tap(worker, session, client_id=twice) == tap(worker, session, client_id=twice)
    assert totals(worker, None).served == 1


@pytest.mark.sqlite
def test_what_no_session_can_be(world, worker, team):
    stranger = make_member(make_team(world.bajiao, name="另一队"))
    cases = {
        "一年之内": told(team, world.north, held_on=today() + dt.timedelta(days=1)),
        "服务的社区": told(team, world.south),
        "请写地点": told(team, world.north, place=" "),
        "不在这支队伍": told(team, world.north, volunteers=(stranger.pk,)),
        "没有找到": told(make_team(world.gucheng), world.gucheng_community),
    }
    for message, entry in cases.items():
        with pytest.raises(DomainError, match=message):
            services.log_session(actor=worker, entry=entry, now=timezone.now())
    assert not ServiceSession.objects.exists()


@settings(max_examples=20)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(ServiceEntry.Item.values), st.booleans()), max_size=6),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 15),
)
def test_served_is_the_number_of_valid_taps_everywhere(django_db_blocker, plan, voided):
    """Whatever is tapped, taken back and voided: head, team and session say the same number."""
    from django.db import transaction  # noqa: PLC0415 -- a rollback for each example

    from tests.factories.accounts import make_world  # noqa: PLC0415 -- as above

    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        worker = make_post(Role.COMMUNITY_WORKER, world.north)
        team = make_team(world.bajiao, community=world.north)
        expected = 0
        for number, taps in enumerate(plan):
            session = make_session(team, post=worker, community=world.north)
            for item, taken_back in taps:
                row = tap(worker, session, item)
                if taken_back:
                    services.void_entry(
                        actor=worker,
                        session_id=session.client_id,
                        client_id=row.client_id,
                        now=timezone.now(),
                    )
            gone = bool(voided & (1 << number))
            if gone:
                services.void_session(
                    actor=worker, client_id=session.client_id, reason="误记", now=timezone.now()
                )
            session.refresh_from_db()
            here = 0 if gone else sum(not taken_back for _, taken_back in taps)
            assert session_page(session, post=worker).served == here
            expected += here
        month = Month.of(today())
        assert totals(worker, month).served == expected
        [line] = team_lines(worker, period=month, today=today())
        assert line.served == expected
        transaction.set_rollback(True)


def test_only_the_author_and_who_keeps_teams_taps(world, worker, leader, team):
    session = make_session(team, post=worker, community=world.north)
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    with pytest.raises(PermissionDenied):
        tap(colleague, session)
    with pytest.raises(PermissionDenied):
        tap(make_post(Role.CLERK, world.bajiao), session)
    assert tap(leader, session)


def test_whom_it_was_for_stays_with_the_author(client, world, worker, leader, team):
    session = make_session(team, post=worker, community=world.north)
    make_entry(session, served="张大爷")
    make_member(team, name="马志强", phone="13700001111")
    address = session.get_absolute_url()

    sign_in(client, worker)
    assert "张大爷" in client.get(address).content.decode()
    assert "13700001111" not in client.get(team.get_absolute_url()).content.decode()
    sign_in(client, leader)
    assert "张大爷" not in client.get(address).content.decode()
    assert "13700001111" in client.get(team.get_absolute_url()).content.decode()
    sign_in(client, make_post(Role.LEADER, world.gucheng))
    assert client.get(address).status_code == 404
    assert "同心圆" not in client.get("/contacts/volunteers/").content.decode()


def test_the_pages_work_without_a_script(client, world, worker, leader, team):
    member = make_member(team)
    sign_in(client, worker)
    new = f"/contacts/volunteers/services/new/?team={team.pk}"
    assert client.get("/contacts/volunteers/services/new/").url == "/contacts/volunteers/"
    form = {
        "client_id": str(uuid.uuid4()),
        "held_on": today().isoformat(),
        "community": world.north.pk,
        "place": "",
        "volunteers": member.pk,
    }
    assert "请写地点" in client.post(new, form).content.decode()
    session_url = client.post(new, form | {"place": "居委会一楼"}).url
    page = client.get(session_url)
    tap_url = f"{session_url}tap/"
    one = {"client_id": str(page.context["tap_id"]), "item": "HEALTH", "served": "李奶奶"}
    client.post(tap_url, one)
    client.post(tap_url, one)
    assert "李奶奶" in client.get(session_url).content.decode()
    assert totals(worker, None).served == 1
    client.post(tap_url, {"void": ServiceEntry.objects.get().client_id})
    assert totals(worker, None).served == 0
    answer = client.post(tap_url, {"item": "HEALTH"}, headers={"X-Requested-With": "fetch"})
    assert "再点一次" in answer.content.decode()
    long = client.post(tap_url, {**one, "served": "李" * 41}).content.decode()
    assert "最多写 40 字，现在有 41 字" in long
    assert f'value="{"李" * 41}"' in long

    assert "请写明" in client.post(f"{session_url}void/", {}).content.decode()
    assert client.post(f"{session_url}void/", {"reason": "记了两遍"}).status_code == 302
    assert "记了两遍" in client.get(session_url).content.decode()
    sign_in(client, leader)
    assert client.post(f"{team.get_absolute_url()}members/", {"name": "钱强"}).status_code == 302
    client.post(f"{team.get_absolute_url()}members/{member.pk}/end/")
    assert [one.name for one in team.members.filter(until=None)] == ["钱强"]


def test_the_words_of_a_team_are_changed_by_who_keeps_it_alone(client, world):
    """The form prints what the page masks: a community does not open that of its street."""
    team = make_team(world.bajiao, purpose="陪王秀英看病")
    sign_in(client, make_post(Role.LEADER, world.north))

    assert client.get(f"/contacts/volunteers/{team.pk}/").status_code == 200
    assert client.get(f"/contacts/volunteers/{team.pk}/edit/").status_code == 403


def test_a_grid_worker_reads_the_teams_of_the_community(client, world, team):
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.grid))
    assert "同心圆" in client.get("/contacts/volunteers/").content.decode()
    assert client.get("/contacts/points/").status_code == 200


def test_the_list_does_not_grow_with_teams(client, world, worker, django_assert_max_num_queries):
    for number in range(8):
        one = make_team(world.bajiao, community=world.north, name=f"{number}队")
        make_entry(make_session(one, post=worker, community=world.north))
    sign_in(client, worker)
    client.get("/contacts/volunteers/")
    with django_assert_max_num_queries(12):
        client.get("/contacts/volunteers/")
