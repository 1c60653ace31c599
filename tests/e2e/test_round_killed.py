"""The web process is killed in the middle of a sending: nothing is lost, nothing doubled."""

import contextlib
import http.client
import os
import signal

import pytest
from django.db import connections, transaction
from playwright.sync_api import expect

from contacts.models import Household, Visit
from portal.desk.run import web_command
from tests.e2e.test_round import address, doors_of, tap_all, visits_by_door, waiting
from tests.factories.contacts import make_building, make_household
from tests.fixtures.browser import PHONE
from tests.fixtures.processes import child, no_other_session
from tests.servers import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.integration]

DOORS = 12


@pytest.fixture
def building(street):
    place = make_building(street.world.north, name="北里小区 10号楼")
    for number in range(DOORS):
        make_household(place, worker=street.worker.user, room=f"{number + 1}01")
    return place


@contextlib.contextmanager
def web(port, log, wait_until):
    """The very command that the launcher starts, on this test's database."""

    def answers() -> bool:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            asked.request("GET", "/healthz")
            return asked.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()

    with child(web_command("127.0.0.1", port), log) as process:
        wait_until(answers, patience=30, what="the web process did not start")
        yield process


def test_a_web_process_killed_while_it_receives(
    street, building, new_page, enter, tmp_path, wait_until
):
    port, log = free_port(), tmp_path / "web.log"
    page = new_page(**PHONE, base_url=f"http://127.0.0.1:{port}", service_workers="block")
    households = doors_of(building)
    with web(port, log, wait_until) as process:
        enter(page, "worker")
        page.goto(address(building))
        page.wait_for_selector("[data-ready]")
        page.context.set_offline(True)
        tap_all(page, households)
        expect(waiting(page)).to_contain_text(f"待发送 {DOORS}")

        with transaction.atomic():
            # The eighth door is held, so that the sending stands still in its middle.
            list(Household.objects.filter(pk=households[7].pk).select_for_update())
            page.context.set_offline(False)
            wait_until(
                lambda: sum(visits_by_door(building)) == 7, patience=60, what=log.read_text()
            )
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        page.wait_for_function(
            "() => document.querySelector('[data-why]').textContent.includes('网络不通')"
        )
        expect(waiting(page)).to_contain_text(f"待发送 {DOORS}")
    wait_until(no_other_session, what="the killed process still holds a connection")
    assert sum(visits_by_door(building)) == 7

    with web(port, log, wait_until):
        page.get_by_role("button", name="现在发送").click()
        expect(waiting(page)).to_be_hidden()
        assert visits_by_door(building) == [1] * DOORS
    assert Visit.objects.filter(household__building=building).count() == DOORS
    connections.close_all()
