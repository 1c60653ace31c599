"""A message is a row until it is sent or has failed, and who asked is told of either, once."""

import datetime as dt
import itertools
import threading
import uuid
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.utils import timezone

from portal.celery import app
from portal.notices import registry, running, services, tasks
from portal.notices.kinds import Channel, Failure, State
from portal.notices.models import Outgoing
from portal.notices.querysets import MOST_ATTEMPTS, OLDEST
from tests.notices.conftest import KIND, PHONE, TEXT

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(hour: int, minute: int = 0, day: int = 2) -> dt.datetime:
    return dt.datetime(2026, 12, day, hour, minute, tzinfo=SHANGHAI)


def now_is(row: Outgoing) -> Outgoing:
    row.refresh_from_db()
    return row


def woken(action) -> list[int]:
    """Ids of which a worker would be told."""
    sent = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app, "send_task", lambda name, **said: sent.append((name, said["args"])))
        action()
    assert {name for name, _ in sent} <= {services.DELIVER}
    return [row_id for _, (row_id,) in sent]


def try_until_over(row: Outgoing) -> list[dt.datetime]:
    """Let every pause pass; when each try was due."""
    tries = []
    while now_is(row).state == State.WAITING:
        tries.append(row.next_try_at)
        with time_machine.travel(row.next_try_at, tick=False):
            tasks.deliver(row.pk)
            tasks.deliver(row.pk)  # a message delivered twice
    return tries


def test_it_is_sent_and_who_asked_is_told(send, told, receiver):
    row = send()

    tasks.deliver(row.pk)
    tasks.deliver(row.pk)

    assert len(receiver.got) == 1
    row = now_is(row)
    assert (row.state, row.reference, row.failure) == (State.SENT, "SM-1", "")
    assert row.claim is None
    (end,) = told
    assert end == registry.Outcome(
        uid=row.uid, channel="SMS", about_id=7, sent=True, at=row.sent_at,
        reference="SM-1", failure="",
    )  # fmt: skip


def test_an_email_is_sent_at_any_hour(send, told, mailbox):
    row = send(channel=Channel.EMAIL, address=" wang@home.example ", subject="您的诉求")

    with time_machine.travel(at(3), tick=False):
        Outgoing.objects.update(created_at=at(2), next_try_at=at(2))
        tasks.deliver(row.pk)

    assert now_is(row).state == State.SENT
    assert len(mailbox.got) == 1
    assert told[0].sent


def test_the_same_uid_is_the_same_message(send, receiver):
    uid = uuid.uuid4()

    assert send(uid=uid) == send(uid=uid)
    assert Outgoing.objects.count() == 1


@pytest.mark.parametrize("address", ["", "88881234", "010-88881234", "23800139876", "王秀英"])
def test_what_is_no_mobile_number_is_rung(send, receiver, address):
    assert send(address=address) is None


def test_a_number_is_sent_as_digits(send, receiver):
    assert send(address="+86 138-0013-9876").address == PHONE


def test_without_a_channel_somebody_rings(send, settings, mailbox):
    settings.SMS_URL = ""

    assert send() is None
    assert send(channel=Channel.EMAIL, address="no address") is None
    settings.EMAIL_HOST = ""
    assert send(channel=Channel.EMAIL, address="wang@home.example") is None
    assert not Outgoing.objects.exists()


def test_of_an_unknown_kind_nobody_could_be_told(send, receiver):
    with pytest.raises(KeyError):
        send(about=("nobody", 1))


def test_nothing_readable_lies_in_the_table(send, receiver):
    send()

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notices_outgoing")
        lying = str(cursor.fetchall())
    assert PHONE not in lying
    assert "王工" not in lying


def test_what_the_caller_takes_back_was_never_asked(
    send, receiver, django_capture_on_commit_callbacks
):
    class ChangedMindError(Exception):
        pass

    def ask() -> None:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            send()
            raise ChangedMindError

    with pytest.raises(ChangedMindError):
        woken(ask)
    assert not Outgoing.objects.exists()


def test_a_worker_is_woken_when_the_caller_commits(
    send, receiver, django_capture_on_commit_callbacks
):
    def ask() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            send()

    assert woken(ask) == [Outgoing.objects.get().pk]


