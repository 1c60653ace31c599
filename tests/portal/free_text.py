"""Every column in which somebody may write of a resident, and where others read it: by hand.

A new column of text needs a row: where readers who must not know the people meet the rest of its
words (``SHOWN``), or why none of them meets it (``HIDDEN_WHOLE``), or why it tells of no resident
(``NOT_OF_RESIDENTS``).
"""

from typing import Any, NamedTuple

from django.utils import timezone

from contacts.models import Household, HouseholdMove, Matter, Promise, Visit, VisitAmendment
from contacts.search import index_visit
from portal.accounts.models import Organisation, Post, Reveal
from portal.accounts.roles import Role
from tests.factories.accounts import World, make_inspection, make_post
from tests.factories.contacts import (
    make_building,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)
from tests.factories.jobs import make_job
from tests.factories.places import (
    make_entry,
    make_member,
    make_place_visit,
    make_point,
    make_session,
    make_team,
)
from tests.factories.rights import make_feedback, make_request
from tests.portal.grievance_scene import SEALED, make_grievances

NAME, FORMER, FORENAME = "钱文静", "钱雯静", "文静"
PHONE = "13800139876"
#: A door with a letter, and one that stands in a message: no accident makes them.
DOOR, SAID_DOOR = "甲317", "9527室"
#: Of a volunteer, read by who keeps the team.
VOLUNTEER = "13700001111"
#: What nobody reads who must not.
SECRETS = (NAME, FORMER, FORENAME, PHONE, DOOR, SAID_DOOR, SEALED)
#: A word of every text, to search by.
TOPIC = "路灯不亮"

VISIT, VOIDED, FIELD = (f"/contacts/visits/{{{which}}}/" for which in ("visit", "voided", "field"))
LIST, SEARCH = "/contacts/visits/", f"/search/?q={TOPIC}"
NARROWED, WASTE = f"/contacts/visits/?q={TOPIC}", "/contacts/visits/?state=voided"
HOME, DIARY = "/contacts/households/{household}/", "/contacts/diary/?person={author}"
POINT, POINTS = "/contacts/points/{point}/", "/contacts/points/"
TEAM, TEAMS = "/contacts/volunteers/{team}/", "/contacts/volunteers/"
SERVICE = "/contacts/volunteers/services/{service}/"
BOX, REPLY = "/feedback/box/", "/feedback/{feedback}/"
CASES, CASE = "/accounts/inspections/", "/accounts/inspections/{inspection}/"
HANDOVER = "/contacts/handover/{author}/"
CASE_OUTSIDE = "/grievances/{grievance}/outside/"
CASE_PAGE, CASE_LIST = "/grievances/{grievance}/", "/grievances/"
CASE_ASK = "/grievances/{grievance}/ask/reply_supervision/"
#: Addresses beside those of the table of access, each as the same pages read them.
MORE = (
    SEARCH, NARROWED, WASTE, VOIDED, FIELD, DIARY, HANDOVER,
    "/?week={week}", "/feedback/box/?state=answered",
    "/feedback/{answered}/",
    "/contacts/volunteers/?month=all",
    "/contacts/volunteers/services/{voided_service}/",
    "/contacts/households/?mine=all", "/contacts/map/?place={community_code}",
    "/grievances/?state=open", f"/grievances/?q={TOPIC}", "/grievances/?household={household}",
    CASE_ASK,
)  # fmt: skip
#: Papers: sent by POST.
PAPERS = (
    ("/contacts/diary/print/", {"person": "{author}", "week": "{week}"}),
    ("/contacts/points/{point}/print/", {}),
    (HANDOVER, {"print": "1"}),
)

