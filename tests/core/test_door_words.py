"""Doors in free text: hidden to the building; what only looks like one stays."""

import pytest

from portal.core.door_words import mask_doors


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("12号楼3单元502室漏水", "12号楼*漏水"),
        ("3栋2单元1801", "3栋*"),
        ("她住五零二室", "她住*"),
        ("12-3-502 的门铃", "* 的门铃"),
        ("3-502没人", "*没人"),
        ("5号楼1203家", "5号楼*家"),
        ("二单元三零一户", "*"),
    ],
)
def test_a_door_is_hidden(said, left):
    assert mask_doors(said) == left


@pytest.mark.parametrize(
    "said",
    ["2026-11-18 起", "10-20 户", "500元", "2026年", "共 120 户", "12号楼2026年", "3号楼 漏水", ""],
)
def test_a_date_or_an_amount_stays(said):
    assert mask_doors(said) == said
