import datetime as dt

import pytest

from portal.accounts.models import Organisation
from portal.search import registry
from portal.search.registry import Document, SearchKind

DAY = dt.date(2026, 11, 22)


@pytest.fixture(autouse=True)
def place_kind():
    """Organisations as if they were records: whoever sees the unit may find its words."""
    kind = SearchKind(
        key="place",
        label="单位",
        visible=Organisation.objects.visible_to,
        documents=lambda: (document(row, row.name) for row in Organisation.objects.all()),
    )
    registry.register(kind)
    yield kind
    registry.unregister("place")


def document(row, text, *, on=DAY, names=()):
    return Document(object_id=row.pk, scope=row.scope_ids(), happened_on=on, text=text, names=names)
