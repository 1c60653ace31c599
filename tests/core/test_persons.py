"""Telling a person from a topic by the form of the words; nobody is looked up."""

import pytest

from portal.core.persons import full_names_in, looks_like_a_person, may_be_a_name, may_be_a_person

#: What people look for; none of it is a name, whoever is registered.
TOPICS = [
    "高空抛物",
    "安全",
    "水管",
    "何时",
    "漏水",
    "暖气",
    "暖气不热",
    "加装电梯",
    "电梯",
    "路灯",
    "路灯坏",
    "井盖",
    "白蚁",
    "党建",
    "宣传",
    "安保",
    "水费",
    "水费单",
    "费用",
    "门禁",
    "车位",
    "停车",
    "广场舞",
    "噪音",
    "物业",
    "物业费",
    "养老金",
    "高血压",
    "白内障",
    "房产证",
    "单元门",
    "安全员",
    "高楼层",
    "全家福",
    "石景山",
    "南门",
    "第五小区",
    "3号楼",
    "12号楼",
    "何时修",
    "应急",
    "计生",
    "保姆",
    "马桶",
    "水龙头",
    "毛玻璃",
    "梅雨天",
    "常青树",
]
NAMES = [
    "王秀英",
    "李国强",
    "欧阳娜娜",
    "司马懿",
    "买买提·吐尔逊",
    "张伟民",
    "赵铁柱",
    "陈玉兰",
    "周文彬",
    "马志强",
    "王建华",
    "刘德福",
    "王子涵",
    "李梓轩",
    "孙一诺",
    "高建军",
    "安志强",
    "白玉芳",
    "石磊明",
    "金凤英",
    "钱桂兰",
    "方丽华",
]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_nobody(topic):
    assert not full_names_in(topic)
    assert not may_be_a_name(topic)
    assert not looks_like_a_person(topic)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "said", ["{}", "{}家", "{}的电话", "{} 漏水", "漏水 {}", "{}，", "\u3000{}", "{}住哪里"]
)
def test_a_full_name_is_somebody_however_it_is_asked(name, said):
    assert name in full_names_in(said.format(name))


def test_a_blank_inside_hides_no_name():
    assert full_names_in("王 秀英") == ("王秀英",)


@pytest.mark.parametrize("name", ["王伟", "李娜", "成龙", "王钰堃", "欧阳钰堃"])
def test_what_may_be_a_name_is_said_to_be_no_more(name):
    assert full_names_in(name) == ()
    assert may_be_a_name(name)
    assert may_be_a_person(name)
