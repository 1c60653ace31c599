"""Importing an export of the hotline: checked without writing, then written batch by batch.

A batch, its refused rows and the place where it ended are one transaction: a worker that is killed
anywhere leaves nothing half, and the next one goes on there. A ticket that is known is brought up
to date; none is ever there twice. Nobody is told of what is imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from django.db import transaction
from django.utils import timezone

from grievances.hotline.tickets import Ticket, read_ticket
from grievances.services.hotline_places import Places
from grievances.services.hotline_write import Outcome, known_tickets, note_seen, outcome_of, take
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.core.sheets.reading import Row, read_table
from portal.jobs.models import RowProblem
from portal.jobs.rejects import write_rejects
from portal.jobs.running import Run

CHECK: Final = "hotline_check"
IMPORT: Final = "hotline_import"
#: Rows of one transaction.
BATCH: Final = 200
#: Rows whose notices are kept to be shown.
NOTICES_SHOWN: Final = 30
COUNTED: Final = ("new", "changed", "same", "repeated", "bad", "noticed")
_LOOK_EVERY: Final = 2_000
_WORDS: Final = (
    ("new", "新登记 {} 件"),
    ("changed", "更新 {} 件"),
    ("same", "{} 件没有变化"),
    ("repeated", "{} 行重复"),
    ("bad", "{} 行有问题"),
    ("noticed", "{} 行有内容看不懂、按空或默认处理"),
)
_TWICE: Final = "工单编号：与第{row}行相同，内容不同，请只留下对的一行。"


def check_export(run: Run) -> None:
    """Say what an import would do. Writes nothing but the job's own rows."""
    _Import(run, write=False).work()


def import_export(run: Run) -> None:
    """Do it."""
    _Import(run, write=True).work()


class _Import:
    """One run over the export, from its checkpoint to its end."""

    def __init__(self, run: Run, *, write: bool) -> None:
        self.run, self.write = run, write
        self.columns: dict[str, int] = dict(run.parameters["columns"])
        self.heading: int = run.parameters["heading"]
        self.places = Places(run.post)
        self.counts: Counter[str] = Counter(run.job.counts)
        self.done = run.job.done
        self.notices: list[str] = list(run.parameters.get("notices", ()))
        #: Number of a ticket → its first row, and what that says.
        self.first: dict[str, tuple[int, Ticket]] = {}
        self.now = timezone.now()

    def work(self) -> None:
        if not self.write and self.done:
            self._begin_again()
        self.run.report(total=self.run.parameters["total"], done=self.done)
        self._read_through()
        rows = self._rows()
        while batch := list(islice(rows, BATCH)):
            with transaction.atomic():
                self._batch(batch)
        self._finish()

    def _begin_again(self) -> None:
        self.counts, self.done, self.notices = Counter(), 0, []
        with transaction.atomic():
            self.run.job.problems.all().delete()
            self.run.report(done=0, counts={})

    def _read_through(self) -> None:
        """What is said of each ticket first; from the first row on after a crash too."""
        with self.run.open_input() as file:
            for number, row in enumerate(read_table(file)):
                if number % _LOOK_EVERY == 0:
                    self.run.report()
                if row.number <= self.heading:
                    continue
                try:
                    ticket = read_ticket(row, self.columns, now=self.now)
                except DomainError:
                    continue
                self.first.setdefault(ticket.number, (row.number, ticket))

    def _rows(self) -> Iterator[Row]:
        last = self.run.checkpoint["row"] if self.write and self.run.checkpoint else self.heading
        with self.run.open_input() as file:
            yield from (row for row in read_table(file) if row.number > last)

    def _batch(self, batch: Sequence[Row]) -> None:
        """One transaction: the rows, those refused, and how far it is."""
        counts, problems = Counter(self.counts), list[tuple[int, str]]()
        if not self.run.checkpoint:
            self._leave_trace()
        tickets = list(self._tickets(batch, counts, problems))
        seen: list[int] = []
        known = known_tickets(
            self.places.district_id, [ticket.number for ticket in tickets], held=self.write
        )
        for ticket in tickets:
            try:
                place = self.places.find(ticket)
                found = known.get(ticket.number)
                outcome = outcome_of(ticket, found, place)
                if self.write and outcome is not Outcome.SAME:
                    found = take(ticket, found, place, actor=self.run.post, now=self.now)
                seen += [found.pk] if found else []
                counts[outcome.value] += 1
            except DomainError as error:
                problems.append((ticket.row, error.message))
        if self.write:
            note_seen(seen, at=self.run.job.asked_at)
        counts["bad"] += len(problems)
        RowProblem.objects.bulk_create(
            [RowProblem(job=self.run.job, row=row, reason=reason) for row, reason in problems]
        )
        done = self.done + len(batch)
        place_ = {"row": batch[-1].number} if self.write or not self.run.checkpoint else None
        self.run.report(
            done=done, checkpoint=place_, counts={name: counts[name] for name in COUNTED}
        )
        self.counts, self.done = counts, done

    def _leave_trace(self) -> None:
        reason = f"rows-{self.run.parameters['total']}"
        if self.write:
            record(actor=self.run.post, action="hotline.import", obj=self.run.job, reason=reason)
        else:
            record(actor=self.run.post, action="hotline.check", obj=self.run.job, reason=reason)

    def _tickets(
        self, batch: Sequence[Row], counts: Counter[str], problems: list[tuple[int, str]]
    ) -> Iterator[Ticket]:
        """The rows that can be taken, each ticket once."""
        for row in batch:
            try:
                ticket = read_ticket(row, self.columns, now=self.now)
            except DomainError as error:
                problems.append((row.number, error.message))
                continue
            at, first = self.first[ticket.number]
            if at != row.number:
                if _says_the_same(first, ticket):
                    counts["repeated"] += 1
                else:
                    problems.append((row.number, _TWICE.format(row=at)))
                continue
            if ticket.notices:
                counts["noticed"] += 1
                if len(self.notices) < NOTICES_SHOWN:
                    self.notices.append(f"第 {row.number} 行：{'；'.join(ticket.notices)}")
            yield ticket

    def _finish(self) -> None:
        if self.counts["bad"]:
            write_rejects(self.run, heading=self.heading)
        # SECURITY: cells of a wrongly chosen column could be anything: never in clear.
        self.run.tell(notices=self.notices)
        said = [words.format(self.counts[name]) for name, words in _WORDS if self.counts[name]]
        whole = "导入完成" if self.write else "核对完了，只核对，没有改动"
        self.run.finish(
            f"{whole}，共 {self.done} 行：{'，'.join(said) or '没有内容'}。", total=self.done
        )


def _says_the_same(one: Ticket, other: Ticket) -> bool:
    return _content(one) == _content(other)


def _content(ticket: Ticket) -> tuple[object, ...]:
    return tuple(
        getattr(ticket, name)
        for name in Ticket.__dataclass_fields__
        if name not in {"row", "notices"}
    )
