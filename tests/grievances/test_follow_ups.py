"""回访: who asks, what counts, and that nobody who handled it asks or reads a verdict."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from grievances.kinds import State
from grievances.models import CallBack, FollowUp, Grievance, Told
from grievances.selectors.follow_ups import to_ask
from grievances.selectors.tellings import to_tell
from grievances.services import telling
from grievances.services.follow_ups import (
    VerdictEntry,
    ask_call_back,
    called_back,
    close_unreached,
    rate_by_link,
    record_follow_up,
)
from grievances.services.links import link_for
from portal.accounts.roles import Role
from portal.core.errors import DomainError
from portal.notices.models import Outgoing
from portal.notices.registry import Outcome
from tests.factories.accounts import make_post, make_world, sign_in
from tests.factories.grievances import make_grievance, move

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.timedelta(days=1)
GOOD = VerdictEntry(was_contacted=True, was_solved=True, grade="4", words="修得快")
BAD = VerdictEntry(was_contacted=True, was_solved=False, grade="1")


class Desk:
    """A street's people, and one grievance with a result."""

    def __init__(self, world):
        self.world, self.now = world, timezone.now()
        self.clerk = make_post(Role.CLERK, world.bajiao)
        self.handler = make_post(Role.HANDLER, world.section)
        self.leader = make_post(Role.LEADER, world.bajiao)
        self.other_leader = make_post(Role.LEADER, world.bajiao)
        self.found = self.concluded()

    def concluded(self):
        return self.conclude(make_grievance(self.world.north, post=self.clerk, now=self.now))

    def conclude(self, found):
        move(found, "accept", self.clerk, now=self.now)
        move(found, "assign", self.clerk, now=self.now, lead_id=self.world.section.pk)
        move(found, "sign", self.handler, now=self.now)
        move(found, "reply", self.handler, now=self.now, told="PHONE")
        return move(found, "conclude", self.leader, now=self.now)

    def record(self, outcome="ANSWERED", entry=GOOD, *, actor=None, found=None, now=None):
        return record_follow_up(
            actor=actor or self.clerk,
            number=(found or self.found).number,
            way="PHONE",
            outcome=outcome,
            entry=entry,
            now=now or self.now,
        )


@pytest.fixture
def desk(world):
    return Desk(world)


def state(found):
    return Grievance.objects.get(pk=found.pk).state


def test_an_answer_is_the_verdict_of_the_round_and_moves_it_on(desk):
    desk.record()

    assert state(desk.found) == State.FOLLOWED_UP
    with pytest.raises(DomainError, match="已经评价过"):
        desk.record(entry=BAD)
    assert FollowUp.objects.get().grade == "4"


def test_declining_ends_the_asking_and_leaves_the_verdict_open(desk):
    desk.record("DECLINED", VerdictEntry())
    assert state(desk.found) == State.FOLLOWED_UP

    _, is_new = rate_by_link(token=link_for(desk.found, now=desk.now), entry=BAD, now=desk.now)

    assert is_new
    with pytest.raises(DomainError, match="不满意"):
        move(desk.found, "file", desk.clerk)


def test_nobody_reached_on_three_days_may_be_closed_by_the_desk(desk):
    for day in (0, 0, 1):
        desk.record("NO_ANSWER", VerdictEntry(), now=desk.now + day * DAY)
    assert state(desk.found) == State.CONCLUDED
    with pytest.raises(DomainError, match="不同日子"):
        close_unreached(actor=desk.clerk, number=desk.found.number, now=desk.now + DAY)
    with pytest.raises(DomainError, match="回访结果"):
        move(desk.found, "follow_up", desk.clerk)

    desk.record("NO_ANSWER", VerdictEntry(), now=desk.now + 2 * DAY)
    worker = make_post(Role.COMMUNITY_WORKER, desk.world.north)
    with pytest.raises(PermissionDenied):
        close_unreached(actor=worker, number=desk.found.number, now=desk.now + 2 * DAY)
    close_unreached(actor=desk.clerk, number=desk.found.number, now=desk.now + 2 * DAY)

    assert state(desk.found) == State.FOLLOWED_UP


