"""Tables of the contact work, one file per subject."""

from contacts.models.households import (
    CareCategory,
    Household,
    HouseholdCare,
    HouseholdDuty,
    HouseholdMove,
    Resident,
)
from contacts.models.points import ContactPoint
from contacts.models.rights import RightsRequest
from contacts.models.visits import (
    Matter,
    Promise,
    Visit,
    VisitAmendment,
    VisitDraft,
    VisitGuest,
    VisitPerson,
)
from contacts.models.volunteers import ServiceEntry, ServiceSession, TeamMember, VolunteerTeam

__all__ = [
    "CareCategory",
    "ContactPoint",
    "Household",
    "HouseholdCare",
    "HouseholdDuty",
    "HouseholdMove",
    "Matter",
    "Promise",
    "Resident",
    "RightsRequest",
    "ServiceEntry",
    "ServiceSession",
    "TeamMember",
    "Visit",
    "VisitAmendment",
    "VisitDraft",
    "VisitGuest",
    "VisitPerson",
    "VolunteerTeam",
]
