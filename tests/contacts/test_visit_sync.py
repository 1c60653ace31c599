"""Sending what a device kept: strict, entry by entry, the same id once, nobody else's."""

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from contacts.forms.rounds import MOST_ENTRIES
from contacts.models import Household, Visit
from contacts.services.rounds import Tap, send
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.contacts.test_visit_concurrency import at_once
from tests.factories.accounts import make_post, make_world, sign_in
from tests.factories.contacts import make_household, make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

SYNC = "/contacts/visits/sync/"


def milliseconds() -> int:
    return int(timezone.now().timestamp() * 1000)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def home(world, worker):
    return make_household(community=world.north, worker=worker.user)


def entry(home, /, **changes) -> dict:
    told = {
        "id": str(uuid.uuid4()),
        "household": home.pk,
        "result": "MET",
        "at": milliseconds() - 60_000,
        "note": "",
        "to_complete": False,
    }
    return {key: value for key, value in {**told, **changes}.items() if value is not ...}


def post(client, worker, *entries, **changes):
    told = {"owner": f"{worker.user_id}.{worker.pk}", "sent": milliseconds(), "entries": entries}
    return client.post(SYNC, json.dumps({**told, **changes}), content_type="application/json")


def results(answer) -> list[str]:
    return [one["state"] for one in answer.json()["results"]]


def test_who_asks_and_the_token_to_send_with(client, worker):
    sign_in(client, worker)
    told = client.get(SYNC).json()

    assert told["owner"] == f"{worker.user_id}.{worker.pk}"
    strict = Client(enforce_csrf_checks=True)
    sign_in(strict, worker)
    assert post(strict, worker).status_code == 403
    token = strict.get(SYNC).json()["token"]
    answer = strict.post(SYNC, "x", content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 400


def test_saved_once_and_known_afterwards(client, worker, home):
    sign_in(client, worker)
    told = entry(home, note="灯不亮", to_complete=True)

    assert results(post(client, worker, told)) == ["saved"]
    assert results(post(client, worker, told)) == ["known"]
    visit = Visit.objects.get()
    assert (str(visit.client_id), visit.text, visit.to_complete) == (told["id"], "灯不亮", True)
    assert int(visit.occurred_at.timestamp() * 1000) == told["at"]
    assert AuditEvent.objects.filter(action="visit.log").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "no uuid"},
        {"id": ...},
        {"id": 5},
        {"id": 2**80},
        {"id": ["a"]},
        {"id": None},
        {"result": ["MET"]},
        {"result": {}},
        {"household": "1"},
        {"household": True},
        {"household": 2**63},
        {"household": -1},
        {"result": "ROBBED"},
        {"result": None},
        {"at": "2026-11-22"},
        {"at": -1},
        {"at": 10**17},
        {"at": 1.5},
        {"note": "长" * 501},
        {"note": "a\x00b"},
        {"note": "\ud800"},
        {"note": 5},
        {"to_complete": "yes"},
        {"author": 1},
        {"clock": 5},
        {"clock": {"server": 1}},
        {"clock": {"server": 1, "device": "1"}},
        {"clock": {"server": 1, "device": 1, "more": 1}},
    ],
    ids=lambda wrong: str(wrong)[-24:],
)
def test_one_that_cannot_be_read_stops_no_other(client, worker, home, wrong):
    sign_in(client, worker)
    second = make_household(community=worker.organisation, worker=worker.user)

    answer = post(client, worker, entry(home), entry(home, **wrong), entry(second))

    assert results(answer) == ["saved", "refused", "saved"]
    assert "重新点一次" in answer.json()["results"][1]["reason"]
    assert Visit.objects.count() == 2


def test_what_has_no_text_for_its_name_is_named_back(client, worker, home):
    """Else the device would send it again for ever."""
    sign_in(client, worker)

    (told,) = post(client, worker, entry(home, id=5)).json()["results"]

    assert (told["id"], told["state"]) == (5, "refused")


def test_what_is_not_allowed_stops_no_other(client, world, worker, home):
    """The id belongs to somebody else's visit."""
    sign_in(client, worker)
    theirs = make_visit(home, post=make_post(Role.COMMUNITY_WORKER, world.north))

    answer = post(client, worker, entry(home, id=str(theirs.client_id)), entry(home))

    assert results(answer) == ["refused", "saved"]
    assert answer.json()["results"][0]["reason"]


