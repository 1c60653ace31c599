"""Invented people's names, as they were given in each generation."""

from random import Random
from typing import Final

from portal.desk.demo.chance import chance

SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾"
    "侯邵孟龙万段雷钱汤尚黎易常武乔贺赖龚文庞樊兰施陶洪翟安颜倪严牛温芦季俞章鲁葛韦申"
)
COMPOUND: Final = ("欧阳", "司徒", "上官", "诸葛", "慕容", "端木")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_F_ELDER: Final = _words(
    "桂兰 秀英 玉珍 淑琴 凤英 桂芳 秀兰 淑珍 玉兰 秀珍 桂荣 玉华 淑华 凤兰 瑞芝 桂英 淑贤 惠珍 "
    "玉芬 秀芬 桂珍 淑敏 慧兰 素珍 素琴 静芳 月华 月娥 翠兰 翠英 金凤 银环 彩云 玉琴 素芬 文秀 "
    "佩兰 佩芬 婉如 淑云 秀荣 玉莲 桂香 秀云 凤琴 淑芳 惠兰 雅琴 宝珍 瑞兰 秀敏 兰芝 淑媛 玉梅"
)
_M_ELDER: Final = _words(
    "德福 德山 长林 长顺 玉林 玉山 文华 文海 志明 志远 振华 振江 国栋 国良 世昌 世荣 永福 永年 "
    "宝林 宝山 庆祥 庆云 连生 连喜 福来 福全 守信 守田 万山 万林 树林 树森 光明 光远 景山 景春 "
    "明德 明礼 兆祥 兆丰 鸿儒 鸿宾 学文 学孟 凤山 忠义 忠良 殿元 恩荣 瑞祥 占元 廷玉 克俭 克勤"
)
_F_MIDDLE: Final = _words(
    "建华 秀丽 丽华 丽萍 桂芝 红梅 红霞 春梅 春燕 玉凤 玉霞 淑红 淑萍 晓红 晓梅 秋菊 冬梅 爱华 "
    "爱玲 慧敏 慧芳 艳红 艳玲 素梅 凤霞 金玲 亚琴 亚南 桂华 国英 国芳 书琴 书敏 文英 文娟 俊英 "
    "俊芳 惠敏 惠萍 卫红 立新 立华 志华 志红 秀琴 月梅 小红 小燕 玉红 彩霞 海燕 向红 和平 丽君"
)
_M_MIDDLE: Final = _words(
    "建国 建民 建设 国庆 国强 国平 志刚 志国 志勇 卫东 卫国 永刚 永利 春生 春林 宝华 宝利 文启 "
    "文斌 学勤 玉坤 跃进 立军 立民 金海 金生 连海 连起 福生 福林 振东 振国 树华 树民 玉柱 玉成 "
    "海泉 海生 长海 长江 新民 新华 庆海 庆生 学军 学工 景和 景泉 广田 广义 铁柱 铁军 来福 建业"
)
_F_YOUNG: Final = _words(
    "静怡 晓雯 雅楠 丽娜 思琪 梦洁 佳宁 欣悦 雨晴 婷婷 莹莹 丹丹 娜娜 倩文 倩茹 蓓蕾 晶晶 楠楠 "
    "文静 文婷 晓彤 晓蕾 嘉慧 嘉琪 若男 若琳 诗雨 诗涵 慧欣 慧琳 雪莹 雪梅 春晓 宁宁 媛媛 美玲 "
    "美娟 艳丽 海霞 亚茹 亚楠 玲玲 颖颖 瑶瑶 佩佩 秋月 冰洁 可心 一鸣 小雨 小曼 思远 子君 天舒"
)
_M_YOUNG: Final = _words(
    "晓东 晓峰 志鹏 志超 海涛 海洋 建伟 建鹏 宇航 宇轩 浩然 浩宇 家豪 家明 文博 文涛 俊杰 俊峰 "
    "鹏飞 鹏程 立伟 立涛 振宇 振兴 天宇 天佑 子健 子阳 明阳 明辉 云飞 云鹏 国栋 永强 金龙 金鑫 "
    "大伟 大鹏 少华 少峰 春雷 春阳 晨光 晨曦 思源 思远 博文 博涛 一凡 亚军 亚东 旭东 旭阳 兆龙"
)
_CHILD: Final = _words(
    "子涵 梓轩 雨桐 一诺 浩然 可欣 语桐 思齐 沐阳 佳怡 宇辰 若溪 铭泽 欣怡 子墨 依诺 天一 安琪 "
    "梓萌 明轩 乐乐 芷若 睿涵 书瑶 子睿 语嫣 思辰 奕辰 诗淇 小满 米朵 果果 柚子 豆豆 知行 念安"
)

_ELDER_BORN: Final = 1952
_MIDDLE_BORN: Final = 1975
_YOUNG_BORN: Final = 2007


def surname(rng: Random) -> str:
    """A common surname mostly; one in sixty has two characters."""
    if chance(rng, 1 / 60):
        return rng.choice(COMPOUND)
    # The head of the list are the most frequent ones.
    return SURNAMES[int(rng.random() ** 1.6 * len(SURNAMES))]


def given_name(rng: Random, *, woman: bool, born: int) -> str:
    if born > _YOUNG_BORN:
        return rng.choice(_CHILD)
    if born <= _ELDER_BORN:
        pool = _F_ELDER if woman else _M_ELDER
    elif born <= _MIDDLE_BORN:
        pool = _F_MIDDLE if woman else _M_MIDDLE
    else:
        pool = _F_YOUNG if woman else _M_YOUNG
    name = rng.choice(pool)
    # Many of the young carry a single character.
    return name[1] if born > _MIDDLE_BORN and name[0] != name[1] and chance(rng, 0.22) else name


def phone(rng: Random) -> str:
    """Eleven digits that pass for a mobile number; no operator was ever given the range 154."""
    return f"154{rng.randrange(10**8):08d}"
