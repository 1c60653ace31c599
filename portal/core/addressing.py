"""How a person is spoken of in a Chinese text: 王大爷, 老李, 陈奶奶家; and what only looks like it.

Read by masking (what to hide) and by the search (what to refuse). Written for precision: the
surname of a masked person stays readable anyway, an ordinary word that is starred does harm.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMPOUND_SURNAMES: Final = _words(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 "
    "濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 "
    "公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 "
    "微生 梁丘 左丘 东门 西门 第五 完颜 爱新"
)
#: The surnames of nearly everybody: where a full name may begin.
SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏"
    "薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武"
    "乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂"
    "谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵"
    "解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜"
    "晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌"
    "银扬明沙薄伏岑习胥保和蔺水云昌凤酆俞皮湛禹狄贝麻贲郝缪干宣邴松富乌巴弓牧隗山宓蓬郗班秋伊暴厉戎祖束"
    "幸韶黎蓟印宿怀蒲鄂索赖肖付代闫仝佘邝丰佘芮储汲诸钮嵇滑荀羊惠闻莘翟贡劳逄雍濮寿扈郏浦尚农温慎戈廖"
)
#: As surnames rare, as words in every sentence: no form of address begins with them.
FUNCTION_WORDS: Final = frozenset(
    "和向从同时由又有应以与为当那这能所归经随都来全明成保计解原连强官"
)

#: What stands behind a surname or a name, as alternatives of a pattern.
TITLES: Final = (
    "老太太|老爷子|老大爷|老大妈|老大娘|老大姐|老先生|老师傅|老奶奶|老爷爷|老太|老汉|老头"
    "|大爷|大妈|大娘|大叔|大婶|大嫂|大姐|大哥|大伯|大姨|阿姨|阿婆|奶奶|爷爷|姥姥|姥爷|外婆"
    "|叔叔|婶婶|婶子|嫂子|伯伯|伯母|婆婆|妈妈|爸爸|姐姐|哥哥|先生(?![活病产火意气育])|女士|小姐"
    "|太太|夫人|老师(?!资)|师傅|同志(?![愿向])|姐(?![姐妹弟夫])|哥(?!哥)|叔(?![叔父侄])|婶(?![婶子])"
    "|嫂(?!子)|姨(?![妈夫父])|伯(?![伯父母乐])|爷(?![爷们])"
)
#: 孙 after 子 is 子孙: characters after which this one is no surname.
_NOT_AFTER: Final = {
    surname: frozenset(before)
    for surname, before in {
        "于": "由对关等至鉴终基属处位出大小高低多少在敢善忠限源勇急便利用归忙乐",
        "高": "提升最很较太更不身越略偏增年体个压温糖脂登跳拔崇",
        "方": "对双地大官甲乙我各校警院资一四八北南东西远前后处配药多",
        "白": "明空雪花清表坦告漂洁蛋不说",
        "安": "平保治公西长延不早晚问请心相",
        "张": "一二两三四五六七八九十几这那每半紧主扩夸慌纸铺开伸",
        "周": "一二两三四五六七八九十几上下每本这那半当隔首末圆众",
        "段": "一两三几这那每半阶时手片地路分",
        "金": "资现租奖基押老休年黄五罚本佣酬保税美定订白合助恤",
        "钱": "少多的花交给付收要块元省没有零价工房补退借还赚挣本掏出存取凑",
        "任": "主责担信委现前离上就专继胜聘",
        "程": "工过课流全日行进里疗旅",
        "施": "措设实",
        "余": "其剩业多百十年元千万空",
        "文": "语作中英外公条论散课",
        "常": "经平正非日异通照家反",
        "易": "容交贸不轻简",
        "温": "体保气水室高低升降测恒",
        "季": "四一冬春夏秋雨换",
        "顾": "照不回兼光",
        "管": "物城协保尽不血水主监交电气没接看托只掌弯",
        "房": "住厨楼平库病药机看买租卖公廉危新旧二",
        "车": "修停开骑汽推上下堵坐叫打电公用火轿货三",
        "门": "部开上进出敲串对家关大防阀热",
        "单": "工订账简孤名床菜清不保",
        "谢": "谢感多致道答",
        "孙": "子外祖儿长重小",
        "师": "老律医厨技工教大",
        "傅": "师",
        "史": "历病",
        "马": "立上罗人斑赛",
        "江": "长松龙珠",
        "林": "园森树山绿",
        "路": "一公马走道修问引带铁顺",
        "万": "一二两三四五六七八九十百千几",
        "毛": "羽五几角皱",
        "康": "健小安",
        "童": "儿学孩",
        "查": "检排抽调审巡复核筛",
        "叶": "树落枝绿菜百",
        "花": "开绣雪棉种浇养看鲜",
        "水": "热冷开喝漏污雨下停积自薪口",
        "关": "有相开机海无把",
        "章": "文盖印公",
        "武": "文练",
        "胡": "二",
        "石": "结",
        "田": "农种下",
        "牛": "黄喝",
        "古": "蒙考",
        "项": "事各一这多单两三",
        "费": "收电水气暖浪免交缴房药学话消经破",
        "包": "书背钱面红",
        "曲": "歌戏弯",
        "云": "多",
        "边": "旁一这那身周路手两外里上下",
        "位": "一各这那几两三单座岗车床",
        "华": "中新清",
        "党": "入老",
        "秋": "中立金",
        "卫": "保环门",
        "封": "信一密",
        "宗": "一",
        "景": "风情",
        "山": "爬上下",
        "沙": "流",
        "木": "树",
        "官": "器军",
        "宿": "住",
        "习": "学练复",
        "索": "摸",
    }.items()
}
#: After 老 or 小 these are mostly words of their own: what follows must be said of a person.
_WORDY: Final = frozenset(
    "高白黄方金石马江康米路车门包房花年文龙牛温古水常安万程毛段苗于区时干田史林汤叶卷计曲"
    "余钱卜单关查项山木云景秋党沙华封边位华明和来全成保解原连强官费牧松索习印宿班宗束官"
)
_NOT_BEFORE: Final = {
    surname: frozenset(after)
    for surname, after in {
        "孙": "子女孙儿媳",
        "胡": "同子萝",
        "陈": "醋皮旧列年",
        "杨": "树木柳",
        "李": "子",
        "程": "序度",
        "毛": "病驴孩巾衣",
        "于": "的等",
        "许": "多久",
        "何": "况",
        "严": "重",
        "郑": "州",
        "唐": "山",
        "苏": "联州",
        "梅": "花",
        "姜": "汤片",
        "黄": "牛历瓜鱼",
        "马": "路上桶",
        "房": "子",
        "江": "湖",
        "钱": "包",
        "田": "地",
        "夏": "天",
        "杜": "鹃",
        "叶": "子",
        "宋": "体",
        "罗": "锅",
        "宣": "传",
        "任": "务",
    }.items()
}
_OLD_NOT_AFTER: Final = frozenset("养敬年衰古苍助尊爱孤扶适抚赡偕终变到")
_SMALL_NOT_AFTER: Final = frozenset("从大幼弱细狭缩最较太中矮微老")
_SAID_OF_PERSONS: Final = frozenset(
    "家说讲和也又在来去是给同跟与问那想要有没不已把被叫住还觉认告反提答请让最近今昨前后到对这两俩身腿"
    "血心带接帮送陪找看等就都刚正才自己本的儿女夫妻媳妈爸、，。；：！？,.;:!? "
)

#: Words that are a person's name or forename now and then, and mostly just words.
ORDINARY_WORDS: Final = _words(
    "高兴 高龄 高温 高层 高压 高度 高低 高中 高峰 高楼 高处 方便 方法 方面 方向 方案 方式 方圆 白天 "
    "白菜 白色 白酒 金额 金属 石头 石油 马上 马路 马桶 江湖 康复 时间 时候 时常 时光 米饭 路上 路口 "
    "路灯 路面 车位 车库 车辆 车棚 门口 门诊 门锁 门禁 包括 包子 房间 房子 房屋 房东 花园 花费 干净 年轻 "
    "年龄 文化 文明 文件 文字 文艺 龙头 牛奶 温暖 温度 温水 温馨 水管 水电 常年 常见 常来 常住 常态 安全 "
    "安静 安装 安排 安心 安康 安好 安宁 安置 安稳 万一 万元 程序 毛病 陈旧 黄色 黄瓜 钱包 周末 周边 周围 周一 "
    "周二 周三 周四 周五 周六 周日 周年 周到 周转 林业 林木 管理 管道 管子 应该 于是 和平 和睦 和气 和谐 全家 "
    "全部 全面 全年 成功 成本 成年 成员 成立 连续 连续 单独 单位 单元 单据 童年 项目 费用 费心 计划 解决 解释 "
    "查看 查询 武术 章程 施工 任务 任何 任意 严重 严格 许多 许可 许久 何时 何况 谢谢 顾虑 余额 余下 段落 雷雨 "
    "雷电 汤圆 易燃 田地 华丽 关心 关爱 关系 关注 关好 关门 平安 平时 平静 平常 平和 平稳 健康 国庆 国家 "
    "建设 建立 新春 新年 春节 春天 长安 长久 长期 长大 长江 小雨 小满 小心 小康 大海 海洋 "
    "立春 立冬 立秋 秋天 美好 美丽 一诺 天天 宁静 卫生 团结 幸福 阳光 希望 开心 富强 公正 "
    "友善 友好 吉祥 如意 永远 永久 自立 爱国 社区 学习 学会 学工 进步 前进 胜利 保安 顺利 顺心 满意 "
    "清洁 清净 清静 热情 热心 欢喜 欢乐 快乐 乐意 果果 豆豆 柚子 天一 一一 向上 明白 "
    "明天 明年 明显 明确 明亮 时代 强化 强调 左右 左边 古城 花生 花卉 桂花 梅花 兰花 水泥 云南 山东 山西 "
    "江西 江苏 江南 河南 白云 金鱼 银行 党员 党校 党课 司机 司法 家家 家里 家用 利民 景山 玉兰 便民 为民 新民 惠民 "
    "爱民 安民 富民 亲民 居民 人民 农民 市民"
)

_TITLED: Final = re.compile(TITLES)
#: 老王, 小李.
OLD_AND_SMALL: Final = "老小"


def _spots() -> str:
    """Where a title stands, or 老 or 小: each title behind its first character, to pass quickly."""
    titles: dict[str, list[str]] = {}
    for title in TITLES.split("|"):
        titles.setdefault(title[0], []).append(title[1:])
    behind = (f"{first}(?={'|'.join(rest)})" for first, rest in titles.items())
    return "|".join((*OLD_AND_SMALL, *behind))


_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_CALLED: Final = re.compile(_spots())
#: The same with the two characters in front of it, or the one, and those behind.
_BESIDE: Final = re.compile(
    f"(?:{_spots()})(?:(?<=([{_HAN}]{{2}}).)|(?<=([{_HAN}]).))?(?=([{_HAN}]{{0,2}}))"
)
#: Where a full name begins that ``possible_names`` finds, or what it has inside.
_NAME_STARTS: Final = SURNAMES | {surname[0] for surname in COMPOUND_SURNAMES}
_NAME_DOTS: Final = "·•"

_BLANK_INSIDE: Final = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_STARTS: Final = re.compile(f"[{''.join(sorted(SURNAMES))}](?=[{_HAN}])")
_COMPOUND_STARTS: Final = re.compile(
    f"[{''.join(sorted({surname[0] for surname in COMPOUND_SURNAMES}))}]"
    f"(?=[{''.join(sorted({surname[1] for surname in COMPOUND_SURNAMES}))}][{_HAN}])"
)
_DOTTED: Final = re.compile(f"[{_HAN}]{{2,}}(?:[·•][{_HAN}]{{2,7}})+")
_RUNS: Final = re.compile(f"(?=([{''.join(sorted(_NAME_STARTS))}][{_HAN}]{{1,3}}))")
_NO_DOT: Final = frozenset(_NAME_DOTS).isdisjoint
_LONGEST_RUN: Final = 4
_ONE_HAN: Final = re.compile(f"[{_HAN}]")
#: Matches nowhere.
NOTHING: Final = re.compile("(?!)")
_SHORTEST: Final = 2
#: Characters of one part of a name with dots: 阿卜杜热合曼·…
_LONGEST_PART: Final = 7


def surname_of(name: str) -> str:
    """欧阳 of 欧阳娜娜, 张 of 张三."""
    if len(name) > len("欧阳") and name[:2] in COMPOUND_SURNAMES:
        return name[:2]
    return name[:1]


def surnames_of(names: Iterable[str]) -> frozenset[str]:
    """The Chinese surnames among ``names``."""
    stripped = set(map(str.strip, names))
    heads = {name[:2] for name in stripped}
    double = heads & COMPOUND_SURNAMES
    found = {head[:1] for head in heads - double}
    if double:
        found |= {surname_of(name) for name in stripped if name[:2] in double}
    return frozenset(filter(_is_chinese, found))


@lru_cache(maxsize=10_000)
def _is_chinese(surname: str) -> bool:
    return _ONE_HAN.match(surname) is not None


def address_forms(text: str, surnames: Collection[str]) -> list[tuple[int, int, str]]:
    """Where ``text`` speaks of somebody by one of ``surnames``: (start, end, surname), in order.

    王大爷, 赵姐, 陈奶奶 (家), 老王, 小李; not 保安大哥, 上周阿姨来过, 小孙子, 老胡同.
    """
    asked = frozenset(surnames) - FUNCTION_WORDS
    if not asked or not text:
        return []
    found, reached = [], 0
    for form in _forms(text, asked):
        if form.start < reached:
            continue
        reached = form.end
        wrong = _is_inside_a_word if form.titled else _is_no_nickname
        if not wrong(text, form):
            found.append((form.start, form.end, form.surname))
    return found


def surnames_called(text: str) -> set[str]:
    """By which surnames ``address_forms`` may find somebody in it: a few, many of them nobody's."""
    found: set[str] = set()
    for two, one, after in _BESIDE.findall(text):
        found.update((two, two[1:] or one, after, after[:1]))
    double = found & COMPOUND_SURNAMES
    return {each for each in found if len(each) == 1} - FUNCTION_WORDS | double


