"""The service worker: one script at the root of the site, because what it keeps is for all of it."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.generic import View

from portal.accounts.scope import PublicMixin

_STYLES: Final = ("tokens", "base", "layout", "components", "print", "round")
#: Everything the shell is drawn with; its modules are found in the folders beside the entries.
_FILES: Final = (
    "img/favicon.svg",
    "vendor/bootstrap/css/bootstrap.min.css",
    *(f"css/{name}.css" for name in _STYLES),
    "img/tick.svg",
    "img/clock.svg",
    "img/warning.svg",
    "vendor/htmx/htmx.min.js",
    "js/portal.js",
    "js/round-offline.js",
)
_WORKER: Final = "js/offline/worker.js"
#: The store of the device, which pages import and the worker wipes.
_ROWS: Final = "js/offline/rows.js"


#: What the shell is written in: a new wording is a new version too.
_WRITTEN_IN: Final = (
    "templates/base.html",
    "templates/contacts/round_offline.html",
    "templates/contacts/_offline_queue.html",
    "contacts/templatetags/round_rows.py",
)


@cache
def _script() -> str:
    """Its words and everything it names; the same for everybody and for the life of the process."""
    scripts = settings.BASE_DIR / "static" / "js"
    modules = sorted(
        f"js/{folder}/{path.name}"
        for folder in ("modules", "offline")
        for path in (scripts / folder).glob("*.js")
    )
    shell = {
        "page": reverse("contacts:round_offline"),
        "rounds": reverse("contacts:round_list"),
        "files": [static(name) for name in (*_FILES, *modules) if name != _WORKER],
    }
    digest = hashlib.sha256(f"{json.dumps(shell)}{static(_WORKER)}".encode())
    for name in _WRITTEN_IN:
        digest.update((settings.BASE_DIR / name).read_bytes())
    shell["version"] = digest.hexdigest()[:16]
    imported = ", ".join(json.dumps(static(name)) for name in (_ROWS, _WORKER))
    return f"self.SHELL = {json.dumps(shell)};\nimportScripts({imported});\n"


class ServiceWorkerView(PublicMixin, View):
    """/sw.js: which files the shell is made of, by the hashes in their names."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 -- Django's signature
        return HttpResponse(
            _script(),
            content_type="text/javascript; charset=utf-8",
            headers={"Cache-Control": "no-cache"},
        )
