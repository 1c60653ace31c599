"""docker-compose.yml as it is written: its own commands run here, hosts replaced, behind the proxy.

No container engine is needed: what the containers would run is run on this machine.
"""

import datetime as dt
import http.client
import json
import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from portal.settings.secrets import new_secrets
from tests.fixtures.processes import child
from tests.servers import free_port, program

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
PORTAL = ("migrate", "web", "worker", "scheduler")
HOST = "portal.example"
pytestmark = pytest.mark.integration


def dot_env() -> dict[str, str]:
    """What a person would write into .env."""
    filled = {"POSTGRES_PASSWORD": "0a1b2c", "TLS_DIR": "/nowhere", "ALLOWED_HOSTS": HOST}
    asked = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(filled | new_secrets()) == sorted(asked)
    return filled | new_secrets()


def interpolate(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda match: values[match[1]], text).replace("$$", "$")


class Deployment:
    """The environment and commands of the services, on this machine's ports."""

    def __init__(self, folder: Path, static: Path) -> None:
        self.folder, self.static, self.port = folder, static, free_port()
        self.values = dot_env()

    def environment(self, service: str) -> dict[str, str]:
        database, broker = os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
        given = {
            name: interpolate(value, self.values)
            for name, value in SERVICES[service]["environment"].items()
        }
        assert urlsplit(given["DATABASE_URL"]).hostname == "database" in SERVICES
        assert urlsplit(given["REDIS_URL"]).hostname == "broker" in SERVICES
        replaced = {
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "DATA_DIR": str(self.folder),
            "STATIC_ROOT": str(self.static),  # the image has its own, made when it is built
            "PORT": str(self.port),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOSTNAME": socket.gethostname(),
        }
        return self.values | given | replaced

    def command(self, service: str) -> list[str]:
        return shlex.split(SERVICES[service]["command"])

    def run(self, service: str):
        return child(
            self.command(service),
            self.folder / f"{service}.log",
            clean=True,
            **self.environment(service),
        )

    def log(self) -> str:
        return "\n".join(path.read_text() for path in self.folder.glob("*.log"))

    def ask(self, path: str, host: str = "127.0.0.1") -> tuple[int, dict[str, str], str]:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asked.request("GET", path, headers={"Host": host})
            answer = asked.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        except OSError as error:
            return 0, {}, str(error)
        finally:
            asked.close()


@pytest.fixture
def deployment(transactional_db, tmp_path, collected):
    if not os.environ["DATABASE_URL"].startswith("postgres"):
        pytest.skip("a served portal runs on PostgreSQL")
    return Deployment(tmp_path, collected)


@pytest.fixture
def web(deployment, wait_until):
    with deployment.run("web") as process:
        wait_until(
            lambda: process.poll() is not None or deployment.ask("/healthz")[0] == 200, patience=40
        )
        assert process.poll() is None, deployment.log()
        yield process


def health(service: str, deployment: Deployment) -> int:
    """The exit code of a service's health check, run beside it."""
    how, *command = SERVICES[service]["healthcheck"]["test"]
    words = command if how == "CMD" else ["sh", "-c", *command]
    environment = deployment.environment(service)
    words = [word.replace("$$", "$").replace(":8000/", f":{deployment.port}/") for word in words]
    return subprocess.run(words, cwd=ROOT, env=environment, check=False, timeout=60).returncode


def test_the_parts_are_there():
    assert set(SERVICES) == {*PORTAL, "database", "broker", "proxy"}
    assert SERVICES["database"]["image"] == "postgres:16"
    for name in PORTAL:
        assert SERVICES[name]["env_file"] == ".env"
        assert SERVICES[name]["read_only"] is True


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["database"]["networks"] == SERVICES["broker"]["networks"] == ["inside"]


def test_no_secret_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()

    assert re.findall(r"\$\{(POSTGRES_PASSWORD|TLS_DIR)(?!:\?)", text) == []
    assert set(re.findall(r"\$\{(\w+):-", text)) == {"HTTP_PORT", "HTTPS_PORT"}
    assert not re.search(r"(SECRET|KEY|PASSWORD)\w*: +[^$\s]", text)


