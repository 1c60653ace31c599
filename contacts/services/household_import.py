"""Importing a list of households: checked without writing, then written batch by batch.

A batch, its refused rows and the place where it ended are one transaction: a worker that is
killed anywhere leaves nothing half, and the next one goes on there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

from django.db import transaction
from django.utils import timezone

from contacts.models import Household
from contacts.selectors.sight import sees_cares
from contacts.services.household_import_claims import Claims
from contacts.services.household_import_doors import (
    Door,
    Outcome,
    category_codes,
    load_doors,
    merge,
)
from contacts.services.household_import_gone import Gone, OvertakenError, load_gone
from contacts.services.household_import_places import Building, Key, Places
from contacts.services.household_import_rows import Told, read_row
from contacts.services.household_import_write import write_doors
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.core.sheets.reading import Row, read_table
from portal.jobs.models import RowProblem
from portal.jobs.rejects import write_rejects
from portal.jobs.running import Run

CHECK: Final = "household_check"
IMPORT: Final = "household_import"
#: Rows of one transaction.
BATCH: Final = 400
#: Buildings that would be made, as far as the page names them.
BUILDINGS_SHOWN: Final = 30
#: Columns of the list that speak of people → what they are called in the trail.
_ASKED: Final = {
    "name": "name", "phone": "phone", "birth": "birth_year", "relation": "relation",
    "cares": "cares", "responsible": "duties", "note": "note",
}  # fmt: skip
#: Rows that are read between two signs of life.
_LOOK_EVERY: Final = 5_000
_NO_CARE: Final = "关爱类别：没有“{word}”这一类，请按系统里的名称写。"
_CHECKED: Final = "核对完了，只核对，没有改名册。共 {total} 行"
_IMPORTED: Final = "导入完成，共 {total} 行"
#: What became of the rows, by count: checked, imported. What no row came to is not said.
_PARTS: Final = (
    ("new", "{new} 行要登记（{entered}）", "登记 {new} 行（{entered}）"),
    ("changed", "{changed} 行补充或更新", "补充或更新 {changed} 行"),
    ("same", "{same} 行已登记、没有要补的", "{same} 行已登记、没有要补的"),
    ("repeated", "{repeated} 行与本表前面的行重复", "{repeated} 行与本表前面的行重复"),
    ("bad", "{bad} 行有问题", "退回 {bad} 行"),
)
_MEND: Final = (
    "退回的行在下面下载，前两列写着原来在第几行、为什么；改好后再导入一次，已导入的不会重复。"
)
_OVERTAKEN: Final = (
    "有问题的里面，{overtaken} 行是名册里后来停用、合并、迁出、更正、离开或结束了的，没有改回去。"
)
COUNTED: Final = (
    "new", "changed", "same", "repeated", "bad", "overtaken", "households", "residents",
    "buildings", "notes",
)  # fmt: skip


def check_list(run: Run) -> None:
    """Say what an import would do. Writes nothing but the job's own rows."""
    _Import(run, write=False).work()


def import_list(run: Run) -> None:
    """Do it."""
    for permission in (Permission.EDIT_HOUSEHOLDS, Permission.ASSIGN_HOUSEHOLDS):
        run.post.require(permission)
    _Import(run, write=True).work()


