import itertools
import threading

import pytest
from django.db import connection, connections, transaction

from portal.audit import selectors, services
from portal.audit.models import AuditEvent, AuditSeal
from portal.core.db.locks import TableBusyError, exclusive_read

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, SEALS = 8, 6
TABLE = "audit_auditevent"


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_sealing_beside_eight_writers_misses_and_invents_nothing():
    written: list[int] = []
    start, enough = threading.Barrier(WRITERS + 1), threading.Event()

    def write():
        start.wait()
        for turn in itertools.count():
            undone = turn % 3 == 2
            with transaction.atomic():
                rows = [services.record(actor=None, action="visit.log") for _ in range(3)]
                transaction.set_rollback(undone)
            if not undone:
                written.extend(row.pk for row in rows)
            if enough.is_set():
                return

    threads = [in_thread(write) for _ in range(WRITERS)]
    start.wait()
    try:
        while AuditSeal.objects.count() < SEALS:
            services.seal()
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    services.seal()

    report = selectors.verify()
    assert report.problems == []
    assert report.sealed == len(written)
    assert set(AuditEvent.objects.values_list("pk", flat=True)) == set(written)


def test_a_row_that_is_still_open_is_never_sealed_over():
    written, go_on = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            services.record(actor=None, action="visit.log")
            written.set()
            go_on.wait(20)

    thread = in_thread(write)
    written.wait(20)
    try:
        if connection.vendor == "postgresql":
            # A younger row must not be sealed past the open, older one.
            services.record(actor=None, action="visit.log")
            assert services.seal() == []
            with pytest.raises(TableBusyError), exclusive_read(TABLE, patience_ms=50):
                pass
        else:
            with exclusive_read(TABLE):
                assert not AuditEvent.objects.exists()
    finally:
        go_on.set()
        thread.join()
    services.seal()

    report = selectors.verify()
    assert report.problems == []
    assert report.sealed == AuditEvent.objects.count()
    oldest = AuditEvent.objects.earliest("pk").pk
    assert AuditSeal.objects.get().holes == ([] if oldest == 1 else [[1, oldest - 1]])


def test_workers_that_seal_at_once_seal_each_row_once(seal_file):
    for _ in range(20):
        services.record(actor=None, action="visit.log")
    start = threading.Barrier(4)

    def seal():
        start.wait()
        services.seal()

    for thread in [in_thread(seal) for _ in range(4)]:
        thread.join()

    report = selectors.verify()
    assert report.problems == []
    assert (report.sealed, report.unsealed, report.unfiled) == (20, 0, 0)
    assert len(seal_file.read_text().splitlines()) == AuditSeal.objects.count()