def test_a_refused_one_says_why_and_stops_no_other(client, world, worker, home):
    sign_in(client, worker)
    ended = make_household(community=world.north, worker=worker.user)
    Household.objects.filter(pk=ended.pk).update(ended_on=timezone.localdate())
    foreign = make_household(community=world.gucheng_community)

    answer = post(client, worker, entry(ended), entry(foreign), entry(home))

    assert results(answer) == ["refused", "refused", "saved"]
    first, second, _ = answer.json()["results"]
    assert "已停用" in first["reason"]
    assert "没有找到这一户" in second["reason"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"owner": 1, "sent": 1, "entries": []}',
        b'{"entries": []}',
    ],
    ids=lambda body: body[:12].decode(errors="replace"),
)
def test_what_is_no_batch_is_a_400_in_words(client, worker, body):
    sign_in(client, worker)
    answer = client.post(SYNC, body, content_type="application/json")

    assert answer.status_code == 400
    assert "请" in answer.json()["error"]


def test_a_batch_has_its_bounds(client, worker, home):
    sign_in(client, worker)

    assert post(client, worker).status_code == 400
    assert post(client, worker, *[entry(home)] * (MOST_ENTRIES + 1)).status_code == 400
    assert post(client, worker, entry(home), sent="now").status_code == 400
    assert post(client, worker, entry(home), more=1).status_code == 400
    assert not Visit.objects.exists()


def test_the_queue_of_another_person_or_post_is_never_mine(client, world, worker, home):
    second_post = make_post(Role.OFFICER, world.bajiao, user=worker.user)
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    for other in (second_post, colleague):
        sign_in(client, other)
        answer = post(client, worker, entry(home))
        assert answer.status_code == 409
        assert "没有发送" in answer.json()["error"]
    assert not Visit.objects.exists()


def test_an_id_of_somebody_elses_visit_tells_nothing(client, world, worker, home):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    told = entry(home)
    sign_in(client, worker)
    post(client, worker, told)

    sign_in(client, colleague)
    answer = post(client, colleague, told | {"result": "DECLINED"})
    assert results(answer) == ["refused"]
    assert Visit.objects.get().post_id == worker.pk


def test_a_clock_that_is_off_is_corrected_and_told(client, worker, home):
    sign_in(client, worker)
    day = 24 * 3600 * 1000
    told = entry(home, at=milliseconds() - 3 * day - 7_200_000)

    answer = post(client, worker, told, sent=milliseconds() - 3 * day)

    assert answer.json()["results"][0]["corrected"] is True
    ago = timezone.now() - Visit.objects.get().occurred_at
    assert abs(ago.total_seconds() - 7200) < 60


def test_a_clock_that_was_put_right_before_the_sending_is_corrected_too(client, worker, home):
    sign_in(client, worker)
    hours, days = 3_600_000, 8 * 24 * 3_600_000
    now = milliseconds()
    clock = {"server": now - 3 * hours, "device": now - 3 * hours - days}

    answer = post(client, worker, entry(home, at=now - 2 * hours - days, clock=clock))

    assert answer.json()["results"][0]["corrected"] is True
    ago = timezone.now() - Visit.objects.get().occurred_at
    assert abs(ago.total_seconds() - 7200) < 60


def test_signed_out_is_said_and_nothing_written(client, worker, home):
    assert client.get(SYNC).status_code == 401
    assert post(client, worker, entry(home)).status_code == 401
    assert not Visit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_sendings_at_once_are_one_visit_each():
    world = make_world()
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    first = make_household(community=world.north, worker=worker.user)
    doors = [first, *(make_household(first.building, worker=worker.user) for _ in range(2))]
    now = timezone.now()
    entries = [
        Tap(client_id=uuid.uuid4(), household_id=one.pk, result="MET", at=now) for one in doors
    ]

    answers = at_once(
        *[lambda: send(actor=worker, entries=entries, sent=now, now=timezone.now())] * 8
    )

    assert Visit.objects.count() == 3
    assert {one.visit.client_id for answer in answers for one in answer} == {
        one.client_id for one in entries
    }
    assert AuditEvent.objects.filter(action="visit.log").count() == 3