SA, L, DL, DA = Role.STREET_ADMIN, Role.LEADER, Role.DISTRICT_LEADER, Role.DISTRICT_ADMIN
W, O, D, C = Role.COMMUNITY_WORKER, Role.OFFICER, Role.DELEGATE, Role.CLERK  # noqa: E741 -- columns
I, SYS = Role.INSPECTOR, Role.SYSTEM_ADMIN  # noqa: E741
#: Where each reads the rest of the words, with the people hidden in it.
SHOWN: dict[str, tuple[tuple[Role, str], ...]] = {
    "contacts.Visit.text": (
        *((role, VISIT) for role in (SA, L, DL, DA, I, O, D, C)),
        *((role, LIST) for role in (SA, I, D)),
        *((role, SEARCH) for role in (SA, DL, D)),
        (SA, NARROWED), (SA, HOME), (SA, DIARY), (DL, "/contacts/diary/print/"),
    ),
    "contacts.Visit.place": ((SA, FIELD), (DL, FIELD), (I, FIELD)),
    "contacts.Visit.next_step": ((SA, VISIT), (SA, HANDOVER), (SA, POINT), (I, VISIT)),
    "contacts.Visit.void_reason": ((SA, VOIDED), (I, VOIDED)),
    "contacts.Matter.text": ((SA, VISIT), (SA, "/"), (DL, "/"), (SA, HANDOVER), (SA, POINT), (D, VISIT)),
    "contacts.Promise.text": ((SA, VISIT), (SA, HANDOVER), (SA, POINT)),
    "contacts.VisitAmendment.reason": ((SA, VISIT), (I, VISIT)),
    "contacts.VisitAmendment.before": ((SA, VISIT), (I, VISIT)),
    "contacts.ContactPoint.note": ((SA, POINTS), (D, POINTS), (C, POINTS)),
    "contacts.VolunteerTeam.purpose": ((SA, TEAMS), (D, TEAMS), (D, TEAM)),
    "contacts.ServiceSession.place": ((SA, SERVICE), (D, SERVICE), (D, TEAM)),
    "contacts.ServiceSession.text": ((SA, SERVICE), (D, SERVICE)),
    "contacts.ServiceSession.void_reason": ((SA, "/contacts/volunteers/services/{voided_service}/"),),
    "accounts.Inspection.title": ((I, CASES), (I, CASE), (I, "/"), (DL, CASES), (DA, CASE)),
    "desk.Feedback.text": ((SYS, BOX), (DA, BOX), (SYS, REPLY)),
    "desk.Feedback.reply": ((SYS, "/feedback/{answered}/"),),
    "grievances.Grievance.text": (
        *((role, CASE_PAGE) for role in (SA, L, DL, DA, C, I)),
        *((role, CASE_LIST) for role in (SA, DL, I)), (SA, SEARCH), (DL, SEARCH), (SA, HOME),
    ),
    "grievances.Grievance.place": ((SA, CASE_PAGE), (DL, CASE_PAGE), (C, CASE_PAGE)),
    "grievances.Grievance.public_words": ((SA, CASE_PAGE), (DL, CASE_PAGE)),
    "grievances.Event.words": ((SA, CASE_PAGE), (DL, CASE_PAGE), (I, CASE_PAGE)),
    "grievances.Opinion.reply": ((SA, CASE_PAGE), (DL, CASE_PAGE)),
    "grievances.Opinion.basis": ((SA, CASE_PAGE), (DL, CASE_PAGE)),
    "grievances.Told.words": ((SA, CASE_PAGE), (C, "/grievances/tellings/")),
    "grievances.FollowUp.words": ((DL, CASE_PAGE), (DA, CASE_PAGE)),
    "grievances.CallBack.words": ((SA, CASE_PAGE),),
    "grievances.Call.words": ((C, CASE_OUTSIDE), (SA, CASE_OUTSIDE), (DA, CASE_OUTSIDE)),
    "grievances.Assignment.reply": ((SA, CASE_PAGE), (DL, CASE_PAGE)),
    "grievances.ExtensionRequest.reason": ((SA, CASE_PAGE), (DL, CASE_PAGE)),
    "grievances.ExtensionRequest.decision": ((SA, CASE_PAGE), (I, CASE_PAGE)),
    "grievances.Supervision.words": ((SA, CASE_PAGE), (SA, CASE_ASK), (I, CASE_PAGE)),
    "grievances.Supervision.reply": ((SA, CASE_PAGE), (DL, CASE_PAGE)),
    "grievances.Measure.words": ((SA, CASE_PAGE), (DL, CASE_PAGE)),
}  # fmt: skip
_OF_VISITS = {"Visit", "Matter", "Promise", "VisitAmendment"}
_OF_GRIEVANCES = "grievances."
#: Read by nobody but those named: nothing of it is on any page of the readers above.
HIDDEN_WHOLE = {
    "contacts.Household.room": "in full sight alone; others read the building",
    "contacts.Household.unit": "in full sight alone",
    "contacts.Household.door_wish_reason": "in full sight alone",
    "contacts.Household.avoid": "in full sight alone",
    "contacts.Household.note": "in full sight alone",
    "contacts.HouseholdMove.unit": "in full sight alone",
    "contacts.HouseholdMove.room": "in full sight alone",
    "contacts.Resident.name": "the surname and stars",
    "contacts.Resident.former_names": "in full sight alone",
    "contacts.Resident.phone": "the first and last digits",
    "contacts.Visit.met_other": "who wrote it, or sees the household in full; 其他人 for others",
    "contacts.VisitGuest.name": "who wrote or led it; the surname and stars for others",
    "contacts.VisitGuest.phone": "who wrote or led it; the first and last digits for others",
    "contacts.VisitDraft.payload": "its writer",
    "contacts.ServiceEntry.served": "who wrote it; the surname and stars for others",
    "contacts.TeamMember.phone": "who keeps the team; the first and last digits for others",
    "contacts.RightsRequest.name": "who answers it; the surname and stars in lists",
    "contacts.RightsRequest.phone": "who answers it",
    "contacts.RightsRequest.address": "who answers it",
    "contacts.RightsRequest.text": "who answers it",
    "contacts.RightsRequest.answer": "who answers it, and who asked",
    "accounts.Reveal.note": "nobody: it is kept for an inquiry",
    "jobs.Job.parameters_text": "who asked for the job",
    "jobs.JobFile.name": "who asked for the job",
    "jobs.RowProblem.reason": "who asked for the job",
    "grievances.Grievance.sealed_text": "those named for it",
    "grievances.Raiser.name": "the contact, or a stated reason; the surname and stars for others",
    "grievances.Raiser.phone": "the contact, or a stated reason; first and last digits for others",
    "grievances.Raiser.address": "the contact, or a stated reason",
    "grievances.Raiser.proxy_name": "the contact, or a stated reason; the surname and stars",
    "grievances.Pause.reason": "told as the reason of its move",
    "grievances.HotlineTicket.forward": "no page yet",
    "grievances.HotlineTicket.reply": "no page yet",
    "notices.Outgoing.address": "nobody: it is sent, and erased days after",
    "notices.Outgoing.subject": "nobody: it is sent, and erased days after",
    "notices.Outgoing.text": "nobody: it is sent, and erased days after",
}
#: What is no text of a person's about residents.
NOT_OF_RESIDENTS = {
    **dict.fromkeys(
        ("metrics.Bucket.source", "metrics.Bucket.span", "metrics.Bucket.kind",
         "metrics.Bucket.values", "metrics.Mark.source", "metrics.Built.source",
         "search.SearchEntry.kind", "desk.Heartbeat.name", "accounts.Reveal.subject_kind",
         "accounts.Device.token_digest", "accounts.SignInAddress.network", "jobs.Job.kind",
         "jobs.Job.checkpoint", "jobs.Job.counts", "jobs.JobFile.digest",
         "notices.Outgoing.about_kind", "notices.Outgoing.reference",
         "jobs.ColumnMapping.kind", "jobs.ColumnMapping.signature", "jobs.ColumnMapping.columns",
         "contacts.Resident.phone_index", "contacts.Resident.phone_tail_index",
         "contacts.VisitGuest.phone_index", "contacts.RightsRequest.code",
         "contacts.Matter.grievance_number", "contacts.Household.door_order",
         "grievances.Grievance.number", "grievances.Grievance.due_version",
         "grievances.Raiser.phone_index", "grievances.NumberSeries.code",
         "grievances.NumberSeries.month", "grievances.Event.move", "grievances.Opinion.move",
         "grievances.Told.about", "grievances.HandlerLink.digest",
         "grievances.HandlerLink.token", "grievances.ResidentLink.digest",
         "grievances.ResidentLink.token"),
        "made by the portal: a code, a count, a digest",
    ),
    **dict.fromkeys(
        ("audit.AuditEvent.actor_username", "audit.AuditEvent.role", "audit.AuditEvent.action",
         "audit.AuditEvent.object_kind", "audit.AuditEvent.object_id", "audit.AuditEvent.fields",
         "audit.AuditEvent.reason_code", "audit.AuditEvent.request_id", "audit.AuditEvent.mac",
         "audit.AuditSeal.holes", "audit.AuditSeal.previous", "audit.AuditSeal.digest"),
        "the trail takes names and codes only; ``record`` refuses anything else",
    ),
    **dict.fromkeys(
        ("jobs.Job.title", "jobs.Job.message"), "sentences of the portal about lists and counts"
    ),
    **dict.fromkeys(
        ("accounts.Organisation.code", "accounts.Organisation.name", "accounts.Organisation.path",
         "accounts.OrganisationName.name", "contacts.CareCategory.code",
         "contacts.CareCategory.name", "contacts.CareCategory.basis", "core.CalendarDay.name",
         "grievances.ClockPolicy.article", "grievances.Topic.code", "grievances.Topic.name",
         "grievances.Topic.path", "grievances.Topic.aliases", "grievances.TopicPast.name",
         "grievances.TopicPast.path"),
        "reference data: units, categories and days, named by administrators for everybody",
    ),
    **dict.fromkeys(
        ("grievances.Grievance.official_number", "grievances.Grievance.official_state",
         "grievances.HotlineTicket.channel", "grievances.HotlineTicket.classes",
         "grievances.HotlineTicket.unit_words", "grievances.HotlineTicket.satisfied",
         "grievances.Raiser.proxy_relation"),
        "short words of a list: the platform's number, state, channel, classes, unit; 女儿",
    ),
    **dict.fromkeys(
        ("accounts.User.password", "accounts.User.username", "accounts.User.name",
         "accounts.Post.title", "contacts.TeamMember.name", "contacts.VolunteerTeam.name",
         "grievances.Liaison.name", "grievances.Liaison.phone", "grievances.Liaison.note",
         "core.CalendarDay.set_by_username"),
        "staff, volunteers, their posts and teams: named to whoever works with them",
    ),
    "accounts.Device.name": "what somebody calls the own phone, on the own page",
    "desk.Feedback.page": "the path of one of our pages, checked as such",
}  # fmt: skip


