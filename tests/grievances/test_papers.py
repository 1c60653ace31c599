"""The papers of a 信访件: for the desk and the lead, in the states that ask for them."""

import datetime as dt

import pytest

from grievances.selectors.papers import KINDS
from portal.accounts.roles import Role
from portal.accounts.trail_words import reason_words
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_post, sign_in
from tests.factories.grievances import ask, make_grievance, move

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def handler(world):
    return make_post(Role.HANDLER, world.section)


@pytest.fixture
def office(world):
    """Registers it, and is the resident's contact: who else reads a name reads it masked."""
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def found(world, office):
    return make_grievance(
        world.north,
        post=office,
        now=NOW,
        regime="PETITION",
        text="王秀英家楼下的围墙要倒了，电话13800131234。",
    )


def given(found, clerk, world):
    move(found, "accept", clerk, now=NOW)
    return move(found, "assign", clerk, now=NOW, lead_id=world.section.pk)


def read(client, post, grievance, tail):
    sign_in(client, post)
    return client.get(f"/grievances/{grievance.number}/{tail}")


def offered(client, post, grievance) -> set[str]:
    """The kinds that the page of the grievance leads to, each of which opens; the others do not."""
    page = read(client, post, grievance, "").content.decode()
    kinds = {kind for kind in KINDS if f"/{grievance.number}/papers/{kind}/" in page}
    for kind in KINDS:
        status = client.get(f"/grievances/{grievance.number}/papers/{kind}/").status_code
        assert status == (200 if kind in kinds else 404), kind
    return kinds


def test_another_street_has_no_paper_of_it(client, world, found):
    elsewhere = make_post(Role.CLERK, world.gucheng)
    assert read(client, elsewhere, found, "papers/acceptance/").status_code == 404


def test_each_paper_in_its_states(client, world, clerk, handler, found):
    assert offered(client, clerk, found) == set()
    move(found, "accept", clerk, now=NOW)
    assert offered(client, clerk, found) == {"acceptance", "receipt"}
    move(found, "assign", clerk, now=NOW, lead_id=world.section.pk)
    assert offered(client, handler, found) == {"acceptance", "transfer", "receipt"}
    move(found, "sign", handler, now=NOW)
    move(found, "issue_opinion", handler, now=NOW)
    assert offered(client, handler, found) == {"opinion", "receipt"}


def test_what_was_refused_is_told_on_paper(client, clerk, found):
    move(found, "decline", clerk, now=NOW)
    assert offered(client, clerk, found) == {"refusal", "receipt"}
    page = read(client, clerk, found, "papers/refusal/").content.decode()
    assert "王秀英" not in page
    assert "13800131234" not in page
    assert "第23条" in page
    assert "这件事由市里管。" in page


def test_an_extension_is_told_once_it_is_granted(client, world, clerk, handler, found):
    given(found, clerk, world)
    move(found, "sign", handler, now=NOW)
    ask(found, "ask_extension", handler, now=NOW, reason="要等王秀英回来，配件下周到")
    assert "extension" not in offered(client, clerk, found)
    ask(found, "decide_extension", make_post(Role.LEADER, world.bajiao), now=NOW)
    assert "extension" in offered(client, clerk, found)
    page = read(client, clerk, found, "papers/extension/").content.decode()
    assert "第34条" in page
    assert "配件下周到" in page
    assert "王秀英" not in page


def test_the_opinion_names_result_words_and_the_way_on(client, world, clerk, handler, found):
    given(found, clerk, world)
    move(found, "sign", handler, now=NOW)
    move(found, "issue_opinion", handler, now=NOW, reply="支持，围墙十二月前重砌。")
    move(found, "ask_review", clerk, now=NOW)
    move(found, "review", clerk, now=NOW)
    page = read(client, clerk, found, "papers/opinion/").content.decode()
    for words in ("支持", "围墙十二月前重砌", "第32条", "30日内", "第35条"):
        assert words in page, words
    assert "不予支持" not in page


def test_only_the_desk_and_the_lead_make_papers(client, world, clerk, handler, found):
    given(found, clerk, world)
    for post, status in (
        (clerk, 200),
        (handler, 200),
        (make_post(Role.LEADER, world.bajiao), 403),
        (make_post(Role.COMMUNITY_WORKER, world.north), 403),
    ):
        assert read(client, post, found, "papers/acceptance/").status_code == status, post


def test_every_paper_opened_is_in_the_trail_by_its_name(client, world, clerk, found):
    given(found, clerk, world)
    read(client, clerk, found, "papers/transfer/")
    event = AuditEvent.objects.filter(action="grievance.print").get()
    assert event.reason_code == "PAPER_TRANSFER"
    assert reason_words(event.reason_code) == "转送函"
    assert all(reason_words(kind.trail_code) == kind.title for kind in KINDS.values())


def test_only_a_petition_has_papers(client, world, clerk):
    local = make_grievance(world.north, post=clerk, now=NOW)
    move(local, "accept", clerk, now=NOW)
    assert offered(client, clerk, local) == set()
