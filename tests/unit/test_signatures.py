"""Our signatures, judged by the official libraries of Svix and of Standard Webhooks."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Protocol

import pytest
import standardwebhooks
import standardwebhooks.webhooks
import svix
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.deliveries import signatures
from prepaid.domain.instants import MINUTE, SECOND, Instant, from_datetime
from prepaid.domain.refusals import Refusal

NOW = datetime(2026, 4, 14, 10, 23, 45, 678_000, tzinfo=UTC)
AT: Instant = from_datetime(NOW)
ID = "msg_2b5f"
BODY = '{"tier":"warning","legalName":"Société Générale 🧾 — ½"}'.encode()
KEYS = {size: bytes(range(size)) for size in (24, 32, 64)}
OTHER = b"\xff" * 32
LIBRARIES = ["svix", "standardwebhooks"]


class StoppedClock(datetime):
    """The libraries compare with the clock of the machine; here it stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "StoppedClock":
        return cls.fromtimestamp(NOW.timestamp(), tz)


class Verify(Protocol):
    def __call__(self, secret: str, body: bytes, headers: Mapping[str, str]) -> None: ...


@pytest.fixture(params=LIBRARIES)
def verify(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Verify:
    """As a receiver does it; each library sees only its own headers."""
    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", StoppedClock)
    prefix = "svix-" if request.param == "svix" else "webhook-"

    def check(secret: str, body: bytes, headers: Mapping[str, str]) -> None:
        own = {name: value for name, value in headers.items() if name.startswith(prefix)}
        if request.param == "svix":
            svix.Webhook(secret).verify(body, own)
        else:
            standardwebhooks.Webhook(secret).verify(body, own)

    return check


Refused = standardwebhooks.WebhookVerificationError


@pytest.mark.parametrize("size", [24, 32, 64])
def test_the_official_libraries_accept(verify: Verify, size: int) -> None:
    secret = signatures.secret_text(KEYS[size])

    verify(secret, BODY, signatures.headers(ID, AT, BODY, [KEYS[size]]))


def test_either_secret_verifies_while_they_overlap(verify: Verify) -> None:
    headers = signatures.headers(ID, AT, BODY, [KEYS[32], KEYS[24]])

    for key in (KEYS[32], KEYS[24]):
        verify(signatures.secret_text(key), BODY, headers)
    with pytest.raises(Refused):
        verify(signatures.secret_text(OTHER), BODY, headers)


def test_forged_is_refused(verify: Verify) -> None:
    with pytest.raises(Refused):
        verify(signatures.secret_text(KEYS[32]), BODY, signatures.headers(ID, AT, BODY, [OTHER]))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_stale_is_refused(verify: Verify, minutes: int) -> None:
    headers = signatures.headers(ID, AT + minutes * MINUTE, BODY, [KEYS[32]])

    with pytest.raises(Refused):
        verify(signatures.secret_text(KEYS[32]), BODY, headers)


@pytest.mark.parametrize("part", ["id", "timestamp", "body"])
def test_changed_is_refused(verify: Verify, part: str) -> None:
    headers = signatures.headers(ID, AT, BODY, [KEYS[32]])
    body = BODY.replace(b"warning", b"depleted") if part == "body" else BODY
    new = {"id": "msg_other", "timestamp": str(AT // SECOND + 1)}.get(part)
    for scheme in ("svix", "webhook"):
        if new is not None:
            headers[f"{scheme}-{part}"] = new

    with pytest.raises(Refused):
        verify(signatures.secret_text(KEYS[32]), body, headers)


def test_the_headers_are_the_six_of_both_schemes() -> None:
    headers = signatures.headers("msg_1", 1_600_000_000_999_999, b"{}", [KEYS[32], KEYS[24]])

    assert headers["svix-id"] == headers["webhook-id"] == "msg_1"
    assert headers["svix-timestamp"] == headers["webhook-timestamp"] == "1600000000"
    assert headers["svix-signature"] == headers["webhook-signature"]
    first, second = headers["svix-signature"].split(" ")
    assert first.startswith("v1,")
    assert second.startswith("v1,")
    assert first != second
    assert len(headers) == 6


def test_a_retry_keeps_the_id_and_signs_its_own_time() -> None:
    first, again = (signatures.headers(ID, AT + wait, BODY, [OTHER]) for wait in (0, 5 * SECOND))

    assert first["svix-id"] == again["svix-id"]
    assert int(again["svix-timestamp"]) - int(first["svix-timestamp"]) == 5
    assert first["svix-signature"] != again["svix-signature"]


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_is_read_back(key: bytes) -> None:
    text = signatures.secret_text(key)

    assert signatures.parse_secret(text) == key
    assert signatures.parse_secret(text.rstrip("=")) == key


def encoded(size: int) -> str:
    return "whsec_" + base64.b64encode(b"k" * size).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        encoded(23),
        encoded(65),
        encoded(32).removeprefix("whsec_"),
        encoded(32).upper(),
        encoded(32) + "=",
        encoded(32)[:-2] + "b=",  # loose bits in the last digit
        encoded(32) + "\n",
        encoded(32).replace("a", "-", 1),
        "whsec_" + "é" * 44,
        "whsec_=" + encoded(32).removeprefix("whsec_"),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        signatures.parse_secret(text)

    assert refused.value.code == "invalid_request"
    assert refused.value.details[0].field == "secret"
    assert len(text) < 10 or text[6:] not in refused.value.message


def test_nothing_is_sent_unsigned() -> None:
    with pytest.raises(AssertionError):
        signatures.headers(ID, AT, BODY, [])
