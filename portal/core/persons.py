"""Telling a person from a topic by its form: persons are found by POST, none stands in an address.

Nothing here asks who is registered: the answer is the same for a name that is and one that is not.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from portal.core.addressing import (
    COMPOUND_SURNAMES,
    FUNCTION_WORDS,
    ORDINARY_WORDS,
    SURNAMES,
    address_forms,
)
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

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_ALL_HAN: Final = re.compile(f"[{_HAN}]{{2,4}}")
#: Blanks and signs; not the dot inside a name.
_BETWEEN: Final = re.compile(r"[^\w·•]+")
_DOTTED: Final = re.compile(f"[{_HAN}]{{2,7}}(?:[·•][{_HAN}]{{2,7}})+")
#: 王秀英家, 王秀英的电话: the words after a name that ask for the same person.
_OF_A_PERSON: Final = re.compile("(?:的?(?:家里|家|电话|地址|门牌|住址)|住哪里?|是谁)$")
#: Most characters of forenames: 秀 and 英 make 王秀英 a name, 血 and 压 make 高血压 none.
_FORENAMES: Final = frozenset(
    "英华玉秀明兰金国春红丽文海平志建军芳永梅荣桂林云艳德伟生丹杰燕新晓霞龙凤成立辉光东强涛波勇祥福忠"
    "庆清义安民洪学世淑珍敏静慧雪娟琴莲翠香菊素凡爱美娜婷玲萍莉佳嘉欣怡琳宇浩博轩子梓涵俊豪睿泽晨阳天"
    "思雨诗雅若瑶瑾可依诺语馨妍萱悦媛倩颖蕾薇莹洁冰晶晴璐璇瑞祺琪琦鑫磊鹏飞翔宏刚健凯超斌彬峰锋帅亮旭"
    "昊昕晖晔昌昭景智朝松柏根柱栋梁森楠桐桦梦楚欢歌正武毅江河汉沛泓津润淼源滨潇澜灵炎炜炳煜熙玮玥珂珊"
    "珠琛琼瑛瑜瑗璟甜男盈硕礼祖禄秋秉筠维绍羽翰翼耀聪胜舒航良艺艾芝芬芸苗茂茜茹荔莎菁菲萌蓉蓓蔚蕊虎虹"
    "衡裕诚贝贞贤贵达远进逸钊钢钧铁铭锐锦隆雁雄雯霄霖青韬顺骏魁鸿鹤麒黎兴兵冬利力勤卓友启君吉咏喜善哲"
    "圆坤培基堂士奇奎如妮姣娇娥婉嫣孝守宗宝家富寿尚尧岚岩岭岳崇川巍广庭延廷弘彤彦彩影心恒恩惠慈懿才承"
    "振捷政敬斐旺昱星朋来柔毓淇淳湘滢澄瀚灿烨珮理琬瑄祎禹竞筱紫绣芷芊苑茵赫越跃辰迪邦钰霆韵骥黛连长仁"
    "信元佑先全克公兆凝卫厚吟品嘏圣垚垒奕妙娴存宁定实小少山岗峻巧帆希年康彪征徽忻念怀悠慕攀旗昆晋普曼"
    "月望朵杨枝柳树殿沁沐泉洋浦渊湧满漫焕照熹爽玫珏班琰田畅百盛真石碧穆章笑箐纪纯纲绪绮继缘群耕聿芙花"
    "苏苹荷菡萧蓝蓬薪藩衍谦贻轶载辛迅迎遥邑郁鄂钟铃银镇镜闻阁陆雷霏音顶颂颐风骁高魏鲁鸣麟齐亚佩书一然"
    "乐儒宾占俭曦溪墨环丰熠晗珩洲屹茉桃杏枣梨蝶霜露仙翎舟庄敦业万大和"
)


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words made like a name that people look for as a matter, and what begins with them; others are
#: known from the texts.
_TOPICS: Final = _split(
    "石景山 白玉兰 白杨树 杨柳树 常青树 万年青 金银花 水仙花 牵牛花 桂花树 梅花树 柳树林 杨树林 花果山 雷雨天 梅雨天 "
    "贺新春 贺元旦 贺中秋 万家福 康乐园 练钢琴 石子路 白花花 党旗红 文明岗 平安年 团圆年 "
    "高血压 高血糖 高血脂 高低床 白内障 关节炎 花粉症 房产 房租 房贷 房顶 房梁 井盖 井口 白蚁 党建 党群 党务 宣传 "
    "安保 安检 水费 水表 水压 水箱 水泵 水井 水池 水质 水龙头 毛玻璃 保姆 保洁 保险 保障 计生 计量 金融 管线 管网 管家 "
    "石板 石材 石棉瓦 花坛 花草 花盆 钱款 车祸 车速 车牌 车道 门卫 沙坑 沙堆 广告 云梯 时长 易拉罐 单车 单间 商铺 商户 商场 "
    "盖板 盖章 解封 强电 弱电 柴火 景观 花架 宠物 应急 应聘 包裹 包车 农药 毕业 雷击 温差 全款 原件 成绩 和解 同意 明火 明线 明沟"
)
#: Compound surnames that are mostly something else.
_PLACES: Final = _split("东方 南宫 南门 东门 西门 东郭 第五 百里 谷梁 太史 上官")


def looks_like_a_person(query: str) -> bool:
    """Whether the words surely ask for somebody: by a number, its end, or a form of address."""
    text = _normal(query)
    digits = sum(character.isdigit() for character in text)
    return (
        digits >= PERSON_DIGITS
        or PERSONAL_NUMBER.search(text) is not None
        or _TAIL.fullmatch(text) is not None
        or is_addressed(text)
    )


def is_addressed(query: str) -> bool:
    """王大爷, 老李, 陈奶奶家 漏水: whose it is makes it a person, whatever else is asked."""
    text = _normal(query)
    return _PERSON.fullmatch(text) is not None or bool(address_forms(text, _EVERY_SURNAME))


def holds_a_number(query: str) -> bool:
    """Whether there is a phone or an identity number in the words; 3号楼 601 is a door."""
    text = _normal(query)
    return bool(_LONG_RUN.search(text) or PERSONAL_NUMBER.search(text))


def full_names_in(query: str) -> tuple[str, ...]:
    """The words made like a full name of three characters and more: 王秀英, 王 秀英, 欧阳娜娜."""
    words = _words_of(query)
    asked = dict.fromkeys(_OF_A_PERSON.sub("", word) for word in ("".join(words), *words))
    return tuple(word for word in asked if _is_full_name(word))


def may_be_a_name(query: str) -> bool:
    """Whether the words together may be a full name or a rarer word: 王伟, 高血压, 井盖.

    For who knows whether it is a word: one that stands in no text is taken for a name.
    """
    word = _OF_A_PERSON.sub("", "".join(_words_of(query)))
    if not _ALL_HAN.fullmatch(word) or _is_word(word):
        return False
    if word[:2] in COMPOUND_SURNAMES - _PLACES:
        return len(word) > len("欧阳")
    return word[0] in SURNAMES and len(word) <= len("王秀英")


def may_be_a_person(query: str) -> bool:
    """Whether anything of the above may be: for who cannot look, and had better be careful."""
    return looks_like_a_person(query) or bool(full_names_in(query)) or may_be_a_name(query)


def _is_full_name(word: str) -> bool:
    if _DOTTED.fullmatch(word):
        return True
    if not _ALL_HAN.fullmatch(word) or _is_word(word):
        return False
    if word[:2] in COMPOUND_SURNAMES - _PLACES:
        surname = 2
    elif word[0] in SURNAMES - FUNCTION_WORDS and len(word) == len("王秀英"):
        surname = 1
    else:
        return False
    return len(word) > len("王伟") and _FORENAMES.issuperset(word[surname:])


def _is_word(word: str) -> bool:
    """Known as one, or led by one: 安全员, 水费单."""
    return not {word, word[:2]}.isdisjoint(_TOPICS | ORDINARY_WORDS)


def _words_of(query: str) -> list[str]:
    return [word for word in _BETWEEN.split(_normal(query)) if word]


def _normal(query: str) -> str:
    return unicodedata.normalize("NFKC", query).strip()