class _Form(NamedTuple):
    """王大爷 or 老王, as it stands in a text."""

    start: int
    end: int
    surname: str
    titled: bool


def _forms(text: str, surnames: frozenset[str]) -> list[_Form]:
    """One for each place where one begins, in order: 欧阳 before 阳, a title before 老 and 小."""
    first, last = {one[0] for one in surnames}, {one[-1] for one in surnames}
    found: dict[int, _Form] = {}
    for match in _CALLED.finditer(text):
        at = match.start()
        if text[at - 1 : at] in last and (title := _TITLED.match(text, at)):
            for surname in (text[max(at - 2, 0) : at], text[at - 1]):
                known = found.get(at - len(surname))
                if surname in surnames and (
                    known is None or not known.titled or len(known.surname) < len(surname)
                ):
                    form = _Form(at - len(surname), title.end(), surname, titled=True)
                    found[form.start] = form
        if text[at + 1 : at + 2] in first and match[0] in OLD_AND_SMALL and at not in found:
            after = [s for s in (text[at + 1 : at + 3], text[at + 1 : at + 2]) if s in surnames]
            if after:
                found[at] = _Form(at, at + 1 + len(after[0]), after[0], titled=False)
    return [found[start] for start in sorted(found)]


def _is_inside_a_word(text: str, form: _Form) -> bool:
    return _follows_wrongly(text, form.start, form.surname)


