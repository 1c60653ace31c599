"""Writing the search table, in the transaction of the change that it mirrors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from django.db import transaction

from portal.core.bigrams import document_tokens
from portal.core.masking import drop_numbers, mask_text
from portal.search import registry
from portal.search.models import SearchEntry
from portal.search.registry import Document, SearchKind

BATCH: Final = 500
_COLUMNS: Final = ("district_id", "street_id", "community_id", "happened_on", "tokens")


def index(*, kind: str, document: Document) -> None:
    """Make an object findable by its present text, or replace what was findable before."""
    _write([_entry(registry.get(kind), document)])


def index_several(*, kind: str, documents: Iterable[Document]) -> None:
    """The same for a batch in one statement; at most 500."""
    found = registry.get(kind)
    _write([_entry(found, document) for document in documents])


def index_all(*, kind: str, documents: Iterable[Document]) -> None:
    """``index`` for many objects at once."""
    found = registry.get(kind)
    _write([_entry(found, document) for document in documents])


def remove(*, kind: str, object_ids: Sequence[int]) -> None:
    """Make objects unfindable."""
    SearchEntry.objects.filter(kind=kind, object_id__in=object_ids).delete()


def rebuild(kind: SearchKind) -> int:
    """Write every document of a kind again and drop what is no longer there; how many there are.

    Batches of 500 in transactions of their own: searching and saving go on meanwhile. Entries
    that were saved meanwhile by a service are newer than the batch only if the provider reads
    lazily, so providers yield from an iterator.
    """
    last = SearchEntry.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    known: set[int] = set()
    documents = iter(kind.documents())
    while batch := list(islice(documents, BATCH)):
        with transaction.atomic():
            _write([_entry(kind, document) for document in batch])
        known.update(document.object_id for document in batch)
    stale = SearchEntry.objects.filter(kind=kind.key, pk__lte=last)
    gone = set(stale.values_list("object_id", flat=True)) - known
    for chunk in _chunks(gone):
        remove(kind=kind.key, object_ids=chunk)
    return len(known)


def _chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    source = iter(sorted(ids))
    while chunk := list(islice(source, BATCH)):
        yield chunk


def _entry(kind: SearchKind, document: Document) -> SearchEntry:
    # SECURITY: numbers are cut out first; masked ones would leave their last digits findable.
    text = mask_text(drop_numbers(document.text), names=document.names)
    return SearchEntry(
        kind=kind.key,
        object_id=document.object_id,
        district_id=document.scope.district_id,
        street_id=document.scope.street_id,
        community_id=document.scope.community_id,
        happened_on=document.happened_on,
        tokens=" ".join(document_tokens(text)),
    )


def _write(entries: list[SearchEntry]) -> None:
    SearchEntry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=("kind", "object_id"),
        update_fields=_COLUMNS,
    )
