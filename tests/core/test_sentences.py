"""What stands between two sentences that somebody typed."""

import pytest

from portal.core.sentences import in_a_row


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ([], ""),
        (["灯不亮。"], "灯不亮。"),
        (["灯不亮。", "水管漏。"], "灯不亮；水管漏。"),
        (["灯不亮；", "水管漏"], "灯不亮；水管漏"),
        (["灯什么时候修？", "水管漏…", "门坏"], "灯什么时候修？；水管漏…；门坏"),
    ],
)
def test_only_the_last_keeps_its_closing_mark(parts, line):
    assert in_a_row(parts) == line