class _Import:
    """One run over the list, from its checkpoint to its end."""

    def __init__(self, run: Run, *, write: bool) -> None:
        self.run = run
        self.write = write
        told = run.parameters
        self.today = timezone.localdate()
        self.columns: dict[str, int] = dict(told["columns"])
        if not sees_cares(run.post):
            self.columns.pop("cares", None)
        self.heading: int = told["heading"]
        self.overwrite: bool = told["overwrite"]
        self.places = Places(run.post, make=told["make_buildings"], today=self.today)
        self.categories = category_codes(self.today)
        self.claims = Claims()
        self.counts: Counter[str] = Counter(run.job.counts)
        self.done = run.job.done
        #: Checking: what earlier batches would have written.
        self.planned: dict[Key, Door] = {}
        self.new_buildings: dict[int, str] = {}

    def work(self) -> None:
        if not self.write and self.done:
            # What a check has planned is in no table: it begins again.
            self._begin_again()
        self.run.report(total=self.run.parameters["total"], done=self.done)
        self._read_through()
        rows = self._rows()
        while batch := list(islice(rows, BATCH)):
            with transaction.atomic():
                self._batch(batch)
        self._finish()

    def _begin_again(self) -> None:
        self.counts, self.done = Counter(), 0
        with transaction.atomic():
            self.run.job.problems.all().delete()
            self.run.report(done=0, counts={})

    def _read_through(self) -> None:
        """The whole list, before any row of it is held against the register.

        From its first row on after a crash too: what contradicts itself does not depend on where
        a worker died.
        """
        with self.run.open_input() as file:
            for number, row in enumerate(read_table(file)):
                if row.number <= self.heading:
                    continue
                with suppress(DomainError):
                    told = read_row(row, self.columns, today=self.today)
                    self.claims.add(told, self.places.known(told))
                if number % _LOOK_EVERY == 0:
                    self.run.report()

    def _rows(self) -> Iterator[Row]:
        last = self.run.checkpoint["row"] if self.write and self.run.checkpoint else self.heading
        with self.run.open_input() as file:
            yield from (row for row in read_table(file) if row.number > last)

    def _batch(self, batch: Sequence[Row]) -> None:
        """One transaction: the rows, those refused, and how far it is."""
        counts = Counter(self.counts)
        problems: list[tuple[int, str]] = []
        if not self.run.checkpoint:
            self._leave_trace()
        found = list(self._resolved(batch, problems))
        doors, gone = self._doors(found)
        for told, building in found:
            try:
                self._merge(doors, gone, told, building, counts)
            except DomainError as error:
                counts["overtaken"] += isinstance(error, OvertakenError)
                problems.append((told.row, error.message))
        counts["bad"] += len(problems)
        self._keep(doors, counts)
        RowProblem.objects.bulk_create(
            [RowProblem(job=self.run.job, row=row, reason=reason) for row, reason in problems]
        )
        done = self.done + len(batch)
        # A check keeps no place, only that it has begun: each of its tries counts.
        place = {"row": batch[-1].number} if self.write or not self.run.checkpoint else None
        self.run.report(done=done, checkpoint=place, counts=_counted(counts))
        self.counts, self.done = counts, done

    def _leave_trace(self) -> None:
        """SECURITY: who asks by a list leaves that in the trail, before there is any answer."""
        record(
            actor=self.run.post,
            action="household.check",
            obj=self.run.job,
            fields=sorted(name for key, name in _ASKED.items() if key in self.columns),
            reason=f"rows-{self.run.parameters['total']}",
        )

    def _resolved(
        self, batch: Iterable[Row], problems: list[tuple[int, str]]
    ) -> Iterator[tuple[Told, Building]]:
        for row in batch:
            try:
                told = read_row(row, self.columns, today=self.today)
                self.claims.check(told, self.places.known(told))
                yield told, self.places.find(told)
            except DomainError as error:
                problems.append((row.number, error.message))

    def _doors(
        self, found: Sequence[tuple[Told, Building]]
    ) -> tuple[dict[Key, Door], Mapping[Key, Gone]]:
        """What is registered behind the doors of these rows, or planned; and who has gone there."""
        wanted = [(building, told.unit, told.room) for told, building in found]
        fresh = [one for one in wanted if Key(id(one[0]), one[1], one[2]) not in self.planned]
        doors = load_doors(fresh, post=self.run.post, today=self.today, lock=self.write)
        planned = {
            key: self.planned[key]
            for one, unit, room in wanted
            if (key := Key(id(one), unit, room)) in self.planned
        }
        return doors | planned, load_gone(wanted, post=self.run.post)

    def _merge(
        self,
        doors: dict[Key, Door],
        gone: Mapping[Key, Gone],
        told: Told,
        building: Building,
        counts: Counter[str],
    ) -> None:
        key = Key(id(building), told.unit, told.room)
        door = doors.get(key) or Door(building, Household(unit=told.unit, room=told.room))
        door.gone = gone.get(key) or Gone()
        responsible = None
        if told.responsible:
            responsible = building.responsible(told.responsible, today=self.today)
        people = len(door.people)
        outcome = merge(
            door,
            told,
            responsible=responsible,
            cares=[self._category(word) for word in told.cares],
            overwrite=self.overwrite,
        )
        noted = bool(told.note and outcome is Outcome.SAME and not door.full)
        counts["notes"] += noted
        first = self.claims.first(told, self.places.known(told))
        if outcome is Outcome.SAME and first < told.row and not noted:
            counts["repeated"] += 1
        else:
            counts[outcome.value] += 1
        counts["residents"] += len(door.people) - people
        counts["households"] += key not in doors
        # A door that no row could be taken for is not made.
        doors[key] = door

    def _category(self, word: str) -> str:
        try:
            return self.categories[word]
        except KeyError:
            raise DomainError(_NO_CARE.format(word=word[:20])) from None

    def _keep(self, doors: dict[Key, Door], counts: Counter[str]) -> None:
        """Write, or keep in mind what would be written."""
        touched = [door for door in doors.values() if door.touched]
        used = {id(one): one for door in touched if (one := door.building).is_new}
        counts["buildings"] += len(used.keys() - self.new_buildings.keys())
        if self.write:
            self.places.write_new(list(used.values()))
            write_doors(touched, actor=self.run.post, today=self.today)
        else:
            self.new_buildings |= {key: one.organisation.name for key, one in used.items()}
            self.planned |= doors

    def _finish(self) -> None:
        total = self.done
        counts = _counted(self.counts)
        message = _said(total, counts, write=self.write)
        if self.counts["overtaken"]:
            message += _OVERTAKEN.format(**counts)
        if self.counts["bad"]:
            message += _MEND if self.write else ""
            self._give_back()
        if not self.write:
            # SECURITY: of a wrongly chosen column they could be anything: never in clear.
            self.run.tell(buildings=list(self.new_buildings.values())[:BUILDINGS_SHOWN])
        self.run.finish(message, total=total)

    def _give_back(self) -> None:
        """The refused rows as they were, with the number and the reason of each."""
        write_rejects(self.run, heading=self.heading)


def _said(total: int, counts: dict[str, int], *, write: bool) -> str:
    """How many rows there were and what became of them, without what is none."""
    entered = "、".join(
        words
        for name, words in (
            ("households", f"新的 {counts['households']} 户"),
            ("residents", f"{counts['residents']} 人"),
        )
        if counts[name]
    )
    parts = [
        (imported if write else checked).format(entered=entered, **counts)
        for name, checked, imported in _PARTS
        if counts[name]
    ]
    whole = (_IMPORTED if write else _CHECKED).format(total=total)
    return f"{whole}：{'，'.join(parts)}。".replace("（）", "") if parts else f"{whole}。"


def _counted(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in COUNTED}
