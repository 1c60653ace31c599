"""Secrets of an embedded installation: made once, kept in its data folder."""

import base64
import json
import os
import secrets
from pathlib import Path


def embedded_secrets(folder: Path) -> dict[str, str]:
    """The secrets in ``folder/secrets.json`` (readable by the owner only), made on first use."""
    path = folder / "secrets.json"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": f"k1:{key}",
        "BLIND_INDEX_KEY": secrets.token_urlsafe(40),
        "AUDIT_SEAL_KEY": secrets.token_urlsafe(40),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file)
    return made
