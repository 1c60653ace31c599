"""Settings: what a served portal refuses, and that .env.example tells the truth."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.core.exceptions import ImproperlyConfigured

from portal.settings.secrets import embedded_secrets, new_secrets, required

ROOT = Path(__file__).resolve().parent.parent.parent
SERVED = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "portal.settings.production"}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_env_example_lists_every_variable_that_is_read():
    base = (ROOT / "portal/settings/base.py").read_text()
    compose = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / ".env.example").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', base))
    interpolated = set(re.findall(r"\$\{([A-Z_]+)", compose))

    documented = re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)

    assert sorted(documented) == sorted(read | interpolated)


def test_env_example_holds_no_secret():
    required_lines = re.findall(
        r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE
    )

    assert [value for _, value in required_lines if value] == []
    assert {"SECRET_KEY", "FIELD_KEYS", "POSTGRES_PASSWORD"} <= {name for name, _ in required_lines}


@pytest.mark.parametrize("missing", sorted(new_secrets()))
def test_a_served_portal_does_not_start_without_a_secret(missing):
    given = {name: value for name, value in new_secrets().items() if name != missing}

    done = manage("check", **SERVED, **given)

    assert done.returncode != 0
    assert f"Set {missing}" in done.stderr


def test_the_deployment_check_is_silent():
    done = manage(
        "check", "--deploy", "--fail-level", "WARNING",
        **SERVED, **new_secrets(), ALLOWED_HOSTS="portal.example", DATABASE_URL=os.environ["DATABASE_URL"],
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


@pytest.mark.parametrize("value", ["", "short"])
def test_a_short_secret_is_refused_and_not_repeated(value):
    with pytest.raises(ImproperlyConfigured) as refused:
        required("SECRET_KEY", value, {})

    assert not value or value not in str(refused.value)


def test_embedded_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path):
    made = embedded_secrets(tmp_path / "data")

    assert embedded_secrets(tmp_path / "data") == made
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / "data").iterdir()) == [tmp_path / "data" / "secrets.json"]
    assert min(map(len, made.values())) >= 32


def test_two_embedded_installations_share_no_secret(tmp_path):
    one, other = embedded_secrets(tmp_path / "one"), embedded_secrets(tmp_path / "other")

    assert not set(one.values()) & set(other.values())


def test_the_front_end_is_pinned_and_served_from_here():
    assert find("vendor/htmx/htmx.min.js")
    assert find("vendor/bootstrap/css/bootstrap.min.css")
    assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["default-src"] == ["'self'"]


def test_htmx_requests_are_known_although_its_app_is_not_installed(rf, client):
    assert "django_htmx" not in settings.INSTALLED_APPS

    answer = client.get("/healthz", headers={"HX-Request": "true"})

    assert answer.wsgi_request.htmx
    assert answer.wsgi_request.htmx.boosted is False


def test_ci_and_image_install_from_the_one_script():
    assert "tools/install_system.sh" in (ROOT / "Dockerfile").read_text()
    assert "tools/install_system.sh" in (ROOT / ".ci/run").read_text()
    assert "tools/install_system.sh" in (ROOT / "Makefile").read_text()


def test_nothing_is_fetched_that_is_not_pinned_by_hash():
    for name in ("requirements.txt", "requirements-dev.txt", "tools/node-requirements.txt"):
        blocks = re.split(r"\n(?=[a-z])", (ROOT / name).read_text())
        pinned = [block for block in blocks if not block.startswith("#")]
        assert pinned
        assert [
            block for block in pinned if "==" not in block or "--hash=sha256:" not in block
        ] == []
    lock = yaml.safe_load((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, entry in lock.items() if name and "integrity" not in entry] == []
