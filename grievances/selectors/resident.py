"""What the holder of a private link reads: how far it is, in plain words, with nothing personal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from grievances.clocks.kinds import Step
from grievances.kinds import ENDED, Result, State
from grievances.models import CallBack, Grievance, Raiser, Told
from grievances.selectors.verdicts import is_rateable, main_of, verdict_of
from grievances.selectors.words import GrievanceWords
from portal.core.encryption import normalise_phone
from portal.core.masking import strike
from portal.core.periods import day_of
from portal.core.templatetags.portal import cn_date

_RECEIVED, _GOING, _STILL = "已收到", "正在办", "还在办"
_DONE, _PARTLY, _ANSWERED = "已办好", "办好了一部分", "已答复您"
_BY_RESULT: Final[dict[str, str]] = {
    Result.SOLVED: _DONE,
    Result.PARTLY: _PARTLY,
    Result.EXPLAINED: _ANSWERED,
    Result.SUPPORTED: _ANSWERED,
    Result.REFUSED: _ANSWERED,
}
_WITH_RESULT: Final = frozenset({State.CONCLUDED, State.FOLLOWED_UP, State.FILED})
_PLAIN: Final[dict[str, str]] = {
    State.REGISTERED: _RECEIVED,
    State.NOT_NOW: _STILL,
    State.OPINION: _ANSWERED,
    State.IN_REVIEW: "正在复查",
    State.REVIEWED: _ANSWERED,
    State.IN_RECHECK: "正在复核",
    State.NO_FURTHER: _ANSWERED,
    State.NOT_OURS: "不归我们管",
    State.LEGAL_PATH: "请走法定途径",
    State.WITHDRAWN: "按您的意思停办了",
    State.TERMINATED: "停办了",
}
_ELSEWHERE: Final = frozenset({State.NOT_OURS, State.LEGAL_PATH})
#: What happens by the day a clock is due, before and after it; {} is the day.
_NEXT: Final[dict[str, tuple[str, str]]] = {
    Step.CONTACT: ("最晚{}有人与您联系。", "本来{}前应有人与您联系，已经晚了。"),
    Step.INFORM: ("最晚{}告诉您受理不受理。", "本来{}前应告诉您受理不受理，已经晚了。"),
    Step.SETTLE: ("最晚{}给您答复。", "本来{}前应给您答复，已经晚了。"),
    Step.FOLLOW_UP: (
        "最晚{}有人问您满意不满意，您也可以现在评价。",
        "本来{}前应有人问您满意不满意，您可以现在评价。",
    ),
    Step.ASK_REVIEW: ("不同意答复，{}前可以请求复查。", "请求复查的期限是{}，已经过了。"),
    Step.REVIEW: ("最晚{}告诉您复查意见。", "本来{}前应告诉您复查意见，已经晚了。"),
    Step.ASK_RECHECK: ("不同意复查意见，{}前可以请求复核。", "请求复核的期限是{}，已经过了。"),
    Step.RECHECK: ("最晚{}告诉您复核意见。", "本来{}前应告诉您复核意见，已经晚了。"),
}


@dataclass(frozen=True, slots=True)
class ResidentPage:
    """Nothing in here is personal; a restricted one has its ``state`` only."""

    state: str
    received_on: dt.date | None = None
    number: str = ""
    #: Written by a person for the resident.
    words: str = ""
    #: Who has it now, where it is not ours.
    where: str = ""
    next_step: str = ""
    contact: str = ""
    contact_unit: str = ""
    phone: str = ""
    may_rate: bool = False
    was_rated: bool = False
    may_ask_call: bool = False
    call_asked_on: dt.date | None = None


def resident_page(grievance: Grievance, *, now: dt.datetime) -> ResidentPage:
    """How far it is; of a merged one, how far the one is that it was merged into."""
    main = main_of(grievance)
    if grievance.is_restricted or main.is_restricted:
        return ResidentPage(state="办完了" if main.state in ENDED else _GOING)
    verdict = verdict_of(grievance)
    is_bad = verdict is not None and verdict.is_bad
    words, where = _said(main)
    call = CallBack.objects.filter(grievance=grievance, done_at__isnull=True).first()
    owner = grievance.owner
    return ResidentPage(
        state=_state(main, now, is_bad=is_bad),
        received_on=day_of(grievance.received_at),
        number=grievance.number,
        words=_hidden(grievance, main, words),
        where=_own_hidden(grievance, main, where),
        next_step=_next(main, now, is_bad=is_bad),
        contact=owner.user.name if owner else "",
        contact_unit=owner.organisation.name if owner else grievance.street.name,
        phone=str(settings.PRIVACY_PHONE),
        may_rate=verdict is None and is_rateable(grievance),
        was_rated=verdict is not None,
        may_ask_call=call is None,
        call_asked_on=day_of(call.asked_at) if call else None,
    )


def _state(main: Grievance, now: dt.datetime, *, is_bad: bool) -> str:
    """In two to six words; never 已办好 against what the resident says."""
    if main.state in _WITH_RESULT and is_bad:
        return _ANSWERED if main.state == State.FILED else "您说还没办好"
    if main.state in _WITH_RESULT:
        return _BY_RESULT.get(main.result, _ANSWERED)
    if (plain := _PLAIN.get(main.state)) is not None:
        return plain
    is_late = main.due_at is not None and main.due_at < now
    return _STILL if main.round > 1 or is_late else _GOING


def _next(main: Grievance, now: dt.datetime, *, is_bad: bool) -> str:
    """What happens next, and by when."""
    if main.state == State.NOT_NOW and main.relook_on:
        return f"{cn_date(main.relook_on)}再看能不能办，并告诉您。"
    if main.state == State.REPLIED:
        return "答复正在由负责人审核。"
    if main.state == State.FOLLOWED_UP and is_bad:
        return "您说没有办好，正由没有经手的人决定是不是重新办。"
    if main.state in ENDED or main.due_step not in _NEXT or main.due_on is None:
        return ""
    before, after = _NEXT[main.due_step]
    is_late = main.due_at is not None and main.due_at < now
    return (after if is_late else before).format(cn_date(main.due_on))


def _said(main: Grievance) -> tuple[str, str]:
    """The words for the resident, and who has it where it is not ours (said in the same telling)."""
    if main.state not in _ELSEWHERE:
        return main.public_words, ""
    told = Told.objects.filter(grievance=main, about__in=("decline", "legal_path")).last()
    where = told.words.removeprefix(main.public_words).strip() if told else ""
    return main.public_words, where


def _hidden(grievance: Grievance, main: Grievance, text: str) -> str:
    """SECURITY: whoever holds the paper reads nobody's name or number in what was typed."""
    cases = [main] if grievance.pk == main.pk else [main, grievance]
    words = GrievanceWords(cases, texts=[text])
    for case in cases:
        text = words.masked(case, text)
    return text


def _own_hidden(grievance: Grievance, main: Grievance, text: str) -> str:
    """``text`` without the people of the case; the number of an office has to stay readable."""
    if not text:
        return ""
    rows = Raiser.objects.filter(grievance__in={grievance.pk, main.pk})
    names, phones = set[str](), set[str]()
    for row in rows:
        names |= {row.name, row.proxy_name} - {""}
        phones |= {normalise_phone(row.phone)} - {""}
    return strike(text, names=names, phones=phones)