@pytest.mark.parametrize("said", ["was_contacted", "was_solved", "grade"])
def test_an_answer_is_whole(desk, said):
    told = {"was_contacted": True, "was_solved": True, "grade": "4", said: None}
    with pytest.raises(DomainError) as refused:
        desk.record(entry=VerdictEntry(**{**told, "grade": told["grade"] or ""}))
    assert refused.value.field == said


def test_who_handled_it_neither_asks_nor_is_offered_it(desk):
    with pytest.raises(PermissionDenied):
        desk.record(actor=desk.handler)
    clerk_of_section = make_post(Role.CLERK, desk.world.section)
    with pytest.raises(PermissionDenied):
        desk.record(actor=clerk_of_section)

    assert not to_ask(desk.handler).exists()
    assert not to_ask(clerk_of_section).exists()
    assert to_ask(desk.clerk).get() == desk.found


def test_the_handler_reads_no_verdict_on_the_page(client, desk):
    desk.record(entry=VerdictEntry(was_contacted=False, was_solved=False, grade="1", words="敷衍"))
    sign_in(client, desk.handler)

    page = client.get(desk.found.get_absolute_url()).content.decode()

    assert "非常不满意" not in page
    assert "敷衍" not in page


def test_another_street_finds_nothing_to_ask(desk):
    with pytest.raises(Grievance.DoesNotExist):
        desk.record(actor=make_post(Role.CLERK, desk.world.gucheng))


def test_both_verdicts_stay_after_handling_again(desk):
    desk.record(entry=BAD)
    move(desk.found, "reopen", desk.other_leader)
    move(desk.found, "reply", desk.handler, told="PHONE")
    move(desk.found, "conclude", desk.leader)

    rate_by_link(token=link_for(desk.found, now=desk.now), entry=GOOD, now=desk.now)

    assert list(FollowUp.objects.values_list("round", "grade")) == [(1, "1"), (2, "4")]


def test_each_resident_of_a_merged_case_keeps_the_own_verdict(desk):
    main = make_grievance(desk.world.north, post=desk.clerk, now=desk.now)
    merged = make_grievance(desk.world.north, post=desk.clerk, now=desk.now)
    token = link_for(merged, now=desk.now)
    move(merged, "merge", desk.clerk, other_number=main.number)
    with pytest.raises(DomainError, match="还没有办完"):
        rate_by_link(token=token, entry=GOOD, now=desk.now)
    desk.conclude(main)
    assert set(to_ask(desk.clerk)) == {desk.found, main, merged}
    with pytest.raises(PermissionDenied):
        desk.record(actor=make_post(Role.CLERK, desk.world.section), found=main)

    desk.record(found=main)
    rate_by_link(token=token, entry=BAD, now=desk.now)

    assert (state(main), state(merged)) == (State.FOLLOWED_UP, State.MERGED)
    assert set(to_ask(desk.clerk)) == {desk.found}
    with pytest.raises(DomainError, match="不满意"):
        move(main, "file", desk.clerk)


def test_what_was_merged_before_goes_along(desk):
    first, second, third = (
        make_grievance(desk.world.north, post=desk.clerk, now=desk.now) for _ in range(3)
    )
    move(first, "merge", desk.clerk, other_number=second.number)
    move(second, "merge", desk.clerk, other_number=third.number)

    assert Grievance.objects.get(pk=first.pk).merged_into == third


def test_one_call_at_a_time(desk):
    token = link_for(desk.found, now=desk.now)
    _, first = ask_call_back(token=token, words="", now=desk.now)
    _, second = ask_call_back(token=token, words="再说一次", now=desk.now)
    assert (first, second) == (True, False)

    called_back(actor=desk.clerk, number=desk.found.number, now=desk.now)

    assert CallBack.objects.get().done_by == desk.clerk
    assert ask_call_back(token=token, words="", now=desk.now)[1]


