"""A list as a file: asked for, written by a worker, fetched."""

import csv
import io

from django.utils import timezone

from portal.accounts.models import Post
from portal.jobs import exports, running, services
from portal.jobs.models import Job, JobFile


def ask(post: Post, key: str, query: str = "", **changes: object) -> Job:
    told = {"key": key, "query": query, "format": "csv", "reason": "MEETING"}
    request = exports.Request(**{**told, **changes})
    return exports.ask(actor=post, request=request, now=timezone.now())


def work(job: Job) -> Job:
    run = running.claim(job.pk, now=timezone.now())
    assert run is not None
    running.work(run)
    job.refresh_from_db()
    return job


def fetched(post: Post, job: Job) -> bytes:
    _, stream = services.fetch(
        actor=post, client_id=job.client_id, role=JobFile.Role.RESULT, now=timezone.now()
    )
    with stream:
        return stream.read()


def exported(post: Post, key: str, query: str = "") -> list[list[str]]:
    """The rows of the .csv, without the heading."""
    job = work(ask(post, key, query))
    assert job.state == Job.State.DONE, job.message
    text = fetched(post, job).decode("utf-8-sig")
    _, *rows = csv.reader(io.StringIO(text, newline=""))
    return rows
