"""After ``rotate_field_keys`` the old key may be thrown away: nothing that is kept needs it."""

import ast
import base64
import datetime as dt
import os
import time
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from contacts.models import Household, Resident
from portal.accounts.roles import Role
from portal.accounts.services import second_factor
from portal.core.encryption import DecryptionError
from portal.jobs import files
from portal.jobs.models import JobFile, RowProblem
from tests.factories.accounts import PASSWORD, make_post, make_user, sign_in
from tests.factories.contacts import make_household, make_resident, make_reveal
from tests.factories.jobs import make_job
from tests.factories.rights import make_request

ROOT = Path(__file__).resolve().parent.parent.parent
OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
LOGIN, CODE, SETUP = "/accounts/login/", "/accounts/2fa/", "/accounts/2fa/setup/"
LIST = "楼栋,室\r\n12号楼,502\r\n".encode()

# --- Nobody keeps ciphertext that rotation does not know of -----------------------------------

#: What makes ciphertext of FIELD_KEYS, or files of it.
WAYS = {
    "encrypt", "derived_cipher", "SealedWriter", "SealedStore", "FIELD_KEYS", "files.keep",
    "files.writing",
}  # fmt: skip
#: Every module that names one, by hand: what becomes of it when the old key is taken out.
#: A new line here is a promise that ``rotate_field_keys`` reaches it, or that it is not kept.
USES = {
    "contacts": {},
    "portal": {
        "core/encryption.py": "encrypted fields: rotation finds them by their class",
        "core/attachments/keeping.py": "attachments: the app that has their rows registers them",
        "core/sealed_files.py": "the files of sealed_store and of backup.archive, no others",
        "core/sealed_store.py": "a folder of them: whoever has one registers it",
        "core/paging.py": "not kept: a place in a list, in an address; unread it is page one",
        "accounts/adapters.py": "allauth's data: registered by accounts",
        "accounts/services/second_factor.py": "puts allauth's data under the new key",
        "accounts/views/second_factor.py": "kept until an app is bound; then a new picture is shown",
        "desk/scale/homes.py": "writes encrypted fields of contacts",
        "desk/backup/archive.py": "the file of a backup: its key is kept as long as the backup",
        "desk/backup/manifest.py": "a fingerprint of the keys",
        "desk/backup/restoring.py": "hands the keys to the process that tries a backup",
        "jobs/files.py": "files of jobs: registered by jobs",
        "jobs/running.py": "a file of its job, with its row",
        "jobs/services.py": "the file that was uploaded, with its row",
        "settings/base.py": "where the keys come from",
        "settings/secrets.py": "makes new ones",
        "settings/test.py": "those of the tests",
    },
}


def names_in(path: Path) -> set[str]:
    """Every name in a module: of its own, of attributes, of imports, and texts that are one."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Name(id=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.Attribute(value=owner, attr=name):
                found |= {name, f"{getattr(owner, 'id', '')}.{name}"}
            case ast.ImportFrom(names=aliases):
                found |= {alias.name for alias in aliases}
            case ast.Constant(value=str(name)):
                found.add(name)
    return found


@pytest.mark.parametrize("folder", USES)
def test_every_use_of_the_keys_is_known(folder):
    using = {
        str(path.relative_to(ROOT / folder))
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and names_in(path) & WAYS
    }

    assert using == USES[folder].keys()


# --- What rotation reaches --------------------------------------------------------------------


def code_of(secret: str, *, steps_ago: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 - steps_ago))


def bind(user) -> tuple[str, list[str]]:
    """The secret in the app of ``user``, bound by an earlier code, and the recovery codes."""
    secret = second_factor.new_secret()
    return secret, second_factor.set_up(user=user, secret=secret, code=code_of(secret, steps_ago=1))


def enter(client: Client, username: str) -> None:
    assert client.post(LOGIN, {"username": username, "password": PASSWORD}).url == CODE


def held() -> dict[str, str]:
    """Table → everything in it as the database holds it, and every file of a job by its name."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- a table of our own
            found[table] = str(cursor.fetchall())
    found["django_session"] = str([row.get_decoded() for row in Session.objects.all()])
    return found | {
        f"file {path.name}": path.read_bytes()[:40].decode("latin-1")
        for path in files.folder().iterdir()
    }


def under(key: str) -> set[str]:
    """Where something still lies under ``key``: ``old.…`` in the database, its id in a file."""
    return {where for where, what in held().items() if f"{key}." in what or f"\x03{key}" in what}


@pytest.fixture
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def admin(world, settings):
    settings.FIELD_KEYS = [OLD]
    return make_post(Role.STREET_ADMIN, world.bajiao, user=make_user("admin"))


@pytest.mark.django_db
@pytest.mark.sqlite
def test_nothing_that_is_kept_needs_the_old_key(admin, world, settings, own_files, client, capsys):
    secret, codes = bind(admin.user)
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    household = make_household(community=world.north, worker=worker.user, note="钥匙在邻居家")
    make_resident(household, phone="13800131234")
    make_reveal(household, worker, at=timezone.now())
    make_request(world.north)
    job = make_job(admin)
    RowProblem.objects.create(job=job, row=3, reason="王秀英的电话不对")
    binding = make_post(Role.STREET_ADMIN, world.gucheng)
    client.force_login(binding.user)
    client.get(SETUP)
    before = under("old")
    assert {"mfa_authenticator", "jobs_job", "jobs_rowproblem", "contacts_resident"} <= before
    assert f"file {job.files.get().stored.hex}" in before

    settings.FIELD_KEYS = [NEW, OLD]
    call_command("rotate_field_keys")

    assert under("old") == {"django_session"}  # the picture on the screen of who is binding an app
    assert "旧密钥 old 可以从 FIELD_KEYS 取下" in capsys.readouterr().out
    settings.FIELD_KEYS = [NEW]
    for given in (code_of(secret), codes[4]):
        browser = Client()
        enter(browser, "admin")
        assert browser.post(CODE, {"code": given}).url == "/"
        assert browser.get("/accounts/me/").status_code == 200
    assert client.get(SETUP).status_code == 200  # another picture
    assert files.opened(job.files.get()).read() == LIST
    assert Household.objects.get().note == "钥匙在邻居家"
    sign_in(client, admin)
    address = f"{job.get_absolute_url()}input/"
    assert b"".join(client.get(address).streaming_content) == LIST


