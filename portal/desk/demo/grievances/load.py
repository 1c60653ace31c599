"""The grievances of the demo's streets: planned, lived through in memory, and written."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from grievances.kinds import Regime, Source, Urgency
from grievances.models import Grievance, Raiser
from grievances.selectors.rules import rules_of
from portal.core.workdays.selectors import working_calendar
from portal.desk.demo import rhythm
from portal.desk.demo.chance import chance
from portal.desk.demo.grievances import frames, goals, hotline, sources, special, write
from portal.desk.demo.grievances.courses import Course
from portal.desk.demo.grievances.history import History, World
from portal.desk.demo.grievances.kinds import Goal, Sealed, Theme
from portal.desk.demo.grievances.office import Office, offices
from portal.desk.demo.grievances.petitions import PetitionCourse, theme_of
from portal.desk.demo.grievances.themes import BY_KEY, THEMES, theme_for
from portal.desk.demo.people import HOME_COMMUNITY
from portal.desk.demo.places import BAJIAO, STREETS
from portal.desk.demo.plans import Plan
from portal.desk.demo.register import Row
from portal.desk.demo.tree import Places

#: Beside the matters of visits, when all doors are there.
_OTHERS: Final = 700
_PETITIONS: Final = 5
_SHARES: Final = (
    (46, Source.HOTLINE), (26, Source.PHONE), (10, Source.RECEPTION), (7, Source.LETTER),
    (6, Source.WEB), (5, Source.MEETING),
)  # fmt: skip
_URGENCIES: Final = ((92, Urgency.ORDINARY), (7, Urgency.URGENT), (1, Urgency.CRITICAL))


def load(
    rng: Random,
    plans: Sequence[Plan],
    rows: Sequence[Row],
    places: Places,
    *,
    now: dt.datetime,
    months: int,
    scale: float,
) -> int:
    """Write them all; how many. Their documents are found after the index is built."""
    district = places.by_code[BAJIAO[:6]]
    rules = rules_of(district.pk)
    world = World(rng, now=now, calendar=working_calendar(), rules=rules)
    desk = _Desk(world, rows, places, months)
    desk.take_matters(plans)
    desk.take_others(round(_OTHERS * scale * months / 12))
    desk.take_petitions()
    desk.take_sealed()
    desk.take_showcase()
    tickets = [hotline.ticket_of(world, h, t) for h, t in desk.calls]
    return write.write(world, desk.histories, tickets)


class _Desk:
    """Registers for all streets, and lets each grievance live as far as it gets."""

    def __init__(self, world: World, rows: Sequence[Row], places: Places, months: int) -> None:
        self.world, self.rng, self.places = world, world.rng, places
        self.offices = offices(STREETS, places)
        self.rows: dict[str, list[Row]] = {}
        for row in rows:
            self.rows.setdefault(row.home.door.community[:9], []).append(row)
        today = world.now.astimezone(rhythm.ZONE).date()
        first = today - dt.timedelta(days=365 * months // 12)
        self.days = rhythm.Days(first, today)
        self.histories: list[History] = []
        self.calls: list[tuple[History, Theme]] = []

    def take_matters(self, plans: Sequence[Plan]) -> None:
        for grievance, raiser, about in sources.from_matters(self.rng, plans):
            theme = theme_for(about)
            grievance.nature = theme.nature
            history = self._open(grievance, raiser)
            Course(history, theme).live(goals.draw(self.rng, grievance, self.world.now))

    def take_others(self, count: int) -> None:
        for _ in range(count):
            street = self.rng.choice(STREETS).code
            day = self.rng.choices(self.days.days, cum_weights=self.days.cumulative)[0]
            theme = self.rng.choice(THEMES)
            source = self.rng.choices([s for _, s in _SHARES], [n for n, _ in _SHARES])[0]
            at = self._moment(day)
            history = self._typed(theme, self.rng.choice(self.rows[street]), source, at)
            goal = goals.draw(self.rng, history.grievance, self.world.now)
            Course(history, theme).live(goal)

    def take_showcase(self) -> None:
        """What a visitor of the demo finds at any size: one of everything in 八角."""
        near = [row for row in self.rows[BAJIAO] if row.home.door.community == HOME_COMMUNITY]
        for key, goal, days, source in goals.SHOWCASE:
            # The likeliest lead, so that each account finds work of its own.
            theme = replace(BY_KEY[key], leads=BY_KEY[key].leads[:1])
            at = self._moment(self._ago(days))
            history = self._typed(theme, self.rng.choice(near), Source(source), at)
            if goal == Goal.MERGED:
                self._merge(history, theme)
            else:
                Course(history, theme).live(goal)
                if goal == Goal.REPLIED:
                    history.leave_untold()

    def _merge(self, history: History, theme: Theme) -> None:
        """Into one of the same kind that was handled then, opened for it."""
        row = history.grievance
        other = self._typed(theme, self._row_of(row), Source(row.source), row.received_at)
        Course(other, theme).live(Goal.IN_HAND)
        history.at = max(history.at, other.at)
        history.wait(1, 20)
        history.grievance.merged_into = other.grievance
        history.move("merge", history.office.desk(self.rng, history.day))

    def _row_of(self, grievance: Grievance) -> Row:
        code = grievance.community.code if grievance.community else BAJIAO
        rows = self.rows[code[:9]]
        return self.rng.choice([row for row in rows if row.home.door.community == code])

    def take_petitions(self) -> None:
        for street in STREETS:
            for number in range(_PETITIONS):
                petition = special.PETITIONS[(number + self.rng.randrange(2)) % 6]
                goal, days = goals.PETITIONS[number]
                theme = theme_of(petition)
                at = self._moment(self._ago(days))
                row = self.rng.choice(self.rows[street.code])
                history = self._typed(theme, row, Source.RECEPTION, at, regime=Regime.PETITION)
                PetitionCourse(history, petition).live(goal)

    def take_sealed(self) -> None:
        for number, sealed in enumerate(special.SEALED):
            goal, days = goals.SEALED[number]
            theme = _sealed_theme(sealed)
            at = self._moment(self._ago(days))
            row = self.rng.choice(self.rows[BAJIAO])
            history = self._typed(theme, row, Source.PHONE, at, sealed=True)
            Course(history, theme).live(goal)
            # Those who have it in hand are those named for it, and who leads this.
            history.posts |= {event.post_id for event in history.events if event.post_id}
            history.posts.add(history.office.leading.pk)

    def _typed(
        self,
        theme: Theme,
        row: Row,
        source: Source,
        at: dt.datetime,
        *,
        regime: str = "",
        sealed: bool = False,
    ) -> History:
        rng, office = self.rng, self._office(row)
        day = at.astimezone(rhythm.ZONE).date()
        urgency = rng.choices([u for _, u in _URGENCIES], [n for n, _ in _URGENCIES])[0]
        lead = frames.PHONED.get(source, "")
        more = ("",) if regime or sealed else frames.ADDED
        text = self.world.pen.write((lead,), theme.say, more, 楼=row.home.door.building)
        urgency = Urgency.ORDINARY if regime or sealed else urgency
        said = sources.Said(text, source, theme.nature, urgency)
        grievance, raiser = sources.typed(
            rng, row, self.places, said, at=at, by=office.desk(rng, day)
        )
        if regime:
            grievance.regime = regime
        if sealed:
            grievance.is_restricted = True
            grievance.sealed_text, grievance.text, grievance.place = grievance.text, "", ""
        if source == Source.HOTLINE:
            hotline.number(rng, grievance, len(self.calls))
        history = self._open(grievance, raiser)
        if source == Source.HOTLINE:
            self.calls.append((history, theme))
        return history

    def _open(self, grievance: Grievance, raiser: Raiser | None) -> History:
        history = History(self.world, grievance, raiser, self.offices[grievance.street_id])
        self.histories.append(history)
        return history

    def _office(self, row: Row) -> Office:
        return self.offices[self.places.by_code[row.home.door.community[:9]].pk]

    def _ago(self, days: int) -> dt.date:
        return self.world.now.astimezone(rhythm.ZONE).date() - dt.timedelta(days=days)

    def _moment(self, day: dt.date) -> dt.datetime:
        """Some time of the day, long enough before now for it to be registered."""
        at = rhythm.moment(self.rng, day, at_work=chance(self.rng, 0.2))
        latest = self.world.now - dt.timedelta(minutes=self.rng.randint(60, 200))
        return min(at, latest)


def _sealed_theme(sealed: Sealed) -> Theme:
    return Theme(
        key="sealed", leads=(sealed.lead,), classes="", say=(sealed.text,), solved=(sealed.reply,),
        partly=(sealed.reply,), explained=(sealed.reply,), plain=("",), not_now=(), objection=(),
    )  # fmt: skip
