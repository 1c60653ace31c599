"""Secrets: required of a served portal, made once for an embedded one.

``python -m portal.settings.secrets`` prints a fresh set for ``.env``.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SHORTEST = 32  # characters


def new_secrets() -> dict[str, str]:
    """A value for each secret of the portal."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": f"k1:{key}",
        "BLIND_INDEX_KEY": secrets.token_urlsafe(40),
        "AUDIT_SEAL_KEY": secrets.token_urlsafe(40),
    }


def embedded_secrets(folder: Path) -> dict[str, str]:
    """The secrets in ``folder/secrets.json`` (readable by the owner only), made on first use."""
    path = folder / "secrets.json"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = path.with_name(f"secrets.{os.getpid()}.half")
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(new_secrets(), file)
        try:
            os.link(half, path)  # the first of two that start at once wins
        except FileExistsError:
            pass
        finally:
            half.unlink()
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def required(name: str, given: str, kept: Mapping[str, str]) -> str:
    """The secret from the environment, else the kept one; refuses none and short ones."""
    value = given or kept.get(name, "")
    if len(value) < SHORTEST:
        raise ImproperlyConfigured(
            f"Set {name} ({SHORTEST} characters or more): python -m portal.settings.secrets"
        )
    return value


if __name__ == "__main__":
    for name, value in new_secrets().items():
        print(f"{name}={value}")  # noqa: T201 -- what it is for
