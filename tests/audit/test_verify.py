import datetime as dt
import json
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from portal.audit import selectors, services, tasks
from portal.audit.models import AuditEvent, AuditSeal
from portal.audit.sealing import CONTENT, row_mac
from portal.audit.selectors import Kind

pytestmark = pytest.mark.django_db


def write(count):
    return [services.record(actor=None, action="visit.log", fields=["text"]) for _ in range(count)]


def found(report=None):
    problems = (report or selectors.verify()).problems
    return {(p.kind, p.event_id or p.seal_id) for p in problems}


@pytest.fixture
def trail(monkeypatch):
    """Six rows under three seals, two rows not sealed yet."""
    events = write(6)
    monkeypatch.setattr(services, "BATCH", 2)
    services.seal()
    return [*events, *write(2)]


def test_an_untouched_trail_is_in_order(trail, capsys):
    report = selectors.verify()

    assert report.ok
    assert (report.sealed, report.unsealed, report.seals, report.unfiled) == (6, 2, 3, 0)
    call_command("verify_audit")
    assert "审计日志完好" in capsys.readouterr().out


def test_sealing_twice_seals_nothing_twice(trail, seal_file):
    assert tasks.seal_audit() == 1
    assert tasks.seal_audit() == 0

    assert found() == set()
    assert len(seal_file.read_text().splitlines()) == AuditSeal.objects.count() == 4


CHANGES = {
    "at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    "actor_id": 99,
    "actor_username": "other",
    "post_id": 99,
    "role": "LEADER",
    "organisation_id": 99,
    "district_id": 99,
    "action": "visit.void",
    "object_kind": "contacts.visit",
    "object_id": "1",
    "fields": [],
    "reason_code": "VISIT",
    "request_id": "r",
    "uid": uuid.UUID(int=1),
    "mac": "0" * 64,
}


def test_every_column_is_tried():
    assert set(CHANGES) == {f.name for f in AuditEvent._meta.fields} - {"id"}


@pytest.mark.parametrize("place", [1, 7], ids=["sealed", "not sealed"])
@pytest.mark.parametrize("column", sorted(CHANGES))
def test_a_changed_row_is_named(trail, intruder, column, place):
    victim = trail[place]
    with intruder():
        AuditEvent.objects.filter(pk=victim.pk).update(**{column: CHANGES[column]})

    assert found() == {(Kind.CHANGED, victim.pk)}


@pytest.mark.parametrize("place", range(6))
def test_a_removed_row_is_named(trail, intruder, place):
    victim = trail[place].pk
    with intruder():
        AuditEvent.objects.filter(pk=victim).delete()

    assert found() == {(Kind.REMOVED, victim)}


def test_neighbours_that_are_removed_are_named_as_a_range(trail, intruder):
    first, last = trail[0].pk, trail[1].pk
    with intruder():
        AuditEvent.objects.filter(pk__in=[first, last]).delete()

    [problem] = selectors.verify().problems
    assert (problem.kind, problem.event_id) == (Kind.REMOVED, first)
    assert f"{first} 至 {last}" in problem.message


def put(pk):
    """A row with an id of choice, signed as the system signs."""
    content = {name: CHANGES[name] for name in CONTENT} | {"uid": uuid.uuid4()}
    return AuditEvent.objects.create(pk=pk, **content, mac=row_mac(content))


def test_an_unused_id_is_no_removed_row_and_cannot_be_filled_later():
    first = write(1)[0].pk
    put(first + 3)
    services.seal()

    assert AuditSeal.objects.get().holes[-1] == [first + 1, first + 2]
    assert found() == set()
    put(first + 2)
    assert found() == {(Kind.INSERTED, first + 2)}


def test_an_inserted_row_without_the_key_is_named(trail):
    forged = AuditEvent.objects.create(at=timezone.now(), action="visit.log", mac="f" * 64)

    assert found() == {(Kind.CHANGED, forged.pk)}
    services.seal()
    assert found() == {(Kind.CHANGED, forged.pk)}