def test_migrate_command(deployment):
    done = subprocess.run(
        deployment.command("migrate"),
        cwd=ROOT, env=deployment.environment("migrate"), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "No migrations to apply" in done.stdout


def test_web_worker_and_scheduler_make_a_ready_portal(deployment, web, wait_until):
    with deployment.run("worker"), deployment.run("scheduler"):
        wait_until(
            lambda: PeriodicTask.objects.filter(name="heartbeat").exists(),
            patience=30, what=deployment.log(),
        )  # fmt: skip

        def ready() -> tuple[int, dict[str, str], str] | None:
            # As if the last beat lay a minute back: the scheduler sends the next one now.
            long_ago = timezone.now() - dt.timedelta(minutes=1)
            PeriodicTask.objects.filter(name="heartbeat").update(last_run_at=long_ago)
            PeriodicTasks.update_changed()
            said = deployment.ask("/readyz")
            return said if json.loads(said[2]).get("status") == "ok" else None

        status, _, text = wait_until(ready, patience=60, what=deployment.log())

        assert status == 200
        assert json.loads(text) == {
            "status": "ok", "database": "ok", "broker": "ok", "scheduler": "ok",
        }  # fmt: skip
        assert health("web", deployment) == 0
        assert health("worker", deployment) == 0


def test_the_health_check_of_web_fails_while_tables_are_missing(deployment, web):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'desk'")

    assert health("web", deployment) != 0


def test_web_insists_on_tls_and_on_its_name(deployment, web):
    status, headers, _ = deployment.ask("/", HOST)

    assert (status, headers["Location"]) == (301, f"https://{HOST}/")
    assert deployment.ask("/", "evil.example")[0] == 400


def test_metrics_add_up_the_processes(deployment, web):
    for _ in range(6):
        deployment.ask("/healthz")

    status, _, text = deployment.ask("/metrics")

    assert status == 200
    counted = re.search(
        r'requests_total_by_view_transport_method_total\{.*view="healthz"\} (\S+)', text
    )
    assert float(counted[1]) >= 7


@pytest.fixture
def tls(tmp_path):
    """A folder with a certificate as TLS_DIR asks for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path / "tls"
    folder.mkdir()
    (folder / "portal.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "portal.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder


@pytest.fixture
def proxy_files(deployment, tls, tmp_path):
    """deploy/nginx.conf with hosts, ports and folders of this machine; (file, http, https)."""
    plain, secure = free_port(), free_port()
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = (ROOT / "deploy/nginx.conf").read_text()
    for old, new in {
        "server web:8000;": f"server 127.0.0.1:{deployment.port};",
        "listen 80 ": f"listen 127.0.0.1:{plain} ",
        "listen 443 ": f"listen 127.0.0.1:{secure} ",
        "/etc/nginx/tls": str(tls),
        "/run/nginx.pid": f"{tmp_path}/nginx.pid",
        "server_tokens off;": f"server_tokens off; {folders}",
    }.items():
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    file = tmp_path / "nginx.conf"
    file.write_text(text)
    return file, plain, secure


def test_the_proxy_checks_its_configuration(proxy_files):
    file, _, _ = proxy_files

    done = subprocess.run(
        [program("nginx", "nginx-light"), "-t", "-c", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_through_the_proxy(deployment, web, proxy_files, wait_until):
    file, plain, secure = proxy_files
    nginx = [program("nginx", "nginx-light"), "-c", str(file), "-g", "daemon off;"]
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    def ask(path: str, **headers: str) -> http.client.HTTPResponse | None:
        asked = http.client.HTTPSConnection("127.0.0.1", secure, timeout=10, context=trusting)
        try:
            asked.request("GET", path, headers={"Host": HOST} | headers)
            answer = asked.getresponse()
            answer.read()
        except OSError:
            return None
        else:
            return answer
        finally:
            asked.close()

    with child(nginx, deployment.folder / "proxy.log"):
        wait_until(lambda: ask("/healthz"), what=deployment.log())

        assert ask("/healthz").status == 200
        page = ask("/")
        assert page.status == 302
        assert page.headers["Location"].startswith("/accounts/login/")
        assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
        sign_in = ask("/accounts/login/")
        assert sign_in.status == 200
        cookies = sign_in.headers.get_all("Set-Cookie")
        assert cookies
        assert [cookie for cookie in cookies if "Secure" not in cookie] == []
        for path in ("/metrics", "/readyz"):
            assert ask(path).status == 404
            assert ask(path, **{"X-Forwarded-For": "127.0.0.1"}).status == 404

        asked = http.client.HTTPConnection("127.0.0.1", plain, timeout=10)
        asked.request("GET", "/x", headers={"Host": HOST})
        answer = asked.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/x")
        asked.close()
