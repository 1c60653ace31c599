"""What was done in the demo's year, before it is written: who visited whom, when, with what result."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from contacts.models import Visit
from portal.accounts.roles import Role
from portal.desk.demo import rhythm, texts
from portal.desk.demo.chance import chance
from portal.desk.demo.households import ELDER, Home
from portal.desk.demo.kinds import Note
from portal.desk.demo.people import OFFICER_ACCOUNT, WORKER_ACCOUNT
from portal.desk.demo.register import Row
from portal.desk.demo.scenes import Scene, choose_speaker
from portal.desk.demo.situations import frames
from portal.desk.demo.staffing import Seat

_YEAR: Final = 365
#: How often an ordinary household is visited in a year.
_TIMES: Final = ((7, 0), (20, 1), (27, 2), (22, 3), (13, 4), (7, 5), (4, 6))
_LONG_AGO: Final = (370, 540)
_APART: Final = 6
_CHANNELS: Final = (
    (83, Visit.Channel.DOOR),
    (11, Visit.Channel.PHONE),
    (5, Visit.Channel.OFFICE),
    (1, Visit.Channel.VIDEO),
)


@dataclass(kw_only=True)
class Plan:
    """One visit as it will be written."""

    row: Row
    author: Seat
    at: dt.datetime
    recorded: dt.datetime
    kind: str = Visit.Kind.HOME
    channel: str = Visit.Channel.DOOR
    result: str = Visit.Result.MET
    note: Note = field(default_factory=Note)
    companions: tuple[Seat, ...] = ()
    met: tuple[int, ...] = ()
    met_other: str = ""
    next_step_on: dt.date | None = None
    step_done_on: dt.date | None = None
    #: Text, due, kept on.
    promise: tuple[str, dt.date, dt.date | None] | None = None
    void_reason: str = ""
    amend_reason: str = ""
    to_complete: bool = False
    #: 接访 by appointment, and the clerk who registered it.
    by_appointment: bool = False
    registered_by: Seat | None = None

    @property
    def day(self) -> dt.date:
        return self.at.astimezone(rhythm.ZONE).date()

    @property
    def names_household(self) -> bool:
        """下访 and 接访 are held somewhere; whom they were with are guests."""
        return self.kind == Visit.Kind.HOME


class Planner:
    """Plans everything up to `now` from one generator."""

    def __init__(
        self,
        rng: Random,
        *,
        rows: Sequence[Row],
        seats: Sequence[Seat],
        now: dt.datetime,
        months: int,
        points: Mapping[int, str],
    ) -> None:
        self.rng = rng
        self.points = points
        self.rows = rows
        self.seats = seats
        self.now = now
        self.today = now.astimezone(rhythm.ZONE).date()
        self.share = months / 12
        first = self.today - dt.timedelta(days=int(_YEAR * self.share))
        self.days = rhythm.Days(first, self.today)
        self._houses: dict[tuple[str, str], list[Home]] = {}
        for row in rows:
            door = row.home.door
            self._houses.setdefault((door.community, door.building), []).append(row.home)
        self._team: dict[str, list[Seat]] = {}
        for seat in seats:
            self._team.setdefault(seat.place, []).append(seat)

    def homes(self) -> list[Plan]:
        """走访 of every household, household by household."""
        plans: list[Plan] = []
        for row in self.rows:
            plans += self.household(row, self._when(row))
        return plans

    def household(self, row: Row, days: Sequence[dt.date]) -> list[Plan]:
        told: list[str] = []
        plans = []
        for day in days:
            plan = self.visit(row, day, told)
            if plan is not None:
                plans.append(plan)
                told += plan.note.keys
        return plans

    def _when(self, row: Row) -> list[dt.date]:
        rng, home = self.rng, row.home
        if "hardship" in home.tags:
            times = rng.randint(5, 9)
        elif home.cares:
            times = rng.randint(3, 8)
        elif chance(rng, 0.05):
            return [self.today - dt.timedelta(days=rng.randint(*_LONG_AGO))]
        else:
            times = rng.choices([n for _, n in _TIMES], [weight for weight, _ in _TIMES])[0]
        if row.responsible.username == WORKER_ACCOUNT:
            times += 2
        return self.days.draw(rng, round(times * self.share + 0.2), apart=_APART)

    def scene(self, row: Row, author: Seat, day: dt.date) -> Scene:
        home = row.home
        return Scene(
            home=home,
            speaker=choose_speaker(self.rng, home, day),
            day=day,
            neighbours=self._houses[home.door.community, home.door.building],
            colleagues=[s.name for s in self._team[home.door.community] if s is not author],
            seed=author.username,
        )

    def visit(self, row: Row, day: dt.date, told: Sequence[str]) -> Plan | None:
        """One visit of that day, or nothing when nobody could have made it yet."""
        rng = self.rng
        author = self._author(row, day)
        if author is None:
            return None
        scene = self.scene(row, author, day)
        at = rhythm.moment(rng, day, at_work=day.year - scene.speaker.born < ELDER)
        if at >= self.now:
            return None
        plan = Plan(row=row, author=author, at=at, recorded=rhythm.written(rng, at, self.now))
        plan.channel, plan.result = self._contact(row.home, day)
        plan.note = self._note(plan, scene, told)
        plan.companions = self._companions(row, author, day) if plan.channel == "DOOR" else ()
        if plan.result == Visit.Result.MET:
            self._met(plan, scene)
        self._follow_up(plan, scene)
        self._mistakes(plan)
        return plan

    def _author(self, row: Row, day: dt.date) -> Seat | None:
        on_duty = row.on_duty(day)
        door = row.home.door
        team = [
            seat
            for seat in self._team[door.community]
            if seat.since <= day and seat.covers(door.community, door.grid)
        ]
        if on_duty.since <= day and (not team or chance(self.rng, 0.88)):
            return on_duty
        # A colleague stands in; never the account whose diary is arranged by hand.
        others = [seat for seat in team if seat.username != WORKER_ACCOUNT]
        return self.rng.choice(others) if others else None

    def _companions(self, row: Row, author: Seat, day: dt.date) -> tuple[Seat, ...]:
        if not chance(self.rng, 0.17):
            return ()
        team = self._team[row.home.door.community]
        others = [s for s in team if s.user_id != author.user_id and s.since <= day]
        return (self.rng.choice(others),) if others else ()

    def _contact(self, home: Home, day: dt.date) -> tuple[str, str]:
        rng = self.rng
        asked = bool(home.phone_reason) and (self.today - day).days < 150  # noqa: PLR2004
        over = home.phone_until is not None and day > home.phone_until
        if asked and not over:
            channel: str = Visit.Channel.PHONE
        else:
            channel = rng.choices([c for _, c in _CHANNELS], [weight for weight, _ in _CHANNELS])[0]
        if channel == Visit.Channel.DOOR:
            weights = (84, 12, 4)
        elif channel == Visit.Channel.PHONE:
            weights = (93, 5, 2)
        else:
            return channel, Visit.Result.MET
        return channel, rng.choices(
            (Visit.Result.MET, Visit.Result.NOT_HOME, Visit.Result.DECLINED), weights
        )[0]

    def _note(self, plan: Plan, scene: Scene, told: Sequence[str]) -> Note:
        rng = self.rng
        if plan.result != Visit.Result.MET:
            declined = plan.result == Visit.Result.DECLINED
            if plan.channel == Visit.Channel.PHONE or not chance(rng, 0.75 if declined else 0.4):
                return Note()
            return texts.write_unmet(rng, scene, declined=declined)
        dice = rng.random()
        if plan.channel == Visit.Channel.OFFICE or dice < 0.26:  # noqa: PLR2004
            return texts.write(rng, scene, manner=plan.channel, told=told)
        if dice < 0.53:  # noqa: PLR2004
            return texts.write_quiet(rng, scene, manner=plan.channel, told=told)
        return Note()

    def _met(self, plan: Plan, scene: Scene) -> None:
        people = plan.row.home.people
        chosen = {people.index(scene.speaker)}
        chosen |= {i for i in range(len(people)) if chance(self.rng, 0.2)}
        plan.met = tuple(sorted(chosen))
        if chance(self.rng, 0.03):
            plan.met_other = self.rng.choice(("护理员", "来串门的亲戚", "家政阿姨", "对门邻居"))

    def _follow_up(self, plan: Plan, scene: Scene) -> None:
        """The own next step and the promise, with what became of them."""
        rng, day = self.rng, plan.day
        if plan.note.next_step:
            due = day + dt.timedelta(days=rng.randint(2, 14))
            plan.next_step_on = due
            if due < self.today and chance(rng, 0.95):
                plan.step_done_on = min(due + dt.timedelta(days=rng.randint(-1, 3)), self.today)
        if plan.note.matters and chance(rng, 0.1):
            due = day + dt.timedelta(days=rng.randint(3, 15))
            kept = min(due + dt.timedelta(days=rng.choice((-2, -1, 0, 0, 0, 1, 4))), self.today)
            done = due < self.today and chance(rng, 0.93)
            plan.promise = (texts.write_promise(rng, scene), due, max(kept, day) if done else None)

    def _mistakes(self, plan: Plan) -> None:
        rng, age = self.rng, (self.now - plan.recorded).days
        if chance(rng, 0.012) and age > 1:
            plan.void_reason = rng.choice(frames.VOID_REASONS)
        elif plan.note.text and age > 10 and chance(rng, 0.015):  # noqa: PLR2004 -- after seven days
            plan.amend_reason = rng.choice(frames.AMEND_REASONS)
        elif age < 6 and plan.result == Visit.Result.MET and chance(rng, 0.06):  # noqa: PLR2004
            plan.to_complete = True

    def officials(self) -> list[Plan]:
        """下访 of leaders, 接访 of delegates, and officers at hardship households."""
        by_street: dict[str, list[Row]] = {}
        for row in self.rows:
            by_street.setdefault(row.home.door.community[:9], []).append(row)
        plans: list[Plan] = []
        for seat in self.seats:
            near = by_street.get(seat.place, [])
            if seat.role == Role.LEADER and near:
                plans += self._rounds(seat, near)
            elif seat.role == Role.DELEGATE and near:
                plans += self._receptions(seat, near)
            elif seat.role == Role.OFFICER and near and seat.username != OFFICER_ACCOUNT:
                plans += self._pairs(seat, near)
        return plans

    def _rounds(self, seat: Seat, near: Sequence[Row]) -> list[Plan]:
        """A leader goes to the own contact point every month."""
        point = self.points.get(seat.user_id)
        there = [row for row in near if row.home.door.community == point]
        if not there:
            return []
        days = self.days.draw(self.rng, round(12 * self.share), apart=20)
        made = (
            self._official(seat, self.rng.choice(there), day, Visit.Kind.FIELD, "SITE")
            for day in days
        )
        return [plan for plan in made if plan is not None]

    def _receptions(self, seat: Seat, near: Sequence[Row]) -> list[Plan]:
        days = self.days.draw(self.rng, round(17 * self.share), apart=7)
        made = (
            self._official(seat, self.rng.choice(near), day, Visit.Kind.RECEPTION, "OFFICE")
            for day in days
        )
        return [plan for plan in made if plan is not None]

    def _pairs(self, seat: Seat, near: Sequence[Row]) -> list[Plan]:
        """An officer sees the own two hardship households every quarter."""
        hard = [row for row in near if "hardship" in row.home.tags]
        aside = {WORKER_ACCOUNT, OFFICER_ACCOUNT}
        hard = [row for row in hard if row.responsible.username not in aside]
        plans: list[Plan] = []
        for row in self.rng.sample(hard, min(2, len(hard))):
            for day in self.days.draw(self.rng, round(4 * self.share), apart=60):
                plan = self._official(seat, row, day, Visit.Kind.HOME, "DOOR")
                plans += [plan] if plan is not None else []
        return plans

    def _official(self, seat: Seat, row: Row, day: dt.date, kind: str, channel: str) -> Plan | None:
        at = rhythm.moment(self.rng, day, at_work=False)
        if seat.since > day or at >= self.now:
            return None
        scene = self.scene(row, seat, day)
        plan = Plan(
            row=row,
            author=seat,
            at=at,
            recorded=rhythm.written(self.rng, at, self.now),
            kind=kind,
            channel=channel,
        )
        manner = channel if kind == Visit.Kind.HOME else kind
        plan.note = texts.write(self.rng, scene, manner=manner)
        if plan.names_household:
            self._met(plan, scene)
        elif kind == Visit.Kind.RECEPTION:
            plan.by_appointment = chance(self.rng, 0.25)
            clerks = [s for s in self._team.get(seat.place, ()) if s.role == Role.CLERK]
            if clerks and chance(self.rng, 0.6):
                plan.registered_by = self.rng.choice(clerks)
        self._follow_up(plan, scene)
        return plan
