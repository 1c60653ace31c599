"""The service worker: one script at the root of the site, because what it keeps is for all of it."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
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


class ServiceWorkerView(PublicMixin, View):
    """/sw.js: which files the shell is made of, by the hashes in their names."""

    @cached_property
    def files(self) -> list[str]:
        scripts = settings.BASE_DIR / "static" / "js"
        modules = sorted(
            f"js/{folder}/{path.name}"
            for folder in ("modules", "offline")
            for path in (scripts / folder).glob("*.js")
        )
        return [static(name) for name in (*_FILES, *modules) if name != _WORKER]

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 -- Django's signature
        shell = {
            "page": reverse("contacts:round_offline"),
            "rounds": reverse("contacts:round_list"),
            "files": self.files,
        }
        body = json.dumps(shell, sort_keys=True)
        shell["version"] = hashlib.sha256(f"{body}{static(_WORKER)}".encode()).hexdigest()[:16]
        script = (
            f"self.SHELL = {json.dumps(shell)};\nimportScripts({json.dumps(static(_WORKER))});\n"
        )
        return HttpResponse(
            script,
            content_type="text/javascript; charset=utf-8",
            headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
        )
