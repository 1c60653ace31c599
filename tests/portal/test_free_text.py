"""What somebody wrote of a resident is read by nobody who must not: every column, every page.

The tables are written by hand (``tests.portal.free_text``); a column without a row fails.
"""

import pytest
from django.apps import apps
from django.db import models
from django.http import QueryDict
from django.utils import timezone

from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.core.encryption import EncryptedTextField
from portal.jobs import exports
from tests.factories.accounts import sign_in
from tests.portal.access import SA, C, L
from tests.portal.free_text import (
    HIDDEN_WHOLE,
    MORE,
    NOT_OF_RESIDENTS,
    PAPERS,
    SECRETS,
    SHOWN,
    VOLUNTEER,
    make_scene,
    shown,
)
from tests.portal.test_access import ACCESS

pytestmark = pytest.mark.django_db

_TEXT = (models.CharField, models.TextField, models.JSONField, EncryptedTextField)
#: Read by right: whose request it is by who answers it, the words of a team by who keeps it.
_BY_RIGHT = {
    *(("contacts:rights_request", role) for role in (SA, L, C)),
    *(("contacts:team_edit", role) for role in (SA, L)),
}


def text_columns():
    for model in apps.get_models():
        if model.__module__.startswith(("portal.", "contacts.", "grievances.")):
            for field in model._meta.concrete_fields:
                text = isinstance(getattr(field, "output_field", field), _TEXT)
                if text and not field.choices:
                    yield f"{model._meta.label}.{field.name}"


def test_every_column_of_text_has_a_row():
    rows = [*SHOWN, *HIDDEN_WHOLE, *NOT_OF_RESIDENTS]

    assert sorted(rows) == sorted(text_columns())


def addresses(role, found):
    """Every page of the table of access that answers by GET, those beside it, and the papers."""
    for name, row in ACCESS.items():
        is_page = row.method == "get" and row.roles is not None
        if is_page and (name, role) not in _BY_RIGHT:
            yield "get", row.path.format(**found), row.data
    for path in MORE:
        yield "get", path.format(**found), {}
    for path, data in PAPERS:
        told = {key: value.format(**found) for key, value in data.items()}
        yield "post", path.format(**found), told


def listed(post, key, query):
    """The cells of an export, as the post would get them; nothing for who may not."""
    export = exports.get(key)
    if not (post.may(export.permission) and post.may(Permission.EXPORT_LISTS)):
        return ""
    opened = export.open(post, QueryDict(query), timezone.now())
    return "" if opened.refusal else str([list(row) for row in opened.rows()])


@pytest.mark.parametrize("role", Role)
def test_nobody_reads_of_a_resident_who_must_not(client, world, role):
    scene = make_scene(world)
    post = sign_in(client, scene.posts[role])
    pages = {}

    for method, path, data in addresses(role, scene.found):
        answer = getattr(client, method)(path, data)
        if answer.status_code == 200:
            body = b"".join(answer) if answer.streaming else answer.content
            page = body.decode(errors="ignore")
            pages[path] = page.replace("<mark>", "").replace("</mark>", "")
    for key in exports.keys():  # noqa: SIM118 -- a function of the registry
        pages[key] = listed(post, key, f"team={scene.found['team']}" if key == "services" else "")

    secrets = SECRETS if role in {SA, L} else (*SECRETS, VOLUNTEER)
    read = [(path, secret) for path, page in pages.items() for secret in secrets if secret in page]
    assert read == []
    for column, readers in SHOWN.items():
        for reader, path in readers:
            if reader == role:
                assert shown(column) in pages.get(path.format(**scene.found), ""), (column, path)
