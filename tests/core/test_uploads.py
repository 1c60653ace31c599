"""SECURITY: of what is sent before anybody was asked who they are, nothing stays in memory."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.accounts.roles import Role
from portal.core.sheets.reading import MOST_BYTES
from portal.core.uploads import InMemoryUploadHandler
from tests.factories.accounts import make_post, sign_in

pytestmark = pytest.mark.django_db

IMPORT = "/contacts/households/import/"


@pytest.fixture
def held(monkeypatch) -> list[int]:
    """Sizes of the files that were kept."""
    found: list[int] = []
    complete = InMemoryUploadHandler.file_complete

    def seen(self, size):
        file = complete(self, size)
        found.append(file.size)
        return file

    monkeypatch.setattr(InMemoryUploadHandler, "file_complete", seen)
    return found


def files(number: int, size: int) -> dict[str, SimpleUploadedFile]:
    return {f"f{n}": SimpleUploadedFile(f"{n}.csv", b"x" * size) for n in range(number)}


@pytest.mark.parametrize("path", ["/accounts/login/", "/privacy/request/", IMPORT])
def test_nothing_of_a_stranger_is_kept(held, path):
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "t" * 32

    client.post(path, files(2, 1000))

    assert held == []


def test_other_pages_keep_nothing_of_anybody(client, world, held):
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))

    client.post("/feedback/", files(2, 1000))

    assert held == []


def test_all_files_of_a_request_share_one_budget(client, world, held):
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))

    client.post(IMPORT, {"client_id": uuid.uuid4(), **files(4, MOST_BYTES // 2)})

    assert sum(held) == MOST_BYTES + 1


def test_the_page_that_takes_a_file_gets_it(client, world, held):
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))
    file = io.BytesIO("楼栋,室\r\n".encode())
    file.name = "名单.csv"

    client.post(IMPORT, {"client_id": uuid.uuid4(), "file": file})

    assert len(held) == 1