#: Written of one household, whose people are known in it without their surname as well.
_NEAR = {
    column
    for column in SHOWN
    if column.split(".")[1] in _OF_VISITS or column.startswith(_OF_GRIEVANCES)
}


def number_of(column: str) -> int:
    columns = [*SHOWN, *HIDDEN_WHOLE]
    return 11 + columns.index(column)


def words(column: str) -> str:
    """What stands in the column: a topic with a number of its own, and the person."""
    forename = f"，{FORENAME}" if column in _NEAR else ""
    return f"{TOPIC}{number_of(column)}号，{NAME}{forename}，{PHONE}"


def shown(column: str) -> str:
    """What others read of it at least."""
    return f"{TOPIC}{number_of(column)}号"


class Scene(NamedTuple):
    posts: dict[Role, Post]
    #: What fills the addresses.
    found: dict[str, Any]


def place_of(role: Role, world: World) -> Organisation:
    if role == W:
        return world.north
    if role == Role.HANDLER:
        return world.section
    return world.bajiao if role in {SA, L, O, D, C} else world.district


def make_scene(world: World) -> Scene:
    """One household of which everything is written that can be, and a reader of every role."""
    posts = {role: make_post(role, place_of(role, world)) for role in Role}
    author = make_post(W, world.north)
    home = _home(world, author)
    visit, voided, promise = _visits(home, author, posts)
    field = make_place_visit(
        world.north,
        post=make_post(L, world.north),
        place=words("contacts.Visit.place"),
        guests=((NAME, PHONE),),
        text="看望",
    )
    found = {
        "author": author.user_id,
        "person": author.user_id,
        "post": author.pk,
        "community": world.north.pk,
        "community_code": world.north.code,
        "building": home.building_id,
        "household": home.pk,
        "visit": visit.client_id,
        "voided": voided.client_id,
        "field": field.client_id,
        "promise": promise.pk,
        "week": f"{timezone.localdate():%G-W%V}",
    }
    desk = make_grievances(home, author, words, name=NAME, phone=PHONE)
    return Scene(posts, {**found, **desk, **_around(world, home, author, posts)})


