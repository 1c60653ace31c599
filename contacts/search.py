"""What of this app can be found by topic, and by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts.models import Household, Matter, Visit
from contacts.selectors.words import VisitWords
from portal.accounts.models import Post, ScopeIds
from portal.accounts.roles import UNIT_WIDE, Role
from portal.core.bigrams import query_phrases
from portal.core.masking import drop_numbers
from portal.search import registry, services
from portal.search.models import SearchEntry
from portal.search.registry import Document, SearchKind

VISIT: Final = "visit"
HOUSEHOLD: Final = "household"
_BATCH: Final = 500
#: Written whole or without the surname, a name ends in its last two characters.
_NAME_END: Final = 2


def visit_documents(visits: Sequence[Visit]) -> Iterator[Document]:
    """The findable text of visits, without anybody whom a page would mask in it."""
    return _documents([(visit, visit.matters.all()) for visit in visits])


def _documents(raised: Sequence[tuple[Visit, Iterable[Matter]]]) -> Iterator[Document]:
    visits = [visit for visit, _ in raised]
    lines = {visit.pk: list(_lines(visit, matters)) for visit, matters in raised}
    veil = VisitWords(visits, texts=chain.from_iterable(lines.values()))
    for visit in visits:
        # SECURITY: numbers are cut out first; masked ones would leave their last digits findable.
        text = drop_numbers("\n".join(lines[visit.pk]))
        yield Document(
            object_id=visit.pk,
            scope=ScopeIds(visit.district_id, visit.street_id, visit.community_id),
            happened_on=visit.occurred_on,
            text=veil.masked(visit, text),
        )


def _lines(visit: Visit, matters: Iterable[Matter]) -> Iterator[str]:
    texts = (visit.text, visit.next_step, *(matter.text for matter in matters))
    return (text for text in texts if text)


def household_document(household: Household) -> Document:
    """A household is found by its place down to the building; never by person, room or care."""
    places = [household.community, household.grid, household.building]
    return Document(
        object_id=household.pk,
        scope=ScopeIds(household.district_id, household.street_id, household.community_id),
        happened_on=household.last_met_on or timezone.localdate(household.created_at),
        text="\n".join(place.name for place in places if place),
    )


def index_visit(visit: Visit, matters: Iterable[Matter] | None = None) -> None:
    """Mirror the visit in the caller's transaction; a voided or wordless one is not findable.

    ``matters`` are all that it has, where they are known.
    """
    [document] = _documents([(visit, visit.matters.all() if matters is None else matters)])
    if visit.is_voided or not document.text:
        services.remove(kind=VISIT, object_ids=[visit.pk])
    else:
        services.index(kind=VISIT, document=document)


def index_visits(visits: QuerySet[Visit]) -> None:
    """Mirror these visits anew, in the caller's transaction: of whom they speak has changed."""
    rows = list(visits.filter(voided_at__isnull=True).prefetch_related("matters").order_by("pk"))
    for document in visit_documents(rows):
        if document.text:
            services.index(kind=VISIT, document=document)


def hide_name(household: Household, name: str) -> None:
    """Make what was written before unfindable by a name that has just become known.

    In the caller's transaction, which holds the household.
    """
    hide_names([(household, name)])


def hide_names(named: Iterable[tuple[Household, str]]) -> None:
    """``hide_name`` for many at once.

    Read again are the visits of the households, and those of their communities in which one of
    the names can be found.
    """
    homes: dict[tuple[int, int], set[int]] = defaultdict(set)
    ends: dict[tuple[int, int], set[str]] = defaultdict(set)
    for household, name in named:
        place = (household.street_id, household.community_id)
        homes[place].add(household.pk)
        ends[place].add("".join(name.split())[-_NAME_END:])
    for (street_id, community_id), found in ends.items():
        phrases = [phrase for end in sorted(found) for phrase in query_phrases(end)]
        told = SearchEntry.objects.filter(kind=VISIT, street_id=street_id)
        told = told.filter(tokens__matches_any=phrases) if phrases else told.none()
        neighbours = Q(pk__in=told.values("object_id")) & (
            Q(community_id=community_id) | Q(community=None, street_id=street_id)
        )
        own = Q(household_id__in=homes[street_id, community_id])
        _hide_in(Visit.objects.valid().filter(own | neighbours).order_by("pk"))


def _hide_in(rows: QuerySet[Visit]) -> None:
    # Held, so that a change of a neighbour's visit that is on its way is not indexed as it was.
    visits = list(rows.select_for_update(of=("self",), no_key=True).prefetch_related("matters"))
    documents = [document for document in visit_documents(visits) if document.text]
    services.index_all(kind=VISIT, documents=documents)


def index_household(household: Household) -> None:
    """Mirror the household in the caller's transaction; one out of use is not findable."""
    if household.ended_on is not None:
        services.remove(kind=HOUSEHOLD, object_ids=[household.pk])
    else:
        services.index(kind=HOUSEHOLD, document=household_document(household))


def _visits(post: Post) -> QuerySet[Visit]:
    return Visit.objects.visible_to(post).valid()


def _households(post: Post) -> QuerySet[Household]:
    return Household.objects.visible_to(post).in_use()


def _visit_documents() -> Iterator[Document]:
    rows = Visit.objects.valid().prefetch_related("matters").order_by("pk")
    visits = rows.iterator(chunk_size=_BATCH)
    while batch := list(islice(visits, _BATCH)):
        yield from (document for document in visit_documents(batch) if document.text)


def _household_documents() -> Iterator[Document]:
    rows = Household.objects.in_use().select_related("community", "grid", "building")
    for household in rows.order_by("pk").iterator(chunk_size=_BATCH):
        yield household_document(household)


def _narrow(post: Post) -> Q:
    """The street or district of the post: true of everything the post may see here."""
    ids = post.organisation.scope_ids()
    return Q(street_id=ids.street_id) if ids.street_id else Q(district_id=ids.district_id)


def _is_little(post: Post) -> bool:
    """What one took part in or answers for, and what there is of a community."""
    if post.organisation.scope_ids().community_id is not None:
        return True
    return post.role not in UNIT_WIDE | {Role.INSPECTOR}


def register() -> None:
    """Tell portal.search which kinds this app writes."""
    registry.register(
        SearchKind(
            key=VISIT,
            label="三访记录",
            visible=_visits,
            documents=_visit_documents,
            narrow=_narrow,
            is_little=_is_little,
        )
    )
    registry.register(
        SearchKind(
            key=HOUSEHOLD,
            label="住户",
            visible=_households,
            documents=_household_documents,
            narrow=_narrow,
            is_little=_is_little,
            of_places=True,
        )
    )
