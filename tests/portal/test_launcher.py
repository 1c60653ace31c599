"""``manage.py run_portal``: all parts start, all parts stop, no orphan, one sentence on refusal."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.desk import run
from portal.desk.management.commands.run_portal import (
    FORGOTTEN,
    account_lines,
    set_demo_password,
)
from tests.factories.accounts import make_post, make_user, make_world
from tests.fixtures.processes import child
from tests.servers import free_port

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "manage.py", "run_portal"]
EMBEDDED = "portal.settings.embedded"


def surroundings(folder: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of somebody who types ``make run``: nothing of the test's servers."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"DATA_DIR": str(folder), "PORT": str(port), "PYTHONWARNINGS": "ignore"} | more


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT, env=surroundings(folder, 1), check=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def data(migrated, tmp_path):
    """An embedded installation of its own, migrated already."""
    return shutil.copytree(migrated, tmp_path / "data")


@pytest.fixture
def port():
    return free_port()


def state_and_parent(pid: int) -> tuple[str, int]:
    """What the kernel says of a process; ``("", 0)`` when there is none."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "", 0
    return state, int(parent)


def running(pid: int) -> bool:
    return state_and_parent(pid)[0] not in ("", "Z")


def family(pid: int) -> list[int]:
    """The children of a process that are still running."""
    everybody = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [one for one in everybody if state_and_parent(one)[1] == pid and running(one)]


def page(port: int) -> int:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/readyz")
        return asked.getresponse().status
    except OSError:
        return 0
    finally:
        asked.close()


@pytest.fixture
def portal(data, port, tmp_path, wait_until):
    """A running embedded portal with its three children."""
    log = tmp_path / "portal.log"
    with child(COMMAND, log, clean=True, **surroundings(data, port)) as process:
        wait_until(lambda: process.poll() is not None or len(family(process.pid)) == 3, patience=60)
        assert process.poll() is None, log.read_text()
        process.log = log
        yield process


def test_all_parts_run_and_pages_are_served(portal, port):
    assert page(port) == 200
    assert f"http://127.0.0.1:{port}/" in portal.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all(portal, port, number):
    children = family(portal.pid)

    portal.send_signal(number)

    assert portal.wait(20) == 0
    assert [pid for pid in children if running(pid)] == []
    assert page(port) == 0
    said = portal.log.read_text()
    assert said.strip().splitlines()[-1] == "已停止"
    assert "shutdown" not in said


def test_the_death_of_the_web_ends_all(portal):
    children = sorted(family(portal.pid))

    os.kill(children[0], signal.SIGKILL)

    assert portal.wait(20) == 1
    assert [pid for pid in children if running(pid)] == []
    assert "web 已退出" in portal.log.read_text()


@pytest.mark.parametrize("which", [1, 2])
def test_background_work_that_dies_is_started_again(portal, port, which, wait_until):
    before = sorted(family(portal.pid))

    os.kill(before[which], signal.SIGKILL)

    wait_until(lambda: "重新启动" in portal.log.read_text(), what="said")
    wait_until(lambda: len(set(family(portal.pid)) - set(before)) == 1, what="started again")
    assert page(port) == 200
    assert portal.poll() is None


def test_a_killed_launcher_leaves_no_orphan(portal, wait_until):
    children = family(portal.pid)

    portal.kill()

    wait_until(lambda: not [pid for pid in children if running(pid)], what="orphans")


def test_nobody_else_on_the_machine_can_read_the_data(portal, data, port):
    """Copied from a folder made by ``migrate``, where everybody could."""
    assert page(port) == 200

    files = [path for path in data.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"portal.sqlite3", "portal.sqlite3-wal", "run.lock"}
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in files} == {
        path.name: "0o0" for path in files
    }


def test_nobody_else_can_read_what_another_command_makes(tmp_path, port):
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(
        ["/bin/sh", "-c", 'umask 022; exec "$@"', "sh", *command],
        cwd=ROOT, env=surroundings(tmp_path, port), check=True, timeout=120,
    )  # fmt: skip

    made = list(tmp_path.rglob("*"))
    assert "portal.sqlite3" in {path.name for path in made}
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []


