"""The table of units: linked and plain numbers of a row stand on one line."""

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories.contacts import make_household, make_visit
from tests.fixtures.browser import DESK

pytestmark = pytest.mark.e2e

#: Per row, how far below its top the text of each cell ends.
BOTTOMS = """
    rows => rows.map(row => [...row.cells].map(cell => {
        const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
        const range = document.createRange();
        range.selectNodeContents(text);
        return range.getBoundingClientRect().bottom - row.getBoundingClientRect().top;
    }))
"""


def test_the_numbers_of_a_row_stand_on_one_line(street, new_page, act_as):
    for _ in range(2):
        home = make_household(street.world.building)
        make_visit(home, occurred_at=timezone.now() - dt.timedelta(minutes=5))
    page = new_page(**DESK)
    act_as(page, street.leader)

    page.goto("/contacts/figures/")
    rows = page.locator(".figures-table tbody tr").evaluate_all(BOTTOMS)

    assert page.locator(".figures-table tbody td a").count() > 0
    assert all(max(row) - min(row) < 0.5 for row in rows)
