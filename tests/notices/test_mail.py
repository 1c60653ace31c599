"""E-mail leaves by a real server; a repeat is known by its Message-ID."""

import email
import email.policy
import logging
import uuid

import pytest
from django.core.checks import run_checks

from portal.notices import mail
from portal.notices.kinds import Delivery, Failure
from tests.notices.conftest import TEXT
from tests.servers import free_port

UID = uuid.UUID(int=9)
ADDRESS = "wangxiuying@home.example"


def send() -> Delivery:
    return mail.send(uid=UID, address=ADDRESS, subject="关于您\r\nBcc: x@y.example", text=TEXT)


def test_it_arrives_and_a_repeat_has_the_same_id(mailbox):
    assert [send().accepted, send().accepted] == [True, True]

    first, second = (
        email.message_from_bytes(raw, policy=email.policy.default) for raw in mailbox.got
    )
    assert first["Message-ID"] == second["Message-ID"] == mail.message_id(UID)
    assert first["Message-ID"].endswith("@office.example>")
    assert first["To"] == ADDRESS
    assert first["From"] == "连心 <portal@office.example>"
    assert first["Bcc"] is None
    assert first.get_content().strip() == TEXT


def test_what_the_server_says_is_understood(mailbox, settings, caplog):
    caplog.set_level(logging.DEBUG)
    mailbox.to_address = "550 no such person"
    assert send() == Delivery(accepted=False, reason=Failure.REFUSED)
    mailbox.to_address, mailbox.to_message = "250 ok", "451 later"
    assert send() == Delivery(accepted=False, reason=Failure.REFUSED)
    mailbox.to_message = None
    assert send() == Delivery(accepted=False, reason=Failure.UNCLEAR)
    settings.EMAIL_PORT = free_port()
    assert send() == Delivery(accepted=False, reason=Failure.UNREACHABLE)
    assert ADDRESS not in caplog.text


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"DEFAULT_FROM_EMAIL": ""}, "notices.E002"),
        ({"EMAIL_USE_TLS": True, "EMAIL_USE_SSL": True}, "notices.E002"),
        ({"SMS_FROM_HOUR": 21, "SMS_UNTIL_HOUR": 8}, "notices.E003"),
        ({}, "notices.W001"),
    ],
)
def test_a_server_half_described_is_said(mailbox, settings, changed, code):
    for name, value in changed.items():
        setattr(settings, name, value)

    assert code in [found.id for found in run_checks(include_deployment_checks=True)]
    assert mail.is_on() is (code != "notices.E002")


def test_no_server_is_no_mistake(settings):
    settings.EMAIL_HOST = settings.DEFAULT_FROM_EMAIL = ""

    assert mail.problems() == []
    assert not mail.is_on()
