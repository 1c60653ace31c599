"""What the grievance desk keeps; one file per subject."""

from grievances.models.core import Grievance, GrievanceAccess, NumberSeries, Raiser
from grievances.models.handling import (
    Assignment,
    Event,
    ExtensionRequest,
    Measure,
    Opinion,
    Pause,
    Supervision,
)
from grievances.models.hotline import HotlineTicket
from grievances.models.outside import Call, HandlerLink, Liaison
from grievances.models.policies import ClockPolicy
from grievances.models.resident import CallBack, FollowUp, ResidentLink, Told
from grievances.models.suggestions import SuggestionModel
from grievances.models.topics import Topic, TopicPast

__all__ = [
    "Assignment",
    "Call",
    "CallBack",
    "ClockPolicy",
    "Event",
    "ExtensionRequest",
    "FollowUp",
    "Grievance",
    "GrievanceAccess",
    "HandlerLink",
    "HotlineTicket",
    "Liaison",
    "Measure",
    "NumberSeries",
    "Opinion",
    "Pause",
    "Raiser",
    "ResidentLink",
    "SuggestionModel",
    "Supervision",
    "Told",
    "Topic",
    "TopicPast",
]
