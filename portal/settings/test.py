"""Tests: throw-away secrets, quick hashes; database and broker come from tests/conftest.py."""

import base64
import os

os.environ.setdefault("SECRET_KEY", "test-only-secret-key-that-is-long-enough-for-the-check")
os.environ.setdefault("FIELD_KEYS", "t1:" + base64.b64encode(b"t" * 32).decode())
os.environ.setdefault("BLIND_INDEX_KEY", "test-only-blind-index-key-long-enough")
os.environ.setdefault("AUDIT_SEAL_KEY", "test-only-audit-seal-key-long-enough")

from portal.settings.base import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
TEMPLATES[0]["OPTIONS"]["debug"] = True
# Static files straight from their sources; no collectstatic before a test.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# A page that asks the database once per row fails its test.
INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
MIDDLEWARE = ["tests.fixtures.zealous.zeal_but_for_batches", *MIDDLEWARE]
ZEAL_RAISE = True
# Django itself reads a session again to delete it.
ZEAL_ALLOWLIST = [{"model": "sessions.Session", "field": "get()"}]
