"""Writing a record the way a busy community worker does: short mostly, long when it matters."""

import re
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from portal.desk.demo.chance import chance
from portal.desk.demo.kinds import ON_SPOT, Line, MatterDraft, Note, Situation
from portal.desk.demo.phrases import Teller
from portal.desk.demo.scenes import MARK, Scene
from portal.desk.demo.situations import (
    BY_KEY,
    LIVES,
    PUBLIC,
    SEEN,
    SITUATIONS,
    frames,
    passages,
    passages_more,
)
from portal.desk.demo.situations.after import AFTER, REPAIR_THEMES, REPAIRS, THOUGHTS

_OPENERS: Final = {
    "DOOR": frames.DOOR_OPENERS,
    "PHONE": frames.PHONE_OPENERS,
    "VIDEO": frames.VIDEO_OPENERS,
    "OFFICE": frames.OFFICE_OPENERS,
    "FIELD": frames.FIELD_OPENERS,
    "RECEPTION": frames.RECEPTION_OPENERS,
}
_PUBLIC: Final = {"FIELD": frames.FIELD_CLOSERS, "RECEPTION": frames.RECEPTION_CLOSERS}
#: What is told of few households is told there often.
_RARE: Final = frozenset(
    {
        "hardship",
        "dibao",
        "disabled",
        "bedrid",
        "illness",
        "veteran",
        "special",
        "childcare",
        "single",
        "newborn",
        "toddler",
        "alone",
    }
)
#: So many characters on a telephone's screen; longer ones get paragraphs.
_SCREEN: Final = 260
_PASSAGES: Final = (*passages.PASSAGES, *passages_more.PASSAGES)
_TALKERS: Final = frozenset({"DOOR", "PHONE", "VIDEO", "OFFICE"})


class _Size(NamedTuple):
    """How much is written."""

    weight: int
    matters: int
    #: Everyday lines, further sentences per matter: from, to.
    lives: tuple[int, int]
    more: tuple[int, int]
    #: Sentences after what was done, at most; longer passages.
    after: int
    passages: int = 0


_SIZES: Final = (
    _Size(10, 1, (0, 0), (0, 1), 0),
    _Size(25, 1, (0, 1), (1, 2), 1),
    _Size(16, 1, (1, 3), (2, 4), 2),
    _Size(10, 2, (1, 3), (1, 3), 1),
    _Size(17, 2, (2, 4), (2, 4), 2, 2),
    _Size(25, 3, (2, 4), (2, 5), 3, 3),
)
#: The same for a contact in which nothing was raised: weight, number of lines, passages.
_QUIET: Final = ((17, (1, 2), 0), (31, (2, 3), 0), (28, (3, 5), 1), (28, (3, 5), 2))


class _Moment(NamedTuple):
    """The scene in the manner of the contact: at the door one sees more."""

    scene: Scene
    tags: frozenset[str]
    teller: Teller

    @property
    def at_door(self) -> bool:
        return "door" in self.tags

    def fitting(self, lines: Sequence[Line]) -> list[Line]:
        return [line for line in lines if line.fits(self.scene.day.month, self.tags)]


def _moment(rng: Random, scene: Scene, manner: str) -> _Moment:
    extra = {"door"} if manner in {"DOOR", "FIELD"} else set()
    return _Moment(scene, scene.tags | extra, Teller(rng, scene.slots(rng), habit=scene.habit))


def _one(rng: Random, lines: Sequence[Line], moment: _Moment) -> str:
    found = moment.fitting(lines)
    return _fresh(moment.teller, rng.choice(found).text) if found else ""


def _lines(rng: Random, moment: _Moment, count: int, passages: int) -> str:
    """So many short lines and passages, at most one of a kind; "quiet" ones at the end."""
    short = moment.fitting(LIVES)
    # Lines with conditions are about this household: they are worth more than the general ones.
    short.sort(key=lambda line: rng.random() - 0.18 * len(line.needs))
    long = moment.fitting(_PASSAGES)
    rng.shuffle(long)
    chosen: dict[str, Line] = {}
    for pool, most in ((long, passages), (short, passages + count)):
        for line in pool:
            if len(chosen) < most and not (line.about == "quiet" and "matter" in moment.tags):
                chosen.setdefault(line.about or line.text, line)
    told = list(chosen.values())
    rng.shuffle(told)
    told.sort(key=lambda line: line.about == "quiet")
    return "".join([_fresh(moment.teller, line.text) for line in told])


def _fresh(teller: Teller, pattern: str) -> str:
    teller.begin()
    return teller.tell(pattern)


def _choose(
    rng: Random, moment: _Moment, pool: Sequence[Situation], count: int, told: Sequence[str]
) -> list[Situation]:
    """Different themes, none that this household has told already."""
    month = moment.scene.day.month
    fresh = [
        s
        for s in pool
        if s.key not in told
        and s.fits(month, moment.tags)
        and (moment.at_door or s.key not in SEEN)
    ]
    chosen: list[Situation] = []
    while fresh and len(chosen) < count:
        # What belongs to this household or season comes up more often than what fits everybody.
        weights = [
            1 + len(s.needs) + 3 * bool(s.months) + 9 * bool(_RARE & set(s.needs)) for s in fresh
        ]
        one = rng.choices(fresh, weights)[0]
        chosen.append(one)
        fresh = [s for s in fresh if s.theme != one.theme]
    return chosen


