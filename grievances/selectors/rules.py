"""The clock policies of one district, as a value: which of them limits what began when."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.db.models import Q

from grievances.clocks import shipped
from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import Policy, choose
from grievances.models import ClockPolicy
from grievances.models.policies import KEY, SAID

_COLUMNS: Final = ("district_id", "valid_from", "valid_until", *KEY, *SAID)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a row: it limits what began from ``since`` on and before ``until``."""

    policy: Policy
    is_own: bool
    since: dt.datetime | None
    until: dt.datetime | None

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(str(getattr(self.policy, name)) for name in KEY)


@dataclass(frozen=True, slots=True)
class Rules:
    """All versions of the shipped rows and of a district's own."""

    versions: tuple[Version, ...]
    #: Another one whenever a row changes; kept beside a date that was counted.
    version: str

    def choose(
        self,
        step: Step,
        *,
        start_of: Callable[[Policy], dt.datetime | None],
        regime: str,
        nature: str,
        urgency: str,
        source: str,
    ) -> Policy | None:
        """The policy in force when the step began; ``start_of`` says when by each policy."""
        standing: dict[tuple[str, ...], Policy] = {}
        for (is_own, key), versions in self._lines(step):
            found = _in_force(versions, start_of)
            if found is not None and (is_own or key not in standing):
                standing[key] = found
        return choose(
            standing.values(),
            step,
            regime=regime,
            nature=nature,
            urgency=urgency,
            source=source,
        )

    def _lines(self, step: Step) -> Iterable[tuple[tuple[bool, tuple[str, ...]], list[Version]]]:
        """The versions of each row of the step, oldest first; the district's own rows last."""
        lines: dict[tuple[bool, tuple[str, ...]], list[Version]] = {}
        for each in self.versions:
            if each.policy.step == step:
                lines.setdefault((each.is_own, each.key), []).append(each)
        return sorted(lines.items(), key=lambda line: line[0])


def _in_force(
    versions: Sequence[Version], start_of: Callable[[Policy], dt.datetime | None]
) -> Policy | None:
    """The version of one row that was in force when the step began; the latest if it has not.

    Two versions may count from different events: then the newest that had begun by its own.
    """
    for at in reversed(range(len(versions))):
        each, start = versions[at], start_of(versions[at].policy)
        if start is None:
            return each.policy if each.until is None else None
        if each.since is not None and start < each.since:
            continue
        is_followed = at + 1 < len(versions) and versions[at + 1].since == each.until
        ended = each.until is not None and start >= each.until and not is_followed
        return None if ended else each.policy
    return None


def rules_of(district_id: int) -> Rules:
    """The rules of the district: one query.

    The rows are few, so they are read each time: no process counts by what another one changed.
    Before the shipped file is loaded, the file itself answers: no clock is missing.
    """
    rows = ClockPolicy.objects.filter(Q(district__isnull=True) | Q(district_id=district_id))
    return _built(tuple(rows.order_by("pk").values_list(*_COLUMNS)))


@lru_cache(maxsize=64)
def _built(rows: tuple[tuple, ...]) -> Rules:
    versions = [_version(dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    if all(each.is_own for each in versions):
        versions = [*(Version(each, False, None, None) for each in shipped.read()), *versions]  # noqa: FBT003
    return Rules(tuple(versions), _digest(versions))


def _version(row: dict) -> Version:
    said = {name: row[name] for name in (*KEY, *SAID)}
    said |= {"step": Step(said["step"]), "start": Start(said["start"]), "unit": Unit(said["unit"])}
    return Version(
        Policy(**said), row["district_id"] is not None, row["valid_from"], row["valid_until"]
    )


def _digest(versions: Iterable[Version]) -> str:
    said = sorted(
        "|".join(
            str(part)
            for part in (
                each.is_own,
                each.since and each.since.timestamp(),
                each.until and each.until.timestamp(),
                *(getattr(each.policy, name) for name in (*KEY, *SAID)),
            )
        )
        for each in versions
    )
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