def _home(world: World, author: Post) -> Household:
    text = f"{TOPIC}，{NAME}，{PHONE}"
    home = make_household(
        world.building,
        worker=author.user,
        unit="3",
        room=DOOR,
        door_wish="PHONE",
        door_wish_reason=text,
        avoid=text,
        note=text,
    )
    make_resident(home, name=NAME, phone=PHONE, former_names=[FORMER])
    before = make_building(world.north)
    moved = {"unit": "3", "room": DOOR, "moved_on": timezone.localdate()}
    HouseholdMove.objects.create(household=home, building=before, **moved)
    revealed = make_reveal(home, author, at=timezone.now())
    Reveal.objects.filter(pk=revealed.pk).update(note=text)
    return home


def _visits(home: Household, author: Post, posts: dict[Role, Post]) -> tuple[Visit, Visit, Promise]:
    now, today = timezone.now(), timezone.localdate()
    visit = make_visit(
        home,
        post=author,
        occurred_at=now,
        companions=tuple(posts[role].user for role in (O, D, C)),
        next_step_on=today,
        met_other=f"{NAME}的女儿{FORENAME}{PHONE}",
        **{name: words(f"contacts.Visit.{name}") for name in ("text", "next_step")},
    )
    raised = {"position": 1, "outcome": "ESCALATED", "text": words("contacts.Matter.text")}
    Matter.objects.create(visit=visit, **raised)
    promise = Promise.objects.create(
        visit=visit, household=home, due_on=today, text=words("contacts.Promise.text")
    )
    VisitAmendment.objects.create(
        visit=visit,
        at=now,
        by=author.user,
        reason=words("contacts.VisitAmendment.reason"),
        before={"情况": words("contacts.VisitAmendment.before")},
    )
    index_visit(visit)
    void = {"voided_at": now, "voided_by": author.user}
    reason = words("contacts.Visit.void_reason")
    voided = make_visit(home, post=author, occurred_at=now, void_reason=reason, **void)
    return visit, voided, promise


