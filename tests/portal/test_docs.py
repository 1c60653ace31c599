"""What the documents point at is there, and what is there is pointed at."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document):
    targets = [target for target in LINK.findall(document.read_text()) if "://" not in target]

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_pictures_that_are_there_are_shown():
    text = "".join(document.read_text() for document in DOCUMENTS)
    there = {path.name for path in (ROOT / "docs" / "pictures").glob("*.png")}

    assert set(re.findall(r"pictures/([\w-]+\.png)", text)) == there
