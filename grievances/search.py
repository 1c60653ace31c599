"""What of this app can be found by topic, and by whom. A restricted one cannot be found at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from django.db.models import Q, QuerySet

from grievances.kinds import SEARCH_KIND
from grievances.models import Grievance
from grievances.selectors.words import GrievanceWords
from portal.accounts.models import Post, ScopeIds
from portal.core.masking import drop_numbers
from portal.search import registry, services
from portal.search.registry import Document, SearchKind

_BATCH: Final = 500


def index_grievance(grievance: Grievance) -> None:
    """Mirror it in the caller's transaction; a restricted one is taken out."""
    if grievance.is_restricted:
        services.remove(kind=SEARCH_KIND, object_ids=[grievance.pk])
        return
    [document] = documents_of([grievance])
    services.index(kind=SEARCH_KIND, document=document)


def documents_of(grievances: Sequence[Grievance]) -> Iterator[Document]:
    """The findable text of grievances that are not restricted, without whom a page would mask."""
    lines = {row.pk: "\n".join(filter(None, (row.text, row.place))) for row in grievances}
    words = GrievanceWords(grievances, texts=lines.values())
    for row in grievances:
        # SECURITY: numbers are cut out first; masked ones would leave their last digits findable.
        yield Document(
            object_id=row.pk,
            scope=ScopeIds(row.district_id, row.street_id, row.community_id),
            happened_on=row.received_on,
            text=words.masked(row, drop_numbers(lines[row.pk])),
        )


def _visible(post: Post) -> QuerySet[Grievance]:
    rows: QuerySet[Grievance] = Grievance.objects.listed_for(post)
    return rows


def _documents() -> Iterator[Document]:
    rows = Grievance.objects.filter(is_restricted=False).order_by("pk").iterator(_BATCH)
    while batch := list(islice(rows, _BATCH)):
        yield from documents_of(batch)


def _narrow(post: Post) -> Q:
    """The street or district of the post; a bureau's cases lie in all of its district."""
    ids = post.organisation.scope_ids()
    return Q(street_id=ids.street_id) if ids.street_id else Q(district_id=ids.district_id)


def register() -> None:
    """Tell portal.search which kind this app writes."""
    registry.register(
        SearchKind(
            key=SEARCH_KIND,
            label="诉求",
            visible=_visible,
            documents=_documents,
            narrow=_narrow,
        )
    )
