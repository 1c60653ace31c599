"""Who may see what of the contact work; narrowing questions about it. One file per subject."""

from contacts.querysets.places import ContactPointQuerySet, ServiceSessionQuerySet, TeamQuerySet
from contacts.querysets.register import (
    KEEPS_REGISTER,
    MAY_ANSWER,
    REVEAL_SUBJECT,
    HouseholdDutyQuerySet,
    HouseholdQuerySet,
    VisitPersonQuerySet,
    VisitQuerySet,
    phone_only,
    unmet_since,
)
from contacts.querysets.rights import RightsRequestQuerySet, answering

__all__ = [
    "KEEPS_REGISTER",
    "MAY_ANSWER",
    "REVEAL_SUBJECT",
    "ContactPointQuerySet",
    "HouseholdDutyQuerySet",
    "HouseholdQuerySet",
    "RightsRequestQuerySet",
    "ServiceSessionQuerySet",
    "TeamQuerySet",
    "VisitPersonQuerySet",
    "VisitQuerySet",
    "answering",
    "phone_only",
    "unmet_since",
]