def test_a_new_data_folder_is_for_its_owner_alone(tmp_path, port):
    again(tmp_path / "new", port, DEMO="1", BIND="0.0.0.0")

    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def again(data: Path, port: int, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, cwd=ROOT, env=surroundings(data, port, **more), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


def test_a_second_call_says_why_not_in_one_sentence(portal, data, port, migrated):
    same_port = again(migrated, port)
    same_data = again(data, free_port())

    for refused in (same_port, same_data):
        assert refused.returncode == 1
        assert len(refused.stderr.strip().splitlines()) == 1
        assert "Traceback" not in refused.stderr
    assert f"PORT={port + 1} make run" in same_port.stderr
    assert "DATA_DIR" in same_data.stderr
    assert page(port) == 200


def test_the_demo_refuses_the_network(data, port):
    refused = again(data, port, DEMO="1", BIND="0.0.0.0")

    assert refused.returncode == 1
    assert "演示模式只能在本机打开" in refused.stderr


@pytest.mark.parametrize(
    "elsewhere",
    [{"BIND": "0.0.0.0"}, {"DATABASE_URL": "postgres://portal:unused@127.0.0.1:1/portal"}],
    ids=["network", "served database"],
)
def test_the_demo_refuses_before_it_touches_a_database(tmp_path, port, elsewhere):
    refused = again(tmp_path, port, DEMO="1", **elsewhere)

    assert refused.returncode == 1
    assert "演示模式只能" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not list(tmp_path.glob("*.sqlite3*"))


def test_a_proxy_on_this_machine_lets_nobody_into_the_demo(data, port, tmp_path, wait_until):
    """The web server itself must pass on what a proxy says, or nobody can see that there is one."""

    def answer(**headers: str) -> int:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            asked.request("GET", "/metrics", headers=headers)
            return asked.getresponse().status
        except OSError:
            return 0
        finally:
            asked.close()

    command = run.web_command("127.0.0.1", port)
    environment = surroundings(data, port, DEMO="1", DJANGO_SETTINGS_MODULE=EMBEDDED)
    with child(command, tmp_path / "web.log", clean=True, **environment):
        wait_until(lambda: answer() == 200, patience=60)
        assert answer(**{"X-Forwarded-For": "192.0.2.2"}) == 403


def test_the_demo_refuses_a_portal_with_people(data, port):
    add = "from portal.accounts.models import User; User.objects.create_user('zhang', name='张三')"
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", add],
        cwd=ROOT, env=surroundings(data, port), check=True, capture_output=True,
    )  # fmt: skip

    refused = again(data, port, DEMO="1")

    assert refused.returncode == 1
    assert "正式账号" in refused.stderr


def test_a_later_start_says_how_to_set_a_password(db):
    """The password is kept as a hash: it cannot be said again."""
    assert "DEMO_PASSWORD=自己定的密码 make run" in FORGOTTEN.splitlines()[-1]
    assert "Ctrl-C" in FORGOTTEN


def make_demo_user(username: str) -> User:
    user = make_user(username=username)
    user.is_demo = True
    user.save()
    return user


class TestDemoAccounts:
    def test_a_new_password_opens_every_demo_account_and_no_other(self, db):
        demo = [make_demo_user(name) for name in ("worker", "auditor")]
        real = make_user(username="zhang")
        colleague = make_demo_user("bajiao.w01")  # stands in records, never signs in
        before, closed = real.password, colleague.password

        set_demo_password("九月的新密码-1")

        for user in demo:
            user.refresh_from_db()
            assert user.check_password("九月的新密码-1")
        real.refresh_from_db()
        assert real.password == before
        colleague.refresh_from_db()
        assert colleague.password == closed

    def test_the_same_password_is_not_hashed_again(self, db):
        user = make_demo_user("worker")
        set_demo_password("九月的新密码-1")
        user.refresh_from_db()
        first = user.password

        set_demo_password("九月的新密码-1")

        user.refresh_from_db()
        assert user.password == first

    def test_accounts_are_listed_with_role_and_place(self, db):
        world = make_world()
        user = make_demo_user("worker")
        make_post(user=user, organisation=world.bajiao, role=Role.OFFICER)
        make_user(username="officer")

        lines = account_lines()

        assert len(lines) == 1
        assert lines[0].split() == ["worker", "机关干部", "·", world.bajiao.name]
