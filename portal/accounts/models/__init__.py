"""Organisations, people, posts, and what hangs on them; one file per subject."""

from portal.accounts.kinds import OrganisationKind, ScopeIds
from portal.accounts.models.devices import Device, FieldSession
from portal.accounts.models.inspections import Inspection
from portal.accounts.models.people import (
    Organisation,
    OrganisationName,
    Post,
    Reveal,
    User,
)
from portal.accounts.models.sign_ins import SignInAddress

__all__ = [
    "Device",
    "FieldSession",
    "Inspection",
    "Organisation",
    "OrganisationKind",
    "OrganisationName",
    "Post",
    "Reveal",
    "ScopeIds",
    "SignInAddress",
    "User",
]
