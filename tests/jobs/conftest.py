"""A post, a kind of job that does what a test says, and the folder of files."""

import datetime as dt
import io
import uuid
from dataclasses import dataclass, field

import pytest
from django.utils import timezone

from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.jobs import registry, services
from portal.jobs.models import Job
from portal.jobs.registry import JobKind
from tests.factories.accounts import make_post

KIND = "test_kind"


@dataclass
class Doing:
    """What the kind does, exchangeable by the test."""

    todo: object = None
    runs: list = field(default_factory=list)

    def __call__(self, run) -> None:
        self.runs.append(run)
        if self.todo is None:
            run.finish("好了。", rows=1)
        else:
            self.todo(run)


@pytest.fixture
def doing():
    done = Doing()
    registry.register(
        JobKind(
            key=KIND,
            title="试一试",
            permission=Permission.IMPORT_HOUSEHOLDS,
            run=done,
            resumes=True,
        )
    )
    yield done
    registry.unregister(KIND)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def ask(doing):
    """``ask(post, …)``: a job of the test's kind."""

    def make(post, *, data: bytes | None = None, name="名单.xlsx", **changes) -> Job:
        upload = None
        if data is not None:
            upload = io.BytesIO(data)
            upload.name = name
        told = {
            "actor": post,
            "kind": KIND,
            "title": "试一试",
            "parameters": {"name": "王秀英"},
            "client_id": uuid.uuid4(),
            "now": timezone.now() - dt.timedelta(minutes=1),
            "upload": upload,
        }
        return services.ask(**{**told, **changes})

    return make
