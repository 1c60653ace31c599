"""Tables of the contact work, one file per subject."""

from contacts.models.households import (
    CareCategory,
    Household,
    HouseholdCare,
    HouseholdDuty,
    Resident,
)
from contacts.models.visits import (
    Matter,
    Promise,
    Visit,
    VisitAmendment,
    VisitDraft,
    VisitPerson,
)

__all__ = [
    "CareCategory",
    "Household",
    "HouseholdCare",
    "HouseholdDuty",
    "Matter",
    "Promise",
    "Resident",
    "Visit",
    "VisitAmendment",
    "VisitDraft",
    "VisitPerson",
]
