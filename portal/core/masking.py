"""What stays readable of a name, a number or a free text for those who may not see it in full.

The one home of masking: templates reach it through the tags, no template hides a number itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import add
from typing import Final

from portal.core.addressing import ORDINARY_WORDS, TITLES, address_forms, surname_of, surnames_of
from portal.core.db.bulk import SEPARATOR
from portal.core.encryption import normalise_phone

STAR: Final = "*"
MOBILE_DIGITS: Final = 11
ID_DIGITS: Final = (15, 18)
LONG_RUN: Final = 7
FORENAME_CHARS: Final = 2

# White space, a line's end included, and what is no wider than nothing.
_BLANKS: Final = (
    "\\t-\\r \\x85\\u00a0\\u1680\\u2000-\\u200d\\u2028\\u2029\\u202f\\u205f\\u2060\\u3000\\ufeff"
)
_DASHES: Final = "\\-\\u2010-\\u2015\\uff0d_.·"
# Between two digits of one number: nothing, or up to two of these.
_GAP: Final = f"[{_BLANKS}{_DASHES}]{{0,2}}"
# Between groups of a mobile number and nowhere else: 1、3、5 are doors.
_COMMA: Final = f"[,，、/／][{_BLANKS}]?"
_CN_DIGIT: Final = "[零〇○一二三四五六七八九幺两]"

PERSONAL_NUMBER: Final = re.compile(
    "|".join(
        (
            # an ID number in groups: 110107 19900101 123X
            rf"(?P<id>(?<!\d)\d{{6}}{_GAP}(?:18|19|20|１[８９]|２０)\d{{6}}{_GAP}\d{{3}}{_GAP}[\dXxＸｘ](?!\d))",
            # any run of seven digits and more, with the X of an ID number
            r"(?P<run>\d{7,}[XxＸｘ]?)",
            # a mobile number in groups: +86 138-0013-8000
            rf"(?P<mobile>(?<!\d)(?:[+＋]?{_GAP}[8８][6６]{_GAP})?[1１]{_GAP}[3-9３-９](?:{_GAP}\d){{9}}(?!\d))",
            rf"(?P<grouped>(?<!\d)[1１][3-9３-９]\d{_COMMA}\d{{4}}{_COMMA}\d{{4}}(?!\d))",
            # a landline with its area code: 010-6887 1234, (010)68871234
            rf"(?P<landline>(?<!\d)[(（]?[0０]\d{{2,3}}[)）]?{_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d))",
            # a landline of eight digits without it, unless it can be two years: 6887-1234
            r"(?P<local>(?<!\d)(?!(?:19|20)\d\d[- ](?:19|20)\d\d)[2-9２-９]\d{3}[- －]\d{4}(?![\d-]))",
            # a number written in characters: 幺三八零零…
            rf"(?P<words>{_CN_DIGIT}{{7,}})",
        )
    )
)
_LONG_RUN: Final = re.compile(r"\d{7,}")
# Where a number may be at all: one cheap scan, so that the rules above meet only such places.
_PLACE: Final = re.compile(
    f"[\\d+＋(（][\\d{_BLANKS}{_DASHES},，、/／)）XxＸｘ]{{6,}}|{_CN_DIGIT}{{7,}}"
)
# Its characters in one set, without a class to look up: the digits of the first plane one by one,
# of the second all characters.
_DIGITS: Final = "".join(re.findall(r"\d", "".join(map(chr, range(0x10000)))))
_ANY_OF_IT: Final = (
    f"[{_DIGITS}\U00010000-\U0001ffff{_BLANKS}{_DASHES},，、/／+＋(（)）XxＸｘ{_CN_DIGIT[1:]}"
)
#: Where there is none of these there is no number: the quickest question, several times quicker.
MAYBE_NUMBER: Final = re.compile(f"{_ANY_OF_IT}{_ANY_OF_IT}{{6}}")
_MOBILE: Final = re.compile("1[3-9][0-9]{9}")
#: The last two characters of each name between separators.
_ENDS: Final = re.compile(f"[^{SEPARATOR}]{{{FORENAME_CHARS}}}(?={SEPARATOR})")
_IS_PAIR: Final = re.compile(f".{{{FORENAME_CHARS}}}", re.DOTALL)
#: 郑书敏奶奶: sex and age go from behind a hidden name as from behind a surname.
_TITLE_AFTER: Final = re.compile(rf"(?<=\{STAR})\s{{0,2}}(?:{TITLES})")
#: White space that separates nobody.
_BLANK: Final = re.compile(rf"[^\S{SEPARATOR}]")
_NOBODY: Final[Mapping[str, Sequence[str]]] = {}


def mask_name(name: str) -> str:
    """Surname and stars: 张三 → 张*, 欧阳娜娜 → 欧阳**. A single character is hidden whole."""
    name = name.strip()
    if len(name) <= 1:
        return STAR * len(name)
    if not (name.isalpha() or name.replace("·", "").isalpha()):
        return name[0] + STAR * 2 if name[0].isalpha() else STAR * 3
    surname = surname_of(name)
    return surname + STAR * (len(name) - len(surname))


def mask_phone(phone: str) -> str:
    """138****1234; 010-****1234; other numbers keep the last four; short ones nothing."""
    digits = normalise_phone(phone)
    if not digits:
        return STAR * 4 if phone.strip() else ""
    if len(digits) == MOBILE_DIGITS and digits[0] == "1":
        return f"{digits[:3]}****{digits[-4:]}"
    if digits[0] == "0" and len(digits) >= MOBILE_DIGITS - 1:
        area = 3 if digits[1] in "12" else 4
        return f"{digits[:area]}-****{digits[-4:]}"
    return f"****{digits[-4:]}" if len(digits) >= LONG_RUN else STAR * 4


def mask_id(number: str) -> str:
    """The province and the last two: 110*************23; anything else is hidden whole."""
    compact = "".join(c for c in unicodedata.normalize("NFKC", number) if c.isalnum()).upper()
    if len(compact) not in ID_DIGITS:
        return STAR * len(compact)
    return compact[:3] + STAR * (len(compact) - 5) + compact[-2:]


def _mask_number(match: re.Match[str]) -> str:
    found = match[0]
    if match["id"]:
        return mask_id(found)
    if match["words"]:
        return STAR * len(found)
    if match["run"]:
        return _mask_run(found)
    return mask_phone(found)


def _mask_run(run: str) -> str:
    if _MOBILE.fullmatch(run):  # what nearly all of them are
        return f"{run[:3]}****{run[-4:]}"
    digits = unicodedata.normalize("NFKC", run).upper()
    if len(digits) in ID_DIGITS:
        return mask_id(digits)
    phone = normalise_phone(digits)
    if not digits.endswith("X") and (re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}", phone)):
        return mask_phone(phone)
    return STAR * len(run)


def _replace_numbers(text: str, replace: Callable[[re.Match[str]], str]) -> str:
    if not MAYBE_NUMBER.search(text):
        return text
    return _PLACE.sub(lambda place: PERSONAL_NUMBER.sub(replace, place[0]), text)


def holds_number(text: str) -> bool:
    """Whether there may be a personal number in it: without one, none is masked."""
    return MAYBE_NUMBER.search(text) is not None and _PLACE.search(text) is not None


def drop_numbers(text: str) -> str:
    """The text with every personal number cut out (what may enter a search index)."""
    return _LONG_RUN.sub(" ", _replace_numbers(text, lambda _number: " "))


class KnownNames:
    """The names of some people, made ready to be looked for in many texts."""

    __slots__ = ("_names", "by_end")

    def __init__(self, names: Iterable[str]) -> None:
        stripped = {name.strip() for name in names}
        known = [name for name in stripped if len(name) >= FORENAME_CHARS and STAR not in name]
        # Whole or without its surname, a name ends in its last two characters.
        if is_compact("".join(known)):
            self.by_end = [(name[-FORENAME_CHARS:], name) for name in known]
        else:
            self.by_end = [(_compact(name)[-FORENAME_CHARS:], name) for name in known]
        self._names: Collection[str] = stripped

    @property
    def surnames(self) -> frozenset[str]:
        """The Chinese surnames among them."""
        return surnames_of(self._names)

    def within(self, packed: str) -> list[str]:
        """Those that a text without white space may hold: of hundreds mostly none."""
        return [name for end, name in self.by_end if end in packed]


class PeopleOf:
    """The names of one place as one text, asked without reading each of them."""

    __slots__ = ("_ends", "plain", "spaced")

    def __init__(self, called: str) -> None:
        """``called`` holds each name between separators: one in front, one at the end."""
        #: Those without a blank inside, between separators.
        self.plain = called
        #: The others by their last two characters.
        self.spaced: Mapping[str, Sequence[str]] = _NOBODY
        if _BLANK.search(called):
            self._set_apart({name.strip() for name in called.split(SEPARATOR)} - {""})
        self._ends: list[str] | None = None

    def _set_apart(self, every: set[str]) -> None:
        plain = {name for name in every if is_compact(name)}
        spaced: dict[str, list[str]] = {}
        for name in every - plain:
            spaced.setdefault(_compact(name)[-FORENAME_CHARS:], []).append(name)
        self.plain, self.spaced = SEPARATOR.join(("", *plain, "")), spaced

    def ends(self) -> list[str]:
        """The last two characters of each name, without blanks: whole or not, it ends in them."""
        return [*_ENDS.findall(self.plain), *filter(_IS_PAIR.fullmatch, self.spaced)]

    def ending_in(self, end: str) -> list[str]:
        """Those whose last two characters, without blanks, are these: mostly nobody."""
        names, ended = self.plain, end + SEPARATOR
        found = list(self.spaced.get(end, ()))
        at = names.find(ended)
        while at >= 0:
            found.append(names[names.rfind(SEPARATOR, 0, at) + 1 : at + len(end)])
            at = names.find(ended, at + 1)
        return found

    def within(self, packed: str) -> set[str]:
        """Those that a text without white space may hold, as ``KnownNames.within``."""
        if self._ends is None:
            self._ends = self.ends()
        pairs = set(map(add, packed, packed[1:]))
        return {name for end in pairs.intersection(self._ends) for name in self.ending_in(end)}

    def surnames_among(self, asked: Collection[str]) -> set[str]:
        """Which of a few Chinese surnames are theirs."""
        names = self.plain
        found = {one for one in asked if SEPARATOR + one in names and self._is_surname(one)}
        if asked and self.spaced:
            found |= surnames_of(chain.from_iterable(self.spaced.values())).intersection(asked)
        return found

    def _is_surname(self, asked: str) -> bool:
        names, beginning = self.plain, SEPARATOR + asked
        at = names.find(beginning)
        while at >= 0:
            if surname_of(names[at + 1 : names.find(SEPARATOR, at + 1)]) == asked:
                return True
            at = names.find(beginning, at + 1)
        return False


def strike(text: str, *, names: Collection[str], phones: Collection[str] = ()) -> str:
    """``text`` with these people and numbers taken out for good; everything else stays readable.

    Whole names and forenames, as ``mask_text`` hides them; not 王大爷, who may be somebody else.
    ``phones`` are digits only.
    """

    def known(match: re.Match[str]) -> str:
        return STAR * len(match[0]) if normalise_phone(match[0]) in phones else match[0]

    return _mask_names(_replace_numbers(text, known), KnownNames(names), ())


def mask_text(
    text: str, *, names: KnownNames | Iterable[str] = (), full_names: Iterable[str] = ()
) -> str:
    """Free text in which phone and ID numbers and the given people are masked.

    ``names`` are people one expects in it: hidden whole (王秀英 → 王**), without the surname
    (秀英 → **) and under a form of address (王奶奶, 老王 → 王*). ``full_names`` are people who may
    be meant: hidden only when named in full.
    Promises, whatever the text: no run of seven digits or more is left, none of ``names`` and
    ``full_names`` of two characters or more is left, nor a forename of ``names`` of two characters
    or more without its surname, unless it is an ordinary word (平安, 健康).
    """
    near = names if isinstance(names, KnownNames) else KnownNames(names)
    text = _mask_numbers(text)
    return _mask_addresses(_mask_names(text, near, full_names), near.surnames)


def mask_found(
    text: str, *, names: Collection[str], surnames: Collection[str], full_names: Collection[str]
) -> str:
    """``mask_text`` where one has looked already: ``names`` are those near that may stand in it.

    ``surnames`` are those near by which somebody may be addressed in it.
    """
    text = _mask_numbers(text)
    if names or full_names:
        text = _mask_names(text, KnownNames(names), full_names)
    return _mask_addresses(text, surnames) if surnames else text


def _mask_numbers(text: str) -> str:
    if not MAYBE_NUMBER.search(text):
        return text
    return _LONG_RUN.sub(lambda run: STAR * len(run[0]), _replace_numbers(text, _mask_number))


def _mask_names(text: str, near: KnownNames, full_names: Iterable[str]) -> str:
    packed = _compact(text)
    found = near.within(packed)
    far = KnownNames(full_names).within(packed) if full_names else []
    if not found and not far:
        return text
    known = sorted({*found, *far}, key=len, reverse=True)
    by_name = {_compact(name): mask_name(name) for name in known}
    text = _cover(text, by_name)
    bare = {name for name in (*known, *_forenames(found)) if len(name) >= FORENAME_CHARS}
    text = _cover(text, {_compact(name): STAR * len(_compact(name)) for name in bare})
    return _TITLE_AFTER.sub("", text)


def _cover(text: str, covers: Mapping[str, str]) -> str:
    """The words, the longest first, under their covers; blanks may stand between characters."""
    words = sorted(covers, key=len, reverse=True)
    if not is_compact(text):
        return _cover_apart(text, words, covers)
    for word in words:
        text = text.replace(word, covers[word])
    return text


def _cover_apart(text: str, words: Sequence[str], covers: Mapping[str, str]) -> str:
    """From left to right, the longest word of a place; blanks may stand inside of it."""
    packed = _compact(text)
    found = [(at, rank) for rank, word in enumerate(words) for at in _occurrences(packed, word)]
    if not found:
        return text
    where = [at for at, character in enumerate(text) if not character.isspace()]
    parts, reached, copied = [], 0, 0
    for start, rank in sorted(found):
        if start >= reached:
            reached = start + len(words[rank])
            parts += [text[copied : where[start]], covers[words[rank]]]
            copied = where[reached - 1] + 1
    return "".join((*parts, text[copied:]))


def _occurrences(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _forenames(names: Iterable[str]) -> list[str]:
    bare = (name.removeprefix(surname_of(name)) for name in names)
    return [name for name in bare if name not in ORDINARY_WORDS]


def _mask_addresses(text: str, surnames: Collection[str]) -> str:
    """王大爷 → 王*: the surname stays, as in every masked name; sex, age and calling go."""
    for start, end, surname in reversed(address_forms(text, surnames)):
        text = f"{text[:start]}{surname}{STAR}{text[end:]}"
    return text


def _compact(name: str) -> str:
    return "".join(name.split())


def is_compact(text: str) -> bool:
    """Whether no white space is in it."""
    return not text or text.split() == [text]
