"""Training what is suggested; asking it is ``selectors.suggestions``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import transaction

from grievances.kinds import Suggested
from grievances.models import SuggestionModel
from grievances.suggesting.model import learn
from portal.accounts.models import Organisation
from portal.audit.services import record
from portal.core.masking import drop_numbers

#: Fewer examples teach nothing worth saying.
LEAST_EXAMPLES: Final = 100
#: A feature of fewer texts is not kept: what one household alone says stays out of the model.
FEWEST: Final = 3


def train(
    kind: Suggested,
    district: Organisation,
    examples: Iterable[tuple[str, str]],
    now: dt.datetime,
) -> SuggestionModel | None:
    """Learn from pairs of text and label, and put the model in use; None where they are too few.

    The label is the code of a topic, or the id of a unit in digits. The newest examples come
    first: of more than ``learn`` takes, the rest is left out. Of older models the figures stay.

    SECURITY: the caller gives closed grievances that are not restricted, and their texts as
    ``GrievanceWords`` masks them: pairs of characters are kept, and some names are a pair.
    """
    pairs = [(drop_numbers(text), label) for text, label in examples if text.strip() and label]
    if len(pairs) < LEAST_EXAMPLES:
        return None
    learned = learn(pairs, fewest=FEWEST)
    quality = learned.quality
    with transaction.atomic():
        older = SuggestionModel.objects.filter(kind=kind, district=district)
        older.exclude(weights=b"").update(weights=b"")
        made = SuggestionModel.objects.create(
            kind=kind,
            district=district,
            trained_at=now,
            examples=learned.examples,
            asked=quality.texts,
            accuracy=quality.accuracy,
            macro_f1=quality.macro_f1,
            accuracy_said=quality.accuracy_said,
            declined_share=quality.declined_share,
            weights=learned.model.pack(),
        )
        record(actor=None, action="suggestion.train", obj=made, district_id=district.pk)
    return made
