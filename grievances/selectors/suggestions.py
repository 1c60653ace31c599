"""What is proposed for a text: at most three topics or units, or nothing where one is not sure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from django.utils import timezone

from grievances.kinds import Suggested
from grievances.models import SuggestionModel
from grievances.selectors.topics import TopicNames
from grievances.suggesting.model import Model, Scored
from portal.accounts.models import Organisation


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A person confirms it or not. ``code``: of a topic, or the id of a unit in digits."""

    code: str
    label: str
    #: 0 to 1.
    confidence: float


def suggest(text: str, kind: Suggested, district_id: int) -> tuple[Suggestion, ...]:
    """Proposals by the newest model of the district, the likeliest first; at most four queries.

    A merged topic is proposed as the one that took it over; what ended is not proposed.
    """
    rows = SuggestionModel.objects.filter(kind=kind, district=district_id)
    newest = rows.exclude(weights=b"").values_list("pk", "kind", "trained_at").first()
    if newest is None:
        return ()
    model = _model(*newest)
    scored = model.suggest(text) if model else ()
    if not scored:
        return ()
    today = timezone.localdate()
    named = (
        _topics(scored, today) if kind == Suggested.TOPIC else _units(scored, district_id, today)
    )
    if scored[0].label not in named:
        return ()  # it was sure of something that is there no more
    shares: dict[str, float] = {}
    labels: dict[str, str] = {}
    for one in scored:
        if one.label in named:
            code, label = named[one.label]
            shares[code] = shares.get(code, 0.0) + one.confidence
            labels[code] = label
    order = sorted(shares, key=lambda code: -shares[code])
    return tuple(Suggestion(code, labels[code], shares[code]) for code in order)


@lru_cache(maxsize=4)
def _model(pk: int, kind: str, trained_at: dt.datetime) -> Model | None:  # noqa: ARG001 -- told apart
    """Unpacked once per process; a training never changes. None when a newer one just took over.

    A number alone would not tell it from another one, if a database was put back.
    """
    kept = SuggestionModel.objects.values_list("weights", flat=True).get(pk=pk)
    return Model.unpack(bytes(kept)) if kept else None


#: Label of the model → code and words by now.
_Named = dict[str, tuple[str, str]]


def _topics(scored: tuple[Scored, ...], today: dt.date) -> _Named:
    names = TopicNames()
    found: _Named = {}
    for one in scored:
        topic = names.kept(one.label)
        if topic is not None and topic.in_force(today):
            found[one.label] = (topic.code, names.full(topic))
    return found


def _units(scored: tuple[Scored, ...], district_id: int, today: dt.date) -> _Named:
    asked = [int(one.label) for one in scored if one.label.isdecimal()]
    rows = Organisation.objects.filter(pk__in=asked, district=district_id).in_force(today)
    return {
        str(unit.pk): (str(unit.pk), unit.full_name)
        for unit in rows.select_related("community", "street")
    }
