"""信访件: from 受理 to the opinion, and 复查 where it is asked for."""

from grievances.workflow import BY_KEY
from portal.desk.demo.grievances import special
from portal.desk.demo.grievances.courses import Course
from portal.desk.demo.grievances.history import History
from portal.desk.demo.grievances.kinds import Goal, Theme
from portal.desk.demo.grievances.special import Petition

_DAY = 24.0
#: 30 days to ask for 复查, the last one maybe moved by a holiday.
_TO_ASK = 41


def theme_of(petition: Petition) -> Theme:
    """As far as the moves before the opinion need one."""
    return Theme(
        key="petition", leads=(petition.lead,), classes="", say=(petition.text,), solved=(),
        partly=(), explained=(), plain=(), not_now=(), objection=(),
    )  # fmt: skip


class PetitionCourse(Course):
    """The same desk and sections; an opinion in writing instead of a reply."""

    def __init__(self, history: History, petition: Petition) -> None:
        super().__init__(history, theme_of(petition))
        self.petition = petition

    def live(self, goal: Goal) -> None:
        if goal == Goal.REGISTERED:
            return
        self.accept()
        if goal == Goal.ACCEPTED:
            return
        self.assign(self._lead())
        self.sign()
        if goal == Goal.IN_HAND:
            return
        self._opinion()
        if goal == Goal.FILED:
            self._close()
        elif goal in {Goal.IN_REVIEW, Goal.REVIEWED}:
            self._ask_review()
            if goal == Goal.REVIEWED:
                self._review()

    def _opinion(self) -> None:
        h, petition = self.h, self.petition
        h.wait(14 * _DAY, 32 * _DAY)
        post, unit, is_desk = h.by_lead()
        words = h.write((petition.reply,))
        h.opinion("issue_opinion", petition.result, words, post, basis=petition.basis)
        plain = petition.plain
        h.move("issue_opinion", post, plain=plain, unit=unit, on_behalf=is_desk)

    def _ask_review(self) -> None:
        self.h.wait(5 * _DAY, 15 * _DAY)
        post = self.office.desk(self.rng, self.h.day)
        self.h.move("ask_review", post, words=self.petition.review)

    def _review(self) -> None:
        h = self.h
        h.wait(12 * _DAY, 20 * _DAY)
        post = self.office.desk(self.rng, h.day)
        # The words of a 复查 are kept as its opinion.
        h.opinion("review", "REFUSED", self.petition.reviewed, post)
        h.move("review", post, plain=h.write((special.REVIEW_PLAIN,)))

    def _close(self) -> None:
        h = self.h
        h.wait(_TO_ASK * _DAY, (_TO_ASK + 6) * _DAY)
        words = h.write(special.PETITION_FILED)
        post = self.office.desk(self.rng, h.day)
        h.move(BY_KEY["file_petition"].key, post, words=words)
