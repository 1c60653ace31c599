"""What of this app can be found by topic, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts.models import Household, Visit
from portal.accounts.models import Post, ScopeIds
from portal.search import registry, services
from portal.search.registry import Document, SearchKind

VISIT: Final = "visit"
HOUSEHOLD: Final = "household"
_BATCH: Final = 500


def visit_document(visit: Visit) -> Document:
    """The findable text of a visit: what was written and raised, without the residents' names."""
    household = visit.household
    names = [r.name for r in household.residents.all()] if household else []
    lines = [visit.text, visit.next_step, *(m.text for m in visit.matters.all())]
    return Document(
        object_id=visit.pk,
        scope=ScopeIds(visit.district_id, visit.street_id, visit.community_id),
        happened_on=visit.occurred_on,
        text="\n".join(line for line in lines if line),
        names=tuple(names),
    )


def household_document(household: Household) -> Document:
    """A household is found by its place down to the building; never by person, room or care."""
    places = [household.community, household.grid, household.building]
    return Document(
        object_id=household.pk,
        scope=ScopeIds(household.district_id, household.street_id, household.community_id),
        happened_on=household.last_met_on or timezone.localdate(household.created_at),
        text="\n".join(place.name for place in places if place),
    )


def index_visit(visit: Visit) -> None:
    """Mirror the visit in the caller's transaction; a voided or wordless one is not findable."""
    document = visit_document(visit)
    if visit.is_voided or not document.text:
        services.remove(kind=VISIT, object_ids=[visit.pk])
    else:
        services.index(kind=VISIT, document=document)


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
    rows = Visit.objects.valid().select_related("household")
    rows = rows.prefetch_related("matters", "household__residents").order_by("pk")
    for visit in rows.iterator(chunk_size=_BATCH):
        if (document := visit_document(visit)).text:
            yield document


def _household_documents() -> Iterator[Document]:
    rows = Household.objects.in_use().select_related("community", "grid", "building")
    for household in rows.order_by("pk").iterator(chunk_size=_BATCH):
        yield household_document(household)


def _narrow(post: Post) -> Q:
    """The street or district of the post: true of everything the post may see here."""
    ids = post.organisation.scope_ids()
    return Q(street_id=ids.street_id) if ids.street_id else Q(district_id=ids.district_id)


def register() -> None:
    """Tell portal.search which kinds this app writes."""
    registry.register(
        SearchKind(
            key=VISIT,
            label="三访记录",
            visible=_visits,
            documents=_visit_documents,
            narrow=_narrow,
        )
    )
    registry.register(
        SearchKind(
            key=HOUSEHOLD,
            label="住户",
            visible=_households,
            documents=_household_documents,
            narrow=_narrow,
        )
    )