def _follows_wrongly(text: str, start: int, surname: str) -> bool:
    return start > 0 and text[start - 1] in _NOT_AFTER.get(surname, ())


def _is_no_nickname(text: str, form: _Form) -> bool:
    before = text[form.start - 1] if form.start else ""
    if before and before in (_OLD_NOT_AFTER if text[form.start] == "老" else _SMALL_NOT_AFTER):
        return True
    after = text[form.end : form.end + 1]
    if after and after in _NOT_BEFORE.get(form.surname, ()):
        return True
    return form.surname in _WORDY and bool(after) and after not in _SAID_OF_PERSONS


def possible_names(text: str) -> set[str]:
    """What in ``text`` may be somebody's full name, to be looked up; many are not."""
    packed = _BLANK_INSIDE.sub("", text)
    found: set[str] = set()
    if any(dot in packed for dot in _NAME_DOTS):
        for run in _DOTTED.findall(packed):
            found.update(_dotted_names(run))
    for match in _STARTS.finditer(packed):
        start = match.start()
        two, three = packed[start : start + 2], packed[start : start + 3]
        if two not in ORDINARY_WORDS and not _follows_wrongly(packed, start, two[0]):
            found.add(two)
        if len(three) > len(two) and _ONE_HAN.match(three[2]):
            found.add(three)
    found.update(_compound_names(packed))
    return {name for name in found if len(name) >= _SHORTEST}


