"""A small portal to back up, and the way back."""

import os

import pytest

from portal.accounts.roles import Role
from portal.audit.services import record, seal
from tests.desk.backups import SECRETS
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_household, make_resident, make_visit


@pytest.fixture
def portal(tmp_path, settings):
    """A sealed trail of three rows and one row not sealed yet, personal data, files."""
    settings.JOB_FILES = str(tmp_path / "jobs")
    settings.ATTACHMENT_FILES = str(tmp_path / "attachments")
    settings.AUDIT_SEAL_FILE = tmp_path / "seals.jsonl"
    (tmp_path / "jobs" / "a").mkdir(parents=True)
    (tmp_path / "jobs" / "a" / "b.bin").write_bytes(os.urandom(100_000))
    (tmp_path / "attachments").mkdir()
    (tmp_path / "attachments" / "c").write_bytes(os.urandom(1_000))
    world = make_world()
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    household = make_household(community=world.north, worker=worker.user)
    make_resident(household, name=SECRETS[0], phone=SECRETS[1])
    for _ in range(3):
        make_visit(household, post=worker, text=SECRETS[2])
    for _ in range(3):
        record(actor=worker, action="visit.log", obj=household)
    seal()
    record(actor=worker, action="visit.log", obj=household)
    return world