def test_the_queue_and_its_form(client, desk):
    sign_in(client, desk.leader)
    for name in ("grievances:follow_ups", "satisfaction:follow_ups"):
        page = client.get(reverse(name)).content.decode()
        assert desk.found.number in page
        assert "王秀英" not in page
    form = client.get(reverse("grievances:follow_up", args=[desk.found.number])).content.decode()
    assert "13800131234" not in form

    sent = {"way": "DOOR", "outcome": "ANSWERED", "was_contacted": "yes", "was_solved": "no"}
    url = reverse("grievances:follow_up", args=[desk.found.number])
    assert "请选一个评价" in client.post(url, sent).content.decode()
    client.post(url, sent | {"grade": "2"})

    row = FollowUp.objects.get()
    assert (row.way, row.grade, row.was_solved, row.by) == ("DOOR", "2", False, desk.leader)


def untold(desk, **said):
    return telling.tell(
        desk.found,
        about="decline",
        words="王秀英，电话13800131234：这件事由市里管。",
        channel="",
        actor=None,
        now=desk.now,
        **said,
    )


def test_a_telling_stays_open_until_somebody_told(client, desk):
    told = untold(desk)
    sign_in(client, desk.clerk)
    listed = client.get(reverse("grievances:tellings")).content.decode()
    assert "这件事由市里管" in listed
    assert "王秀英" not in listed
    assert "13800131234" not in listed

    client.post(
        reverse("grievances:telling", args=[told.pk]), {"channel": "DOOR", "note": "知道了"}
    )

    told.refresh_from_db()
    assert (told.channel, told.told_by) == ("DOOR", desk.clerk)
    assert not to_tell(desk.clerk).exists()
    assert desk.found.events.filter(move="tell").get().words == "知道了"


def test_another_streets_errands_are_not_there(client, desk):
    told = untold(desk)
    stranger = make_post(Role.CLERK, desk.world.gucheng)
    assert not to_tell(stranger).exists()
    with pytest.raises(Told.DoesNotExist):
        telling.done(actor=stranger, told_id=told.pk, channel="PHONE", note="", now=desk.now)


def test_without_a_gateway_a_message_is_a_task_to_ring(desk):
    told = telling.tell(
        desk.found, about="reply", words="灯换好了。", channel="SMS", actor=desk.clerk, now=desk.now
    )
    assert (told.channel, told.told_at, told.outgoing) == ("PHONE", None, None)
    assert to_tell(desk.clerk).get() == told


@pytest.mark.parametrize("sent", [True, False])
def test_a_message_counts_when_it_was_sent_and_falls_back_when_not(desk, sent):
    told = untold(desk)
    row = Outgoing.objects.create(
        channel="SMS",
        address="13800131234",
        text="x",
        next_try_at=desk.now,
        about_kind=telling.ABOUT,
        about_id=told.pk,
        created_at=desk.now,
    )
    Told.objects.filter(pk=told.pk).update(channel="SMS", outgoing=row.uid)
    assert not to_tell(desk.clerk).exists()

    telling.heard_of(
        outcome=Outcome(
            uid=row.uid,
            channel="SMS",
            about_id=told.pk,
            sent=sent,
            at=desk.now,
            reference="",
            failure="" if sent else "REFUSED",
        )
    )

    told.refresh_from_db()
    assert (told.told_at is not None, to_tell(desk.clerk).exists()) == (sent, not sent)
    assert told.channel == ("SMS" if sent else "PHONE")


@pytest.mark.django_db(transaction=True)
def test_two_ratings_at_once_count_once():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    desk = Desk(make_world())
    token = link_for(desk.found, now=desk.now)
    together, answers = threading.Barrier(2), []

    def rate(entry):
        together.wait()
        try:
            answers.append(rate_by_link(token=token, entry=entry, now=desk.now)[1])
        finally:
            connections.close_all()

    hands = [threading.Thread(target=rate, args=(entry,)) for entry in (GOOD, BAD)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()

    assert sorted(answers) == [False, True]
    assert FollowUp.objects.count() == 1
    assert desk.found.events.filter(move="follow_up").count() == 1