def _tell(
    rng: Random, situation: Situation, teller: Teller, size: _Size, used: set[str]
) -> tuple[str, MatterDraft, str]:
    """The paragraph, the matter it comes to, and the next step (or nothing)."""
    teller.begin()
    outcome, act = rng.choice(situation.ends)
    more = min(rng.randint(*size.more), len(situation.more))
    picked = sorted(rng.sample(range(len(situation.more)), more))
    mended = situation.theme in REPAIR_THEMES
    pool = [s for s in AFTER[outcome] + (REPAIRS[outcome] if mended else ()) if s not in used]
    after = rng.sample(pool, min(len(pool), rng.randint(0, size.after)))
    used.update(after)
    parts = [rng.choice(situation.say), *(situation.more[i] for i in picked), act, *after]
    text = "".join([teller.tell(part) for part in parts])
    matter = MatterDraft(situation.theme, plain(teller.tell(situation.matter)), outcome)
    wants_step = situation.step and chance(rng, 0.25 if outcome == ON_SPOT else 0.62)
    return text, matter, plain(teller.tell(situation.step)) if wants_step else ""


def _again(rng: Random, teller: Teller, told: Sequence[str]) -> str:
    """One word on what came up last time."""
    later = BY_KEY[told[-1]].later if told else ""
    return _fresh(teller, later) if later and chance(rng, 0.45) else ""


def plain(text: str) -> str:
    return text.replace(MARK, "")


def without_repeats(rng: Random, text: str) -> str:
    """Drop the speaker's name where a sentence begins with it and the one before named it too."""
    named = False
    out = []
    for sentence in re.findall(r"[^。\n]*[。\n]|[^。\n]+$", text):
        found = re.match(rf"{MARK}[^{MARK}]+{MARK}(?![家的和、])", sentence)
        if found and named and chance(rng, 0.75):
            out.append(sentence[found.end() :].lstrip("，"))
        else:
            out.append(sentence)
            named = MARK in sentence
    return plain("".join(out))


def _join(rng: Random, head: str, tales: list[str], tail: str) -> str:
    if len(tales) > 1 and chance(rng, 0.45):
        tales = [f"{i}. {tale}" for i, tale in enumerate(tales, 1)]
        between = "\n"
    else:
        between = "\n" if sum(map(len, tales)) > _SCREEN else ""
    return without_repeats(rng, between.join(part for part in (head, *tales, tail) if part))


def write(rng: Random, scene: Scene, *, manner: str = "DOOR", told: Sequence[str] = ()) -> Note:
    """A record with one to three matters; `manner` is the channel, or FIELD or RECEPTION."""
    moment = _moment(rng, scene, manner)
    moment = moment._replace(tags=moment.tags | {"matter"})
    size = rng.choices(_SIZES, [s.weight for s in _SIZES])[0]
    pool = PUBLIC if manner == "FIELD" else SITUATIONS
    head = ""
    if manner != "DOOR" or chance(rng, 0.25 + 0.25 * size.after):
        head = _one(rng, _OPENERS[manner], moment)
    if manner in _TALKERS:
        head += _again(rng, moment.teller, told)
    chosen = _choose(rng, moment, pool, size.matters, told)
    used: set[str] = set()
    notes = [_tell(rng, one, moment.teller, size, used) for one in chosen]
    if manner in _PUBLIC:
        tail = _one(rng, _PUBLIC[manner], moment)
    else:
        tail = _lines(rng, moment, rng.randint(*size.lives), size.passages)
        tail += _ending(rng, moment, size)
    return Note(
        text=_join(rng, head, [text for text, _, _ in notes], tail),
        matters=tuple(matter for _, matter, _ in notes),
        next_step=next((step for _, _, step in notes if step), ""),
        keys=tuple(situation.key for situation in chosen),
    )


def _ending(rng: Random, moment: _Moment, size: _Size) -> str:
    tail = ""
    if chance(rng, 0.15 + 0.2 * size.after):
        tail = _one(rng, frames.CLOSERS, moment)
    if size.passages and moment.at_door and chance(rng, 0.6):
        tail += _fresh(moment.teller, rng.choice(THOUGHTS))
    return tail


def write_quiet(
    rng: Random, scene: Scene, *, manner: str = "DOOR", told: Sequence[str] = ()
) -> Note:
    """A record of an ordinary contact with a few words."""
    moment = _moment(rng, scene, manner)
    _, lives, passages = rng.choices(_QUIET, [q[0] for q in _QUIET])[0]
    count = rng.randint(*lives)
    share = 0.3 + 0.1 * count
    head = _one(rng, _OPENERS[manner], moment) if chance(rng, share) else ""
    head += _again(rng, moment.teller, told)
    body = _lines(rng, moment, count, passages)
    tail = _one(rng, frames.CLOSERS, moment) if chance(rng, share - 0.2) else ""
    return Note(text=_join(rng, head, [], body + tail))


def write_unmet(rng: Random, scene: Scene, *, declined: bool) -> Note:
    teller = Teller(rng, scene.slots(rng))
    return Note(
        text=plain(teller.tell(rng.choice(frames.DECLINED if declined else frames.NOT_HOME)))
    )


def write_promise(rng: Random, scene: Scene) -> str:
    return plain(Teller(rng, scene.slots(rng)).tell(rng.choice(frames.PROMISES)))
