"""What contacts needs from rooms above: typed holes, bound in the upper app's ``ready()``.

A default stands in until that app exists; the system check in ``contacts.checks`` refuses to start
with a hole that nobody has filled, not even with "nobody yet".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from contacts.models import Matter, Visit
    from portal.accounts.models import Organisation, Post

F = TypeVar("F")


class UnboundPortError(RuntimeError):
    """A port was used before anybody was bound to it: a wiring bug, not a user's mistake."""


class PortTakenError(RuntimeError):
    """Two apps want to fill the same port."""


class Port(Generic[F]):
    """One hole; ``implementation`` is what fills it. A real binding replaces the default, once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._default: F | None = None
        self._bound: F | None = None

    def bind_default(self, implementation: F) -> None:
        """What answers until an upper app binds itself."""
        self._default = implementation

    def bind(self, implementation: F) -> None:
        """Fill the port. Binding the same thing again changes nothing; another one is refused."""
        if self._bound is not None and self._bound is not implementation:
            raise PortTakenError(self.name)
        self._bound = implementation

    @property
    def is_bound(self) -> bool:
        return self._bound is not None or self._default is not None

    @property
    def is_default(self) -> bool:
        """Whether only the stand-in answers: pages then say so instead of promising more."""
        return self._bound is None

    @property
    def implementation(self) -> F:
        found = self._bound if self._bound is not None else self._default
        if found is None:
            raise UnboundPortError(self.name)
        return found


@dataclass(frozen=True, slots=True)
class VisitCredit:
    """One thing a visit was counted for (本次走访已计入), with the page that shows the count."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class SectionLine:
    """One row of a section: what, its state in words, when, and where to read on."""

    text: str
    state: str = ""
    on: dt.date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class HouseholdSection:
    """A block on the page of a household or contact point that another app supplies."""

    title: str
    lines: tuple[SectionLine, ...] = ()
    url: str = ""
    #: What can be begun here, with its words.
    new_url: str = ""
    new_words: str = ""


class Escalate(Protocol):
    """Open a grievance for a matter, inside the caller's transaction.

    Without an ``actor`` the system opens it. Returns its number, or "" when it has to wait. Must
    not raise for a matter that the form accepted: the visit is written down whatever becomes of
    the grievance.
    """

    def __call__(self, *, matter: Matter, actor: Post | None, now: dt.datetime) -> str: ...


class GrievanceLinks(Protocol):
    """The pages of grievances by number, of those ``post`` may read."""

    def __call__(self, *, numbers: Collection[str], post: Post) -> Mapping[str, str]: ...


class VisitCredits(Protocol):
    """What a visit was counted for, as far as ``post`` may read it."""

    def __call__(self, *, visit: Visit, post: Post) -> Sequence[VisitCredit]: ...


class HouseholdSections(Protocol):
    """Further blocks of a household's page, as far as ``post`` may read them."""

    def __call__(
        self, *, household_id: int, post: Post, now: dt.datetime
    ) -> Sequence[HouseholdSection]: ...


class PointSections(Protocol):
    """Further blocks of a contact point's page: what is open at its unit, for ``post``."""

    def __call__(
        self, *, unit: Organisation, post: Post, now: dt.datetime
    ) -> Sequence[HouseholdSection]: ...


class HouseholdMerged(Protocol):
    """Two records were one household: what spoke of ``other_id`` speaks of ``kept_id`` now.

    Inside the caller's transaction, which holds both.
    """

    def __call__(self, *, kept_id: int, other_id: int) -> None: ...


class ResidentErased(Protocol):
    """Take a person out for good, who asked to be forgotten; inside the caller's transaction.

    ``names`` are every spelling, ``phones`` digits only.
    """

    def __call__(
        self,
        *,
        household_id: int,
        resident_id: int,
        names: Collection[str],
        phones: Collection[str],
    ) -> None: ...


escalate: Port[Escalate] = Port("contacts.escalate")
grievance_links: Port[GrievanceLinks] = Port("contacts.grievance_links")
visit_credits: Port[VisitCredits] = Port("contacts.visit_credits")
household_sections: Port[HouseholdSections] = Port("contacts.household_sections")
point_sections: Port[PointSections] = Port("contacts.point_sections")
household_merged: Port[HouseholdMerged] = Port("contacts.household_merged")
resident_erased: Port[ResidentErased] = Port("contacts.resident_erased")

ALL: tuple[Port, ...] = (
    escalate, grievance_links, visit_credits, household_sections, point_sections,
    household_merged, resident_erased,
)  # fmt: skip


def wait_for_grievances(*, matter: Matter, actor: Post | None, now: dt.datetime) -> str:  # noqa: ARG001 -- the port's signature
    """Leave the matter waiting (``Matter.is_waiting``) until the grievance desk is there."""
    return ""


def no_links_yet(*, numbers: Collection[str], post: Post) -> Mapping[str, str]:  # noqa: ARG001 -- the port's signature
    """Answer for the grievance desk while there is none."""
    return {}


def counted_for_nothing_yet(*, visit: Visit, post: Post) -> Sequence[VisitCredit]:  # noqa: ARG001 -- the port's signature
    """Answer for the apps that count visits while there are none."""
    return ()


def no_sections_yet(
    *,
    household_id: int,  # noqa: ARG001 -- the port's signature
    post: Post,  # noqa: ARG001 -- the port's signature
    now: dt.datetime,  # noqa: ARG001 -- the port's signature
) -> Sequence[HouseholdSection]:
    """Answer for the apps that add to a household's page while there are none."""
    return ()


def nothing_at_points_yet(
    *,
    unit: Organisation,  # noqa: ARG001 -- the port's signature
    post: Post,  # noqa: ARG001 -- the port's signature
    now: dt.datetime,  # noqa: ARG001 -- the port's signature
) -> Sequence[HouseholdSection]:
    """Answer for the apps that add to a contact point's page while there are none."""
    return ()


def nothing_to_merge_yet(*, kept_id: int, other_id: int) -> None:
    """Answer for the apps that speak of households while there are none."""


def nothing_to_erase_yet(
    *, household_id: int, resident_id: int, names: Collection[str], phones: Collection[str]
) -> None:
    """Answer for the apps that speak of residents while there are none."""
