"""SECURITY: of what is sent before anybody was asked who they are, nothing stays in memory."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from django.views import View

from portal.accounts.roles import Role
from portal.core.access import PublicMixin
from portal.core.attachments.accepting import MOST_TOGETHER
from portal.core.sheets.reading import MOST_BYTES
from portal.core.uploads import InMemoryUploadHandler
from tests.factories.accounts import make_post, sign_in

pytestmark = pytest.mark.django_db

IMPORT = "/contacts/households/import/"
RIGHT, WRONG = "/h/right/", "/h/wrong/"
#: Tokens that were looked up.
ASKED: list[str] = []


def opens(*, token: str) -> bool:
    ASKED.append(token)
    return token == "right"


class TokenView(PublicMixin, View):
    """A page for whoever has its address."""

    takes_files = True
    files_of = staticmethod(opens)
    most_upload_bytes = MOST_TOGETHER

    def post(self, request, token):
        return HttpResponse(str(len(request.FILES)))


class PublicView(TokenView):
    """One that forgot to say who may send files: nobody who is not signed in."""

    files_of = None


urlpatterns = [
    path("h/<str:token>/", TokenView.as_view()),
    path("open/<str:token>/", PublicView.as_view()),
    path("", include("portal.urls")),
]


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


@pytest.fixture
def asked():
    ASKED.clear()
    return ASKED


@pytest.mark.urls(__name__)
def test_a_right_token_sends_files_without_an_account(client, held, asked):
    assert client.post(RIGHT, files(3, 1000)).content == b"3"

    assert held == [1000] * 3
    assert asked == ["right"]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("signed_in", [True, False])
def test_of_a_wrong_token_nothing_is_kept_whoever_sends(client, world, held, asked, signed_in):
    if signed_in:
        sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))

    assert client.post(WRONG, files(3, 1000)).content == b"0"

    assert held == []
    assert asked == ["wrong"]


@pytest.mark.urls(__name__)
def test_a_wrong_token_is_found_out_before_the_form_is(held, asked):
    """The check of the form's own token (CSRF) reads the whole body first."""
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "t" * 32

    assert client.post(WRONG, files(2, 1000)).status_code == 403

    assert held == []


@pytest.mark.urls(__name__)
def test_a_public_page_without_a_check_takes_nothing(client, held, asked):
    client.post("/open/right/", files(2, 1000))

    assert held == []
    assert asked == []


@pytest.mark.urls(__name__)
def test_a_page_of_attachments_has_its_own_budget(client, held, asked):
    client.post(RIGHT, files(3, MOST_TOGETHER // 2))

    assert sum(held) == MOST_TOGETHER + 1
