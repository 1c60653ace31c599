"""A gateway and a mail server on this machine, at any hour, and somebody who is told."""

import uuid

import pytest
from django.utils import timezone

from portal.notices import registry, services
from portal.notices.kinds import Channel
from tests.notices.receivers import mail_receiver, sms_receiver

KIND = "test_kind"
PHONE = "13800139876"
TEXT = "您反映的楼道照明已修好，联系人王工。"


@pytest.fixture
def all_day(settings):
    """No night: a test runs at any hour."""
    settings.SMS_FROM_HOUR, settings.SMS_UNTIL_HOUR = 0, 24


@pytest.fixture
def receiver(settings, all_day):
    with sms_receiver() as running:
        settings.SMS_URL = running.url
        settings.SMS_BODY = '{"mobile": "{phone}", "content": "{text}", "id": "{uid}"}'
        settings.SMS_HEADERS = '{"Authorization": "Bearer key-of-the-office"}'
        settings.SMS_ACCEPTED = "code=0"
        settings.SMS_REFERENCE = "data.id"
        yield running


@pytest.fixture
def mailbox(settings):
    with mail_receiver() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.DEFAULT_FROM_EMAIL = "连心 <portal@office.example>"
        yield running


@pytest.fixture
def told():
    """The ends of messages as whoever asked for them is told."""
    found = []

    def tell(*, outcome) -> None:
        found.append(outcome)

    registry.register(KIND, tell)
    yield found
    registry.unregister(KIND)


@pytest.fixture
def send(told):
    """``send(…)``: a text message asked for now."""

    def ask(**changes):
        asked = {
            "channel": Channel.SMS,
            "address": PHONE,
            "text": TEXT,
            "about": (KIND, 7),
            "uid": uuid.uuid4(),
            "now": timezone.now(),
        }
        return services.send_later(**{**asked, **changes})

    return ask
