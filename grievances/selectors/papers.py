"""文书: which papers of a 信访件 may be printed now, under which article, and what they say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.urls import reverse

from grievances.kinds import Party, Regime, State
from grievances.models import ExtensionRequest, Grievance, Opinion
from grievances.parties import parties_of
from grievances.selectors.handlers import handlers_of
from grievances.selectors.one import GrievancePage, OpinionLine, grievance_page
from grievances.selectors.words import GrievanceWords
from portal.accounts.models import Post

#: Who makes papers: the office, and the unit that leads.
MAKERS: Final = frozenset({Party.DESK, Party.LEAD})
_GIVEN: Final = frozenset({State.ASSIGNED, State.OBJECTED, State.IN_HAND, State.NOT_NOW})
_ANSWERED: Final = frozenset(
    {
        State.OPINION,
        State.IN_REVIEW,
        State.REVIEWED,
        State.IN_RECHECK,
        State.FILED,
        State.NO_FURTHER,
    }
)


@dataclass(frozen=True, slots=True)
class PaperKind:
    """One kind of paper; ``article`` is of 信访工作条例."""

    key: str
    title: str
    article: str
    template: str
    states: frozenset[State]

    @property
    def trail_code(self) -> str:
        """What the trail calls its printing."""
        return f"PAPER_{self.key.upper()}"


KINDS: Final = {
    kind.key: kind
    for kind in (
        PaperKind(
            "acceptance",
            "受理告知书",
            "第23条",
            "grievances/papers/acceptance.html",
            _GIVEN | {State.ACCEPTED},
        ),
        PaperKind(
            "refusal",
            "不予受理告知书",
            "第23条",
            "grievances/papers/refusal.html",
            frozenset({State.NOT_OURS}),
        ),
        PaperKind(
            "transfer", "转送函", "第22条、第23条", "grievances/papers/transfer.html", _GIVEN
        ),
        PaperKind("extension", "延期告知书", "第34条", "grievances/papers/extension.html", _GIVEN),
        PaperKind(
            "opinion", "处理意见书", "第31条、第32条", "grievances/papers/opinion.html", _ANSWERED
        ),
        # The 30 days to ask for 复查 or 复核 run from the day the paper was received.
        PaperKind(
            "receipt",
            "送达回证",
            "第35条、第36条",
            "grievances/papers/receipt.html",
            _GIVEN | _ANSWERED | {State.ACCEPTED, State.NOT_OURS},
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on one paper; masked as the reader sees it."""

    kind: PaperKind
    page: GrievancePage
    #: 延期告知书: why, as it was asked for.
    extension_reason: str = ""
    #: 处理意见书: as it was issued, whatever 复查 and 复核 said later.
    opinion: OpinionLine | None = None


def papers_for(*, post: Post, grievance: Grievance, now: dt.datetime) -> list[PaperKind]:
    """What the post may print of it now; nothing for who neither receives nor leads it."""
    if grievance.regime != Regime.PETITION:
        return []
    if MAKERS.isdisjoint(parties_of(post, grievance, handlers_of(grievance, now=now))):
        return []
    return [
        kind
        for kind in KINDS.values()
        if grievance.state in kind.states
        and (kind.key != "extension" or _extension(grievance) is not None)
        and (kind.key != "opinion" or _issued(grievance).exists())
    ]


def paper_links(*, post: Post, grievance: Grievance, now: dt.datetime) -> list[tuple[str, str]]:
    """Label and address of each."""
    return [
        (kind.title, reverse("grievances:paper", args=[grievance.number, kind.key]))
        for kind in papers_for(post=post, grievance=grievance, now=now)
    ]


def paper_of(kind: PaperKind, *, post: Post, grievance: Grievance, now: dt.datetime) -> Paper:
    """The paper as the post may read it. Needs one of ``papers_for``."""
    page = grievance_page(post=post, grievance=grievance, now=now)
    if kind.key == "extension":
        return Paper(kind, page, extension_reason=_reason(grievance, is_full=page.is_full))
    issued = _issued(grievance).last() if kind.key == "opinion" else None
    if issued is None:
        return Paper(kind, page)
    shown = next((one for one in page.opinions if one.at == issued.at), None)
    return Paper(kind, page, opinion=shown)


def _reason(grievance: Grievance, *, is_full: bool) -> str:
    found = _extension(grievance)
    if found is None:
        return ""
    reason = found.reason
    if is_full:
        return reason
    return GrievanceWords([grievance], texts=[reason]).masked(grievance, reason)


def _extension(grievance: Grievance) -> ExtensionRequest | None:
    """The last one that was granted."""
    found: ExtensionRequest | None = grievance.extensions.filter(is_approved=True).last()
    return found


def _issued(grievance: Grievance) -> QuerySet[Opinion]:
    rows: QuerySet[Opinion] = Opinion.objects.filter(grievance=grievance, move="issue_opinion")
    return rows
