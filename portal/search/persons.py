"""Telling a person from a topic: persons are found by POST, so that none stands in an address."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from portal.core.addressing import COMPOUND_SURNAMES, SURNAMES, address_forms
from portal.core.masking import PERSONAL_NUMBER

PERSON_DIGITS: Final = 7
_EVERY_SURNAME: Final = SURNAMES | COMPOUND_SURNAMES
#: The surnames of four people in five: enough to tell 王秀英阿姨 from 电工师傅.
_COMMON: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏"
    "薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武"
    "乔贺赖龚文"
)
_TITLES: Final = "先生|女士|小姐|大爷|大妈|大娘|大叔|阿姨|奶奶|爷爷|师傅|老师|同志"
#: 王秀英阿姨, 张*, 尾号1234: persons, not topics.
_PERSON: Final = re.compile(
    rf"(?:[{_COMMON}]|{'|'.join(sorted(COMPOUND_SURNAMES))})"
    rf"[\u4e00-\u9fff]{{0,2}}(?:{_TITLES})"
    r"|.*[*＊].*"
    r"|.*(?:尾号|手机号?|电话号?码?|身份证号?码?)\s*\d+.*"
)
#: The last four digits of a phone, alone or beside another word; beside one, 2026 is a year.
_TAIL: Final = re.compile(r"\d{4}|(?:.*\s)?(?!(?:19|20)\d\d(?:\s|$))\d{4}(?:\s.*)?")

_LONG_RUN: Final = re.compile(rf"\d{{{PERSON_DIGITS}}}")


def looks_like_a_person(query: str) -> bool:
    """Whether the words ask for somebody rather than something."""
    text = unicodedata.normalize("NFKC", query).strip()
    digits = sum(character.isdigit() for character in text)
    if digits >= PERSON_DIGITS or PERSONAL_NUMBER.search(text):
        return True
    if _PERSON.fullmatch(text) or _TAIL.fullmatch(text):
        return True
    # 王大爷, 老李, 陈奶奶家 漏水: whose it is makes it a person, whatever else is asked.
    return bool(address_forms(text, _EVERY_SURNAME))


def holds_a_number(query: str) -> bool:
    """Whether there is a phone or an identity number in the words; 3号楼 601 is a door."""
    text = unicodedata.normalize("NFKC", query)
    return bool(_LONG_RUN.search(text) or PERSONAL_NUMBER.search(text))