@pytest.mark.django_db
def test_a_code_used_before_the_rotation_stays_used(admin, settings):
    secret, codes = bind(admin.user)
    used = code_of(secret)
    assert second_factor.passes(user=admin.user, code=used)
    assert second_factor.passes(user=admin.user, code=codes[0])

    settings.FIELD_KEYS = [NEW, OLD]
    call_command("rotate_field_keys")
    settings.FIELD_KEYS = [NEW]

    assert not second_factor.passes(user=admin.user, code=used)
    assert not second_factor.passes(user=admin.user, code=codes[0])
    assert second_factor.passes(user=admin.user, code=codes[1])


@pytest.mark.django_db
def test_a_lost_value_is_named_and_holds_up_nothing_else(admin, settings, capsys):
    first, lost, last = (make_resident(phone=f"1380013{n:04}") for n in range(3))
    settings.FIELD_KEYS = ["gone:" + base64.b64encode(b"g" * 32).decode()]
    Resident.objects.filter(pk=lost.pk).update(phone="13900000000")
    settings.FIELD_KEYS = [NEW, OLD]

    with pytest.raises(CommandError, match=f"contacts.Resident: {lost.pk}$"):
        call_command("rotate_field_keys")

    assert "取下" not in capsys.readouterr().out
    settings.FIELD_KEYS = [NEW]
    assert Resident.objects.get(pk=first.pk).phone == "13800130000"
    assert Resident.objects.get(pk=last.pk).phone == "13800130002"
    with pytest.raises(DecryptionError):
        Resident.objects.get(pk=lost.pk)


@pytest.mark.django_db
def test_a_key_of_the_same_letters_in_another_case_is_another_key(admin, settings):
    make_resident(phone="13800131234")
    settings.FIELD_KEYS = ["OLD:" + NEW[4:]]

    with pytest.raises(CommandError, match="旧密钥还不能取下"):
        call_command("rotate_field_keys")


@pytest.mark.django_db
def test_files_keep_their_bytes_and_their_age(admin, settings, own_files):
    job = make_job(admin)
    file = job.files.get()
    path = files.path_of(file.stored)
    week = (timezone.now() - dt.timedelta(days=6)).timestamp()
    os.utime(path, (week, week))
    reading = files.opened(file)
    settings.FIELD_KEYS = [NEW, OLD]

    assert files.rekey() == 1
    assert files.rekey() == 0

    settings.FIELD_KEYS = [NEW]
    assert files.opened(file).read() == reading.read() == LIST
    assert path.stat().st_mtime == pytest.approx(week)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in files.folder().iterdir()] == [file.stored.hex]


@pytest.mark.django_db
def test_a_damaged_file_stays_and_is_named_and_one_that_expired_is_not(admin, settings, own_files):
    damaged, gone = make_job(admin).files.get(), make_job(admin).files.get()
    path = files.path_of(damaged.stored)
    path.write_bytes(path.read_bytes()[:-1])
    before = path.read_bytes()
    files.remove(gone.stored)
    settings.FIELD_KEYS = [NEW, OLD]

    with pytest.raises(CommandError, match=f"导入导出的文件: {damaged.pk}$"):
        call_command("rotate_field_keys")

    assert path.read_bytes() == before
    assert len(list(files.folder().iterdir())) == JobFile.objects.count() - 1


# --- A key that was taken out too early -------------------------------------------------------


@pytest.mark.django_db
def test_a_secret_whose_key_is_gone_is_said_at_the_second_step(admin, settings, client):
    secret, codes = bind(admin.user)
    settings.FIELD_KEYS = [NEW]
    enter(client, "admin")

    for given in (code_of(secret), codes[0]):
        answer = client.post(CODE, {"code": given})
        assert answer.status_code == 403
        assert "缺少密钥" in answer.text
    assert client.get("/accounts/me/").url.startswith(LOGIN)
    # SECURITY: every try counts, or the codes that can be read could be guessed without end.
    for _ in range(2):
        assert client.post(CODE, {"code": "000000"}).status_code == 403
    assert client.post(CODE, {"code": "000000"}).status_code == 429
    settings.FIELD_KEYS = [NEW, OLD]
    assert second_factor.passes(user=admin.user, code=code_of(secret))


@pytest.mark.django_db
def test_a_recovery_code_opens_when_only_the_apps_secret_is_lost(admin, settings, client):
    _, codes = bind(admin.user)
    app = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    app.data["secret"] = app.data["secret"].replace("old.", "gone.")
    app.save()
    enter(client, "admin")

    assert client.post(CODE, {"code": codes[2]}).url == "/"


@pytest.mark.django_db
def test_new_recovery_codes_are_refused_with_words_too(admin, settings, client):
    secret, _ = bind(admin.user)
    sign_in(client, admin)
    settings.FIELD_KEYS = [NEW]

    answer = client.post("/accounts/2fa/codes/", {"code": code_of(secret)})

    assert answer.status_code == 403
    assert "缺少密钥" in answer.text
