"""What can run in the background: each app tells in ``AppConfig.ready()`` which kinds it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portal.accounts.permissions import Permission

if TYPE_CHECKING:
    from portal.jobs.running import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """One kind of background work.

    ``permission`` is asked when the job is asked for, when it starts and when a file is fetched.
    ``run`` does the work; it may be called again after a crash and goes on from ``run.checkpoint``.
    ``resumes``: what was done before a stop is kept and the next try goes on there; else it begins
    anew, and a stop leaves nothing.
    ``page`` names an address (taking the job's uuid) that shows the job better than its own page;
    ``start`` one where such a job is begun, if it has one of its own.
    """

    key: str
    title: str
    permission: Permission
    run: Callable[[Run], None]
    resumes: bool = False
    page: str = ""
    start: str = ""


_KINDS: Final[dict[str, JobKind]] = {}


def register(kind: JobKind) -> None:
    """Make ``kind`` known. Registering the same key again replaces it."""
    _KINDS[kind.key] = kind


def unregister(key: str) -> None:
    _KINDS.pop(key, None)


def kinds() -> list[JobKind]:
    """All kinds, in the order in which they were registered."""
    return list(_KINDS.values())


def resumes(key: str) -> bool:
    """Whether a stopped job of this kind leaves what it has done; not for an unknown kind."""
    return key in _KINDS and _KINDS[key].resumes


def get(key: str) -> JobKind:
    """Raises ``KeyError`` for a kind that nobody registered."""
    return _KINDS[key]