def name_runs(text: str, packed: str) -> list[str]:
    """Where in ``text`` a full name may begin: up to four characters each; with dots all of it.

    ``packed`` is ``text`` without white space. Quicker than ``possible_names``, which finds no name
    elsewhere.
    """
    runs: list[str] = _RUNS.findall(packed)
    if any(map(packed.count, _NAME_DOTS)):
        runs += [name for run in _DOTTED.findall(packed) for name in _dotted_names(run)]
        runs += possible_names(text)
    return runs


def names_of(runs: Iterable[str]) -> set[str]:
    """The full names that begin where ``name_runs`` found one may; most are none."""
    found: set[str] = set()
    for run in runs:
        if len(run) > _LONGEST_RUN or not _NO_DOT(run):
            found.add(run)
            continue
        found.update((run[:2], run[:3]))
        if run[:2] in COMPOUND_SURNAMES:
            found.add(run)
    return found - ORDINARY_WORDS


def _compound_names(packed: str) -> Iterator[str]:
    for match in _COMPOUND_STARTS.finditer(packed):
        start = match.start()
        if packed[start : start + 2] in COMPOUND_SURNAMES:
            for length in (3, 4):
                if _ONE_HAN.fullmatch((name := packed[start : start + length])[-1]):
                    yield name


def _dotted_names(run: str) -> Iterable[str]:
    """邻居买买提·吐尔逊说: any stretch around the dots may be the name."""
    first, last = re.search("[·•]", run), run.rfind("·")
    end_of_first = first.start() if first else 0
    for start in range(max(0, end_of_first - _LONGEST_PART), end_of_first - 1):
        for end in range(max(last, end_of_first) + 3, len(run) + 1):
            yield run[start:end]