# --- The night ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (at(7, 59), at(8)),
        (at(8), at(8)),
        (at(20, 59), at(20, 59)),
        (at(21), at(8, day=3)),
        (at(23, 59), at(8, day=3)),
        (at(0), at(8)),
    ],
)
def test_a_text_message_waits_for_the_day(send, receiver, settings, asked, due):
    settings.SMS_FROM_HOUR, settings.SMS_UNTIL_HOUR = 8, 21

    row = send(now=asked.astimezone(dt.UTC))

    assert row.next_try_at == due


def test_a_worker_that_comes_late_waits_too(send, receiver, settings):
    settings.SMS_FROM_HOUR, settings.SMS_UNTIL_HOUR = 8, 21
    row = send(now=at(20, 59))

    with time_machine.travel(at(21, 1), tick=False):
        tasks.deliver(row.pk)
    assert not receiver.got
    assert (now_is(row).next_try_at, row.attempts) == (at(8, day=3), 0)
    with time_machine.travel(at(8, day=3), tick=False):
        assert woken(tasks.deliver_due) == [row.pk]
        tasks.deliver(row.pk)

    assert now_is(row).state == State.SENT


# --- What goes wrong ---------------------------------------------------------------------------


def test_it_is_tried_again_with_growing_pauses_and_then_somebody_is_told(send, told, receiver):
    receiver.answer = '{"code": 5}'
    row = send(now=at(9))

    tries = try_until_over(row)

    minutes = [(later - first).seconds // 60 for first, later in itertools.pairwise(tries)]
    assert minutes == [1, 5, 30, 120]
    assert len(receiver.got) == MOST_ATTEMPTS
    assert (row.state, row.failure) == (State.FAILED, Failure.REFUSED)
    assert [(end.sent, end.failure) for end in told] == [(False, Failure.REFUSED)]


def test_a_gateway_that_is_back_sends_it(send, told, receiver):
    receiver.status = 503
    row = send(now=at(9))
    with time_machine.travel(at(9), tick=False):
        tasks.deliver(row.pk)
    assert now_is(row).failure == Failure.REFUSED
    receiver.status = 200

    try_until_over(row)

    assert (row.state, row.attempts, row.failure) == (State.SENT, 2, "")
    assert [end.sent for end in told] == [True]


def test_what_may_have_gone_out_is_repeated_once_and_not_denied(send, told, receiver):
    receiver.instead = lambda _out: None  # takes it and hangs up
    row = send(now=at(9))

    try_until_over(row)

    assert len(receiver.got) == 2
    assert {got.body for got in receiver.got} == {receiver.got[0].body}  # with the same id
    assert [(end.sent, end.failure) for end in told] == [(False, Failure.UNCLEAR)]


def test_a_doubt_is_not_forgotten_by_later_refusals(send, told, receiver):
    row = send(now=at(9))
    receiver.status = 504
    with time_machine.travel(at(9), tick=False):
        tasks.deliver(row.pk)
    receiver.status = 400

    try_until_over(row)

    assert told[0].failure == Failure.UNCLEAR


def test_an_email_may_be_repeated_for_its_id_is_known(send, told, mailbox):
    mailbox.to_message = None
    row = send(channel=Channel.EMAIL, address="wang@home.example", subject="x", now=at(9))

    try_until_over(row)

    assert len(mailbox.got) == MOST_ATTEMPTS
    assert told[0].failure == Failure.UNCLEAR


def test_a_channel_that_was_taken_away_ends_it(send, told, receiver, settings):
    row = send(now=at(9))
    settings.SMS_URL = ""

    try_until_over(row)

    assert told[0].failure == Failure.OFF


def test_workers_that_die_leave_it_to_others_and_at_last_to_the_sweep(send, told, receiver):
    row, moment = send(now=at(9)), at(9)
    for _ in range(2):
        assert running.claim(row.pk, now=moment)  # and is never heard of again
        assert running.claim(row.pk, now=moment + running.LEASE) is None
        moment += running.LEASE * 2
    assert running.claim(row.pk, now=moment) is None

    with time_machine.travel(moment, tick=False):
        assert woken(tasks.deliver_due) == []

    assert now_is(row).state == State.FAILED
    assert [(end.sent, end.failure) for end in told] == [(False, Failure.UNCLEAR)]


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_at_once_one_sends_it(send, told, receiver):
    row = send()
    gate = threading.Barrier(8)

    def work() -> None:
        gate.wait()
        try:
            tasks.deliver(row.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receiver.got) == len(told) == 1
    assert now_is(row).state == State.SENT


def test_who_comes_back_after_the_lease_changes_nothing(send, told, receiver):
    row = send(now=at(9))
    slow = running.claim(row.pk, now=at(9))
    assert running.claim(row.pk, now=at(10))

    running.work(slow)

    assert now_is(row).state == State.WAITING
    assert told == []


def test_old_news_are_not_sent(send, told, receiver):
    """After an outage, or from a backup of the day before yesterday."""
    row = send(now=at(9))

    with time_machine.travel(at(9) + OLDEST + dt.timedelta(minutes=1), tick=False):
        tasks.deliver(row.pk)
        assert woken(tasks.deliver_due) == []

    assert not receiver.got
    assert [(end.sent, end.failure) for end in told] == [(False, Failure.TOO_LATE)]


def test_the_sweep_tells_of_what_is_due_and_of_nothing_else(send, receiver):
    due, fresh, later, held, dropped = (send(now=at(9)) for _ in range(5))
    Outgoing.objects.filter(pk=fresh.pk).update(created_at=at(12), next_try_at=at(12))
    Outgoing.objects.filter(pk=later.pk).update(next_try_at=at(13))
    running.claim(held.pk, now=at(12))
    running.claim(dropped.pk, now=at(11))

    with time_machine.travel(at(12), tick=False):
        assert sorted(woken(tasks.deliver_due)) == [due.pk, dropped.pk]


def test_a_row_whose_key_is_gone_holds_up_no_other(send, told, receiver, settings):
    lost, row = send(now=at(9)), send(now=at(9))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notices_outgoing SET text = 'gone.AAAA' WHERE id = %s", [lost.pk])

    with time_machine.travel(at(9) + OLDEST * 2, tick=False):
        tasks.deliver_due()

    assert {end.uid for end in told} == {lost.uid, row.uid}


# --- Telling -----------------------------------------------------------------------------------


def test_what_went_out_does_not_go_out_again_because_telling_failed(send, receiver):
    told = []

    def stumble(*, outcome) -> None:
        Outgoing.objects.filter(pk=row.pk).update(about_id=99)  # undone with the telling
        raise RuntimeError("who asked stumbled")

    registry.register(KIND, stumble)
    row = send(now=at(9))
    with time_machine.travel(at(9), tick=False):
        tasks.deliver(row.pk)
        tasks.deliver_due()  # it is not yet time
    assert (now_is(row).state, row.told_at, row.about_id) == (State.SENT, None, 7)
    registry.register(KIND, lambda *, outcome: told.append(outcome))

    for minutes in (4, 6, 20):
        with time_machine.travel(at(9, minutes), tick=False):
            tasks.deliver_due()

    assert len(receiver.got) == 1
    assert [(end.sent, end.at) for end in told] == [(True, at(9))]


def test_end_and_telling_are_one(send, receiver):
    """Who is told sees the end; what it writes is there with the end."""
    seen = []
    registry.register(KIND, lambda *, outcome: seen.append((outcome.sent, now_is(row).state)))
    row = send()

    tasks.deliver(row.pk)

    assert seen == [(True, State.SENT)]


# --- Forgetting --------------------------------------------------------------------------------


def test_words_and_addresses_go_after_a_week_what_became_of_it_stays(
    send, told, receiver, settings
):
    settings.OUTGOING_KEPT_DAYS = 7
    sent, waiting, untold = (send(now=at(9)) for _ in range(3))
    Outgoing.objects.filter(pk=untold.pk).update(state=State.FAILED)
    with time_machine.travel(at(9), tick=False):
        tasks.deliver(sent.pk)

    assert services.forget_old(now=at(9) + dt.timedelta(days=7)) == 0
    assert services.forget_old(now=at(9, 1) + dt.timedelta(days=7)) == 1
    assert services.forget_old(now=at(9, 1) + dt.timedelta(days=7)) == 0

    kept = now_is(sent)
    assert (kept.address, kept.subject, kept.text) == ("", "", "")
    assert (kept.state, kept.reference, kept.sent_at) == (State.SENT, "SM-1", at(9))
    assert now_is(waiting).text == now_is(untold).text == TEXT
    assert timezone.is_aware(kept.sent_at)


def test_the_scheduler_knows_the_tasks(settings):
    named = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert {task for task in app.tasks if task.startswith("portal.notices.")} - {
        services.DELIVER
    } <= named
    assert services.DELIVER in app.tasks
