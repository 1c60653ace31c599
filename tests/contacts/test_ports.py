"""The holes that upper apps fill."""

import pytest

from contacts import checks, ports


def test_every_port_has_an_answer_from_the_start():
    assert checks.check_ports() == []
    assert all(port.is_bound for port in ports.ALL)


def test_an_empty_port_stops_the_start(monkeypatch):
    empty = ports.Port("contacts.nobody")
    monkeypatch.setattr(ports, "ALL", (*ports.ALL, empty))

    assert [error.id for error in checks.check_ports()] == ["contacts.E001"]
    with pytest.raises(ports.UnboundPortError):
        _ = empty.implementation


def test_a_real_binding_replaces_the_stand_in_once():
    port = ports.Port("contacts.test")

    def stand_in() -> None: ...
    def real() -> None: ...
    def rival() -> None: ...

    port.bind_default(stand_in)
    assert port.is_default
    assert port.implementation is stand_in
    port.bind(real)
    port.bind(real)
    assert not port.is_default
    assert port.implementation is real
    with pytest.raises(ports.PortTakenError):
        port.bind(rival)
    port.bind_default(stand_in)
    assert port.implementation is real


def test_while_nobody_is_there_the_answers_are_empty_and_true():
    assert ports.wait_for_grievances(matter=None, actor=None, now=None) == ""
    assert ports.no_links_yet(numbers=["1"], post=None) == {}
    assert ports.nothing_at_points_yet(unit=None, post=None, now=None) == ()
    assert ports.counted_for_nothing_yet(visit=None, post=None) == ()
    assert ports.no_sections_yet(household_id=1, post=None, now=None) == ()
