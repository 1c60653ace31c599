"""A gateway is described by settings: what it is sent, what counts as taken, what is never done."""

import datetime as dt
import json
import logging
import ssl
import time
import uuid
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.checks import run_checks
from django.utils import timezone

from portal.core import outward
from portal.notices import sms
from portal.notices.kinds import Delivery, Failure
from tests.notices.conftest import PHONE, TEXT
from tests.notices.receivers import sms_receiver
from tests.servers import free_port

UID = uuid.UUID(int=7)


def send(text: str = TEXT) -> Delivery:
    return sms.gateway().send(phone=PHONE, text=text, uid=UID)


def failed(why: Failure) -> Delivery:
    return Delivery(accepted=False, reason=why)


def test_json_arrives_with_its_key_and_the_number_comes_back(receiver):
    assert send() == Delivery(accepted=True, reference="SM-1")

    (got,) = receiver.got
    assert json.loads(got.body) == {"mobile": PHONE, "content": TEXT, "id": str(UID)}
    assert got.headers["Authorization"] == "Bearer key-of-the-office"
    assert got.headers["Content-Type"].startswith("application/json")
    assert got.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert got.path == "/send"


@pytest.mark.parametrize("text", ['","mobile":"1', "{phone}{uid}", "a&mobile=1&b=%20+", '\\"\n{'])
@pytest.mark.parametrize("template", ["json", "form"])
def test_words_cannot_leave_their_field(receiver, settings, text, template):
    if template == "form":
        settings.SMS_BODY = "mobile={phone}&content={text}&sign="

    send(text)

    body = receiver.got[0].body
    if template == "form":
        assert parse_qs(body, keep_blank_values=True) == {
            "mobile": [PHONE], "content": [text], "sign": [""],
        }  # fmt: skip
    else:
        assert json.loads(body)["content"] == text
        assert json.loads(body)["mobile"] == PHONE


@pytest.mark.parametrize(
    ("rule", "status", "answer", "expected"),
    [
        ("code=0", 200, '{"code": "0"}', ""),
        ("code=0", 200, '{"code": 4001}', Failure.REFUSED),
        ("result.0.ok=true", 200, '{"result": [{"ok": true}]}', ""),
        ("code=0", 200, '{"other": 0}', Failure.UNCLEAR),
        ("code=0", 200, "<html>", Failure.UNCLEAR),
        ("code=0", 200, "[" * 60_000, Failure.UNCLEAR),
        ("", 202, "", ""),
        ("0,", 200, "0,20261201", ""),
        ("0,", 200, "-3,no money", Failure.REFUSED),
        ("", 401, "", Failure.REFUSED),
        ("code=0", 503, '{"code": 0}', Failure.REFUSED),
        ("", 502, "", Failure.UNCLEAR),
        ("", 504, "", Failure.UNCLEAR),
    ],
)
def test_which_answers_count_as_taken(receiver, settings, rule, status, answer, expected):
    settings.SMS_ACCEPTED, receiver.status, receiver.answer = rule, status, answer

    done = send()

    assert (done.accepted, done.reason) == (not expected, expected)


@pytest.mark.parametrize("reference", [f"to-{PHONE}", "two words", "x" * 101, "<b>"])
def test_a_reference_that_is_none_is_not_kept(receiver, reference):
    receiver.answer = json.dumps({"code": 0, "data": {"id": reference}})

    assert send() == Delivery(accepted=True)


def test_nobody_else_is_told_by_a_redirect(receiver):
    with sms_receiver() as other:
        receiver.status, receiver.headers = 307, {"Location": other.url}

        assert send() == failed(Failure.REFUSED)
        assert not other.got


def test_nobody_there(settings, receiver):
    settings.SMS_URL = f"http://127.0.0.1:{free_port()}/"

    assert send() == failed(Failure.UNREACHABLE)


def test_an_answer_that_drips_is_cut_off(receiver, settings):
    settings.SMS_TIMEOUT = 0.3

    def drip(out) -> None:
        for _ in range(2_000):
            out.write(b"H")
            out.flush()
            time.sleep(0.01)  # slower than the whole time, quicker than a silence would be noticed

    receiver.instead = drip

    assert send() == failed(Failure.UNCLEAR)


def test_who_hangs_up_may_have_taken_it(receiver):
    receiver.instead = lambda _out: None

    assert send() == failed(Failure.UNCLEAR)


def test_of_an_endless_answer_little_is_read(receiver):
    receiver.answer = "x" * (4 << 20)

    answer = outward.call(receiver.url, method="POST", headers={}, body=b"", seconds=5)

    assert len(answer.text) == outward.MOST_BYTES


@pytest.fixture
def self_signed(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_nobody_trusts_is_told_nothing(
    receiver, settings, monkeypatch, self_signed, trusted
):
    if trusted:  # the way an office trusts its own authority (docs/operations.md)
        monkeypatch.setenv("SSL_CERT_FILE", str(self_signed))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed)

    def wrap(listening):
        return context.wrap_socket(listening, server_side=True)

    with sms_receiver(wrap) as secure:
        settings.SMS_URL = f"https://localhost:{secure.port}/send"

        done = send()

        assert done == (
            Delivery(accepted=True, reference="SM-1") if trusted else failed(Failure.UNREACHABLE)
        )
        assert len(secure.got) == trusted


def test_neither_number_nor_words_are_logged(receiver, caplog, settings):
    caplog.set_level(logging.DEBUG)
    for receiver.status in (200, 302, 400, 500):
        send()
    receiver.instead = lambda _out: None
    send()

    assert PHONE not in caplog.text
    assert "王工" not in caplog.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SMS_URL": "http://sms.example/send"}, "https"),
        ({"SMS_URL": "https://key:word@sms.example/"}, "https"),
        ({"SMS_URL": "https://sms.example:99999/"}, "https"),
        ({"SMS_URL": "sms.example"}, "https"),
        ({"SMS_URL": "https://sms.example/{phone}"}, "addresses are logged"),
        ({"SMS_URL": ""}, "SMS_URL is empty"),
        ({"SMS_METHOD": "GET"}, "POST or PUT"),
        ({"SMS_BODY": ""}, "{phone} and {text}"),
        ({"SMS_BODY": "mobile={phone}"}, "{phone} and {text}"),
        ({"SMS_HEADERS": "Authorization: x"}, "SMS_HEADERS"),
        ({"SMS_HEADERS": '{"a": 1}'}, "SMS_HEADERS"),
        ({"SMS_HEADERS": '{"a": "x\\r\\nb: y"}'}, "SMS_HEADERS"),
        ({"SMS_TIMEOUT": 0}, "SMS_TIMEOUT"),
    ],
)
def test_a_gateway_half_described_is_said_and_is_none(receiver, settings, changed, said):
    for name, value in changed.items():
        setattr(settings, name, value)

    found = [error.msg for error in run_checks() if error.id == "notices.E001"]

    assert len(found) == 1
    assert said in found[0]
    assert sms.gateway() is None


def test_without_one_and_in_the_demo_somebody_rings(settings, receiver):
    settings.DEMO = True
    assert sms.gateway() is None
    settings.DEMO = False
    settings.SMS_URL = settings.SMS_BODY = settings.SMS_HEADERS = settings.SMS_ACCEPTED = ""
    assert sms.gateway() is None
    assert sms.problems() == []


def test_no_gateway_may_take_longer_than_five_seconds(receiver, settings):
    settings.SMS_TIMEOUT = 60

    assert sms.gateway().seconds == 5