def test_a_row_before_the_first_id_is_named(trail):
    AuditEvent.objects.create(pk=-5, at=timezone.now(), action="visit.log", mac="f" * 64)

    assert found() == {(Kind.INSERTED, -5)}


def test_two_rows_that_change_places_break_the_seal(trail, intruder):
    first, second = trail[0], trail[1]
    with intruder():
        AuditEvent.objects.filter(pk__in=[first.pk, second.pk]).delete()
        first.pk, second.pk = second.pk, first.pk
        first.save(force_insert=True)
        second.save(force_insert=True)

    assert found() == {(Kind.SEAL_BROKEN, AuditSeal.objects.order_by("pk").first().pk)}


@pytest.mark.parametrize(
    "change",
    [{"count": 1}, {"holes": [[1, 1]]}, {"at": timezone.now()}, {"digest": "0" * 64}],
    ids=["count", "holes", "time", "digest"],
)
def test_a_changed_seal_is_named(trail, intruder, change):
    seal = AuditSeal.objects.order_by("pk")[1]
    with intruder():
        AuditSeal.objects.filter(pk=seal.pk).update(**change)

    assert (Kind.SEAL_BROKEN, seal.pk) in found()


def test_a_removed_seal_breaks_the_chain(trail, intruder):
    _, second, third = AuditSeal.objects.order_by("pk")
    with intruder():
        AuditSeal.objects.filter(pk=second.pk).delete()

    assert (Kind.SEAL_BROKEN, third.pk) in found()
    assert (Kind.REMOVED, second.pk) in found()


def test_a_cut_tail_shows_in_the_file(trail, intruder):
    last = AuditSeal.objects.order_by("pk").last()
    with intruder():
        AuditEvent.objects.filter(pk__gte=last.from_id).delete()
        AuditSeal.objects.filter(pk=last.pk).delete()

    assert found() == {(Kind.TAIL_CUT, last.pk)}


def test_another_key_cannot_prove_the_trail(trail, settings):
    settings.AUDIT_SEAL_KEY = "guess"

    assert {kind for kind, _ in found()} == {Kind.CHANGED}
    assert len(found()) == 8


def test_a_file_that_is_gone_or_holed_or_edited_is_reported(trail, seal_file):
    lines = seal_file.read_text().splitlines()
    seals = list(AuditSeal.objects.order_by("pk"))

    seal_file.write_text("\n".join([lines[0], lines[2]]) + "\n")
    assert found() == {(Kind.FILE, seals[1].pk)}
    edited = json.dumps(json.loads(lines[2]) | {"count": 9})
    seal_file.write_text("\n".join([*lines[:2], edited]) + "\n")
    assert found() == {(Kind.FILE, seals[2].pk)}
    seal_file.unlink()
    assert found() == {(Kind.FILE, None)}


def test_a_crash_while_writing_the_file_is_made_good_by_the_next_seal(trail, seal_file):
    lines = seal_file.read_text().splitlines()
    seal_file.write_text(lines[0] + "\n" + lines[1] + "\n" + lines[2][:20])

    report = selectors.verify()
    assert (report.ok, report.unfiled) == (True, 1)
    services.seal()
    report = selectors.verify()
    assert (report.ok, report.unfiled) == (True, 0)


def test_the_command_says_in_chinese_what_is_wrong_and_fails(trail, intruder, capsys):
    with intruder():
        AuditEvent.objects.filter(pk=trail[0].pk).delete()
        AuditEvent.objects.filter(pk=trail[2].pk).update(role="LEADER")

    with pytest.raises(CommandError, match="2 处问题") as caught:
        call_command("verify_audit")

    assert caught.value.returncode == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"被删除: 记录 {trail[0].pk} 已被删除"
    assert lines[1].startswith(f"被改动: 记录 {trail[2].pk} ")
