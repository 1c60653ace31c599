"""What a checked list would do, for the page before the import."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from portal.accounts.models import Post
from portal.jobs.models import Job, RowProblem
from portal.jobs.selectors import JobPage, import_id, job_page

PROBLEMS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class CheckPage:
    """A list that was checked: how many rows of which sort, and the first that are refused."""

    job: JobPage
    new: int
    changed: int
    same: int
    #: Rows that say again what an earlier row of the list says.
    repeated: int
    bad: int
    #: Of ``bad``, rows that would bring back what somebody has ended since.
    overtaken: int
    households: int
    residents: int
    buildings: int
    #: Of ``same``, rows with a note for a household that the post sees masked.
    notes: int
    #: Names of the buildings that would be made, as far as they are shown.
    building_names: tuple[str, ...]
    problems: tuple[tuple[int, str], ...]
    #: Whether there is anything to import.
    worth: bool
    #: Where the import of it is, once it was asked for.
    import_url: str


def check_page(job: Job, *, post: Post, now: dt.datetime) -> CheckPage:
    """Needs the job from ``portal.jobs.selectors.own_jobs``."""
    counts: dict[str, int] = job.counts
    problems = RowProblem.objects.visible_to(post).filter(job=job)
    return CheckPage(
        job=job_page(job, now=now),
        new=counts.get("new", 0),
        changed=counts.get("changed", 0),
        same=counts.get("same", 0),
        repeated=counts.get("repeated", 0),
        bad=counts.get("bad", 0),
        overtaken=counts.get("overtaken", 0),
        households=counts.get("households", 0),
        residents=counts.get("residents", 0),
        buildings=counts.get("buildings", 0),
        notes=counts.get("notes", 0),
        building_names=tuple(job.parameters.get("buildings", ())),
        problems=tuple(problems.values_list("row", "reason")[:PROBLEMS_SHOWN]),
        worth=any(counts.get(name) for name in ("new", "changed", "notes")),
        import_url=_import_url(job, post),
    )


def _import_url(job: Job, post: Post) -> str:
    made = Job.objects.visible_to(post).filter(client_id=import_id(job)).first()
    return made.get_absolute_url() if made else ""
