"""What becomes of a grievance: the moves up to where it stands on the demo's day."""

import datetime as dt
from typing import Final

from grievances.kinds import Manner, Regime, Result
from grievances.models import FollowUp, Pause
from portal.accounts.models import Organisation
from portal.core.periods import day_of
from portal.desk.demo.chance import chance
from portal.desk.demo.grievances import frames
from portal.desk.demo.grievances.history import History
from portal.desk.demo.grievances.kinds import Goal, Theme
from portal.desk.demo.grievances.office import is_own

_LEADS: Final = (62, 26, 12)
_RESULTS: Final = ((72, Result.SOLVED), (13, Result.PARTLY), (15, Result.EXPLAINED))
_WAYS: Final = ((60, "PHONE"), (20, "LINK"), (14, "DOOR"), (6, "PAPER"))
_GOOD: Final = ((40, "5"), (45, "4"), (15, "3"))
_BAD: Final = ((70, "2"), (30, "1"))
_FORWARD: Final = (Manner.COORDINATE,) * 4 + (Manner.TRANSFER, Manner.REPORT_UP)
#: What may also be decided by a court.
_DISPUTES: Final = frozenset({"neighbours", "fees", "shops", "leaks", "gates"})
_DAY: Final = 24.0


class Course:
    """One history lived towards its goal."""

    def __init__(self, history: History, theme: Theme) -> None:
        self.h, self.theme = history, theme
        self.rng, self.office = history.rng, history.office

    def live(self, goal: Goal) -> None:
        if goal == Goal.REGISTERED:
            return
        if goal == Goal.NOT_OURS:
            self.decline()
            return
        self.accept()
        if goal == Goal.ACCEPTED:
            return
        if goal == Goal.LEGAL_PATH and self.theme.key in _DISPUTES:
            self.legal_path()
            return
        self.assign(self._lead())
        if goal == Goal.OBJECTED or chance(self.rng, 0.05):
            self.object()
            if goal == Goal.OBJECTED:
                return
            self.rule_objection()
        if goal == Goal.ASSIGNED:
            return
        self.sign()
        self._go_on(goal)

    def _go_on(self, goal: Goal) -> None:
        """In hand: how it ends, or where it stands."""
        ends = {
            Goal.NOT_NOW: self.not_now, Goal.WITHDRAWN: self.withdraw,
            Goal.TERMINATED: self.terminate,
        }  # fmt: skip
        if goal == Goal.IN_HAND:
            return
        if goal in ends:
            ends[goal]()
            return
        if chance(self.rng, 0.03):
            self.not_now()
            self.resume()
        self.reply()
        if goal == Goal.REPLIED:
            return
        if chance(self.rng, 0.06):
            self.send_back()
            self.reply()
        self.conclude()
        if goal != Goal.CONCLUDED:
            self._judged(goal)

    def _judged(self, goal: Goal) -> None:
        if goal == Goal.UNREACHED:
            self.unreached()
        else:
            bad = {Goal.UNDECIDED, Goal.AGAIN, Goal.REDONE, Goal.UPHELD}
            self.verdict(is_bad=goal in bad)
        if goal in {Goal.UNDECIDED, Goal.FOLLOWED_UP}:
            return
        if goal in {Goal.AGAIN, Goal.REDONE}:
            self.reopen()
            if goal == Goal.AGAIN:
                return
            self.reply()
            self.conclude()
            again = chance(self.rng, 0.15)
            self.verdict(is_bad=again)
            if again:
                self.uphold()
        if goal == Goal.UPHELD:
            self.uphold()
        self.file()

    # Beginning

    def accept(self) -> None:
        h = self.h
        h.wait(0.4, 20)
        h.grievance.accepted_at = h.grievance.settle_from = h.at
        h.move("accept", self.office.desk(self.rng, h.day))

    def decline(self) -> None:
        h = self.h
        h.wait(2, 20)
        outside = [name for name in self.theme.leads if name.startswith("区") or "公司" in name]
        why = h.write(self.theme.objection, frames.DECLINED)
        where = h.write(frames.ELSEWHERE, 机关=outside[-1] if outside else "区级主管部门")
        self._end_elsewhere("decline", why, where, frames.DECLINED_PLAIN)

    def legal_path(self) -> None:
        self.h.wait(3, 30)
        why, where = self.rng.choice(frames.LEGAL)
        why, where = self.h.write((why,)), self.h.write((where,))
        self._end_elsewhere("legal_path", why, where, frames.LEGAL_PLAIN)

    def _end_elsewhere(self, key: str, why: str, where: str, plain: tuple[str, ...]) -> None:
        h = self.h
        said = f"{why}\n现由：{where}"
        h.move(key, self.office.desk(self.rng, h.day), words=said, plain=h.write(plain))
        h.tellings[-1].words += f"\n{where}"

    # Handling

    def _lead(self, *, but: Organisation | None = None) -> Organisation:
        community = self.h.grievance.community_id or 0
        names = [*self.theme.leads]
        units = [self.office.unit(name, community) for name in names]
        shares = _LEADS[: len(units)]
        rows = [(unit, share) for unit, share in zip(units, shares, strict=True) if unit != but]
        return self.rng.choices([u for u, _ in rows], [share for _, share in rows])[0]

    def assign(self, lead: Organisation) -> None:
        h = self.h
        h.wait(0.3, 10)
        self._give(lead)
        h.move("assign", h.assignments[-1].assigned_by)

    def _give(self, lead: Organisation) -> None:
        community = self.h.grievance.community_id or 0
        others = {self.office.unit(name, community) for name in self.theme.co_handlers} - {lead}
        helped = not self.h.grievance.is_restricted and others and chance(self.rng, 0.3)
        co = [min(others, key=lambda unit: unit.pk)] if helped else []
        manner = Manner.ASSIGN if is_own(lead) else self.rng.choice(_FORWARD)
        self.h.assign(lead, manner, co)

    def object(self) -> None:
        self.h.wait(1, 7)
        post, unit, is_desk = self.h.by_lead()
        words = self.h.write(self.theme.objection or frames.OBJECTIONS, ("。",))
        self.h.move("object", post, words=words, unit=unit, on_behalf=is_desk)

    def rule_objection(self) -> None:
        h = self.h
        h.wait(2, 20)
        if len(self.theme.leads) > 1 and chance(self.rng, 0.6):
            self._give(self._lead(but=h.lead.unit))
            by, words = h.assignments[-1].assigned_by, h.write(frames.UPHELD_OBJECTION)
            h.move("uphold_objection", by, words=words)
        else:
            words = h.write(frames.OVERRULED)
            h.move("overrule_objection", self.office.desk(self.rng, h.day), words=words)

    def sign(self) -> None:
        self.h.wait(0.5, 9)
        post, unit, is_desk = self.h.by_lead()
        self.h.lead.signed_at = self.h.at
        self.h.move("sign", post, unit=unit, on_behalf=is_desk)

    def not_now(self) -> None:
        h = self.h
        h.wait(_DAY, 5 * _DAY)
        post, unit, is_desk = h.by_lead()
        until = h.day + dt.timedelta(days=self.rng.randint(25, 110))
        h.grievance.relook_on = until
        reason = h.write(self.theme.not_now, ("。",))
        if h.may_pause():
            h.pauses.append(Pause(grievance=h.grievance, since=h.at, reason=reason))
        plain = h.write(frames.NOT_NOW_PLAIN, 后=f"{until.month}月{until.day}日")
        h.move("not_now", post, words=reason, plain=plain, unit=unit, on_behalf=is_desk)

    def resume(self) -> None:
        self.h.wait(10 * _DAY, 30 * _DAY)
        post, unit, is_desk = self.h.by_lead()
        self.h.run_again()
        words = self.h.write(("条件{已具备|已落实}，{继续办理|安排施工}。",))
        self.h.move("resume", post, words=words, unit=unit, on_behalf=is_desk)

    def reply(self) -> None:
        h = self.h
        before = h.day
        h.wait(1.5 * _DAY, 8 * _DAY)
        post, unit, is_desk = h.by_lead()
        weights = [weight for weight, _ in _RESULTS]
        result = self.rng.choices([each for _, each in _RESULTS], weights)[0]
        said = {
            Result.SOLVED: (self.theme.solved, self.theme.plain),
            Result.PARTLY: (self.theme.partly, frames.PARTLY_PLAIN),
            Result.EXPLAINED: (self.theme.explained, frames.EXPLAINED_PLAIN),
        }
        core, plain = said[result]
        day = before + dt.timedelta(days=self.rng.randint(0, max(0, (h.day - before).days)))
        when = f"{day.month}月{day.day}日"
        opening = frames.AGAIN if h.grievance.round > 1 else frames.OPENINGS
        words = h.write(opening, core, frames.CLOSINGS, 日=when, 您="您")
        h.opinion("reply", result, words, post)
        told = h.write(plain, frames.TAILS, 日=when)
        h.move("reply", post, plain=told, unit=unit, on_behalf=is_desk)

    def send_back(self) -> None:
        h = self.h
        h.wait(1, 20)
        h.grievance.replied_at, h.grievance.result = None, ""
        but = {h.opinions[-1].by_id or 0}
        words = h.write(frames.RETURNED)
        h.move("return", self.office.approver(self.rng, h.day, but=but), words=words)

    def conclude(self) -> None:
        h = self.h
        h.wait(1, 30)
        post = self.office.approver(self.rng, h.day, but={h.opinions[-1].by_id or 0})
        h.passed_by = post.pk
        h.move("conclude", post)

    # The resident's word

    def verdict(self, *, is_bad: bool) -> None:
        h = self.h
        way = self.rng.choices([way for _, way in _WAYS], [weight for weight, _ in _WAYS])[0]
        if h.grievance.is_restricted:
            way = "PHONE"
        if way == "PHONE" and chance(self.rng, 0.2):
            self._attempt()
        if way == "LINK" and h.link_at is None:
            h.link_at = h.at
        h.wait(5, 3 * _DAY)
        grades = _BAD if is_bad else _GOOD
        grade = self.rng.choices([g for _, g in grades], [weight for weight, _ in grades])[0]
        post = None if way == "LINK" else self.office.desk(self.rng, h.day)
        said = is_bad or chance(self.rng, 0.3)
        h.follow_ups.append(
            FollowUp(
                grievance=h.grievance,
                round=h.grievance.round,
                way=way,
                outcome=FollowUp.Outcome.ANSWERED,
                was_contacted=not is_bad or chance(self.rng, 0.8),
                was_solved=not is_bad,
                grade=grade,
                words=h.write(frames.SAID[grade]) if said else "",
                at=h.at,
                by=post,
            )
        )
        h.move("follow_up", post)

    def _attempt(self) -> None:
        h = self.h
        h.wait(5, 26)
        h.follow_ups.append(
            FollowUp(
                grievance=h.grievance,
                round=h.grievance.round,
                way=FollowUp.Way.PHONE,
                outcome=FollowUp.Outcome.NO_ANSWER,
                at=h.at,
                by=self.office.desk(self.rng, h.day),
            )
        )

    def unreached(self) -> None:
        """Nobody answered on three different days; the desk ends the asking."""
        h = self.h
        days: set[dt.date] = set()
        while len(days) < 3:  # noqa: PLR2004 -- move_checks.ATTEMPTS
            self._attempt()
            days.add(day_of(h.at))
        h.wait(1, 20)
        h.move("follow_up", self.office.desk(self.rng, h.day))

    def reopen(self) -> None:
        h = self.h
        h.wait(4, 2 * _DAY)
        row = h.grievance
        row.replied_at, row.result = None, ""
        row.round, row.settle_from = row.round + 1, h.at
        post = self.office.approver(self.rng, h.day, but={h.passed_by})
        h.move("reopen", post, words=h.write(frames.REOPENED))

    def uphold(self) -> None:
        h = self.h
        h.wait(6, 2 * _DAY)
        post = self.office.approver(self.rng, h.day, but={h.passed_by})
        when = f"{h.day.month}月{h.day.day}日"
        h.tell("uphold", h.write(frames.UPHELD_PLAIN, 日=when), post)
        h.event("uphold", post, words=h.write(frames.UPHELD))

    # The end

    def file(self) -> None:
        h = self.h
        if h.grievance.regime == Regime.HOTLINE:
            h.wait(0.5, 5)
            before, h.grievance.official_state = h.grievance.official_state, "已办结"
            said = (
                f"平台状态：{before} → 已办结；平台是否办结有更新；办理情况有更新；答复时间有更新"
            )
            h.event("mirror", self.office.desk(self.rng, h.day), words=said)
        h.wait(2, 2 * _DAY)
        h.move("file", self.office.desk(self.rng, h.day))

    def withdraw(self) -> None:
        h = self.h
        h.wait(8, 4 * _DAY)
        h.run_again()
        h.move("withdraw", self.office.desk(self.rng, h.day), words=h.write(frames.WITHDRAWN))

    def terminate(self) -> None:
        h = self.h
        h.wait(_DAY, 6 * _DAY)
        h.run_again()
        post = self.office.approver(self.rng, h.day)
        words, plain = h.write(frames.TERMINATED), h.write(frames.TERMINATED_PLAIN)
        h.move("terminate", post, words=words, plain=plain)