def _around(world: World, home: Household, author: Post, posts: dict[Role, Post]) -> dict[str, Any]:
    """Places, volunteers, requests, cases, and what is written about the portal."""
    team = make_team(
        world.bajiao, community=world.north, purpose=words("contacts.VolunteerTeam.purpose")
    )
    told = {name: words(f"contacts.ServiceSession.{name}") for name in ("place", "text")}
    service = make_session(team, post=author, community=world.north, **told)
    make_entry(service, served=NAME)
    void = {"voided_at": timezone.now(), "voided_by": author.user}
    reason = words("contacts.ServiceSession.void_reason")
    voided = make_session(team, post=author, community=world.north, void_reason=reason, **void)
    text = f"{TOPIC}，{NAME}，{PHONE}，{DOOR}"
    asked = {"name": NAME, "phone": PHONE, "address": text, "text": text}
    answer = {
        "owner": make_post(DA, world.district).user,
        "reply": words("desk.Feedback.reply"),
        "replied_at": timezone.now(),
    }
    case = {"title": words("accounts.Inspection.title")}
    note = words("contacts.ContactPoint.note")
    return {
        "inspection": make_inspection(posts[I], world.north, **case).pk,
        "point": make_point(make_post(O, world.bajiao).user, world.north, note=note).pk,
        "team": team.pk,
        "member": make_member(team, phone=VOLUNTEER).pk,
        "service": service.client_id,
        "voided_service": voided.client_id,
        "request": make_request(world.north, household=home, **asked).pk,
        "feedback": make_feedback(
            author, text=f"{words('desk.Feedback.text')}，住12号楼3单元{SAID_DOOR}"
        ).pk,
        "answered": make_feedback(author, **answer).pk,
        "job": make_job(author).client_id,
    }
