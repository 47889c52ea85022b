"""The hot route by its two ways, asked the same at random: no caller can tell which it took."""

import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from prepaid.domain.amounts import AMOUNT_MAX, CREDIT
from prepaid.web.hot_wire import BODY_MAX
from tests.kit.shop import OPERATOR_KEY, opened
from tests.kit.wire import PATH, Line, Wire, on_a_port

CASES = 150
LONG_WAY = PATH + "?"  # another address for the parser, the same path for the application

VALUES: list[object] = [
    *(None, True, 0, 1, -1, 1.5, 10**30, 0.000001, 0.0000001, 1_000_001, [], {}, {"a": "b"}),
    *("", "x", "report", "free", "default", "unknown", "é", "\0", "a" * 300, "acc_" + "0" * 16),
]
RAW = ['"\\ud800"', "1e400", "NaN", "1.0", "2e0", "-0", "1" * 400, "tru", "[[", '"\xff"', ' "x" ']
FIELDS = ["accountId", "apiKey", "sku", "workspace", "quantity", "credits", "settle", "ttlSeconds"]
HEADERS = ["x-operator-key", "content-type", "idempotency-key", "x-api-key", "host", "connection"]
TEXTS = [
    *("", "x", "\xe9", "\x7f", "a\tb", "k" * 255, "k" * 256, "close", "keep-alive", "gzip"),
    *(OPERATOR_KEY, OPERATOR_KEY + " ", "application/json; charset=utf-8", "APPLICATION/JSON"),
    *("application/json, application/json", "text/plain", " application/json "),
]
BODIES = [b"", b"{}", b"[]", b"null", b"\xef\xbb\xbf{}", b"[" * 5_000, b'{"a":' * 3_000]
UNLIKE = [  # what tells two charges, or two answers, apart
    (rb"\r\ndate: [^\r]*", b""),
    (rb"req_[0-9a-f]+", b"req_"),
    (rb"chg_[0-9a-f]+", b"chg_"),
    (rb'"(balanceCents|seq)":[0-9.]+', rb'"\1"'),
    (rb'"(reservedAt|expiresAt)":"[^"]*"', rb'"\1"'),
    (rb"content-length: \d+", b""),
    (rb"idempotent-replayed: true\r\n", b""),
]


@pytest.fixture
async def wire(migrated_sqlite_url: str) -> AsyncIterator[Wire]:
    async with opened(migrated_sqlite_url) as shop, on_a_port(shop) as made:
        for _ in range(5):
            await shop.grant(made.ada, AMOUNT_MAX // CREDIT)
        yield made


class Asker:
    """A connection for each way, opened anew when it was closed."""

    def __init__(self, wire: Wire, start: str) -> None:
        self._wire = wire
        self._start = start.encode()
        self._line: Line | None = None

    async def ask(self, rest: bytes) -> bytes:
        """The answer, but for what tells any two apart."""
        line = self._line = self._line or await self._wire.line()
        status, headers, body = await line.ask(self._start + rest)
        if "connection" in headers:
            with suppress(ConnectionResetError):  # it was refused with a part of it unread
                assert await line.is_closed()
            self._line = None
        lines = "".join(f"\r\n{name}: {value}" for name, value in headers.items())
        told = f"{status}{lines}\r\n\r\n".encode("latin-1") + body
        for pattern, instead in UNLIKE:
            told = re.sub(pattern, instead, told)
        return told


def request(chance: random.Random, account: int) -> bytes:
    """Headers and body of something that may be a charge."""
    headers = [
        ("host", "shop.test"),
        ("x-operator-key", OPERATOR_KEY),
        ("content-type", "application/json"),
    ]
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        name = chance.choice(HEADERS)
        if chance.random() < 0.7:
            headers = [pair for pair in headers if pair[0] != name]
        headers.insert(chance.randrange(len(headers) + 1), (name, chance.choice(TEXTS)))
    body = charge(chance, account) if chance.random() < 0.9 else chance.choice(BODIES)
    if chance.random() < 0.05:
        body = body.ljust(BODY_MAX + chance.choice((-1, 0, 1)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f" HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode("latin-1") + body


def charge(chance: random.Random, account: int) -> bytes:
    """A charge with something wrong in it, or not."""
    fields = {"accountId": f'"acc_{account:016x}"', "sku": '"report"'}
    for _ in range(chance.choice((0, 1, 1, 2))):
        name = chance.choice([*FIELDS, "metadata", "other"])
        is_json = chance.random() < 0.7
        fields[name] = json.dumps(chance.choice(VALUES)) if is_json else chance.choice(RAW)
    parts = [f'"{name}":{text}' for name, text in fields.items()]
    chance.shuffle(parts)
    parts += chance.sample(parts, chance.choice((0, 0, 0, 1)))  # a name that comes twice
    return ("{" + ",".join(parts) + "}").encode("latin-1")[: chance.choice((None, None, None, -1))]


@pytest.mark.parametrize("seed", range(2))
async def test_both_ways_answer_alike(wire: Wire, seed: int) -> None:
    """Headers twice or none, texts and numbers at their bounds, broken JSON: byte for byte."""
    chance = random.Random(seed)
    short, long = Asker(wire, f"POST {PATH}"), Asker(wire, f"POST {LONG_WAY}")
    seen = set()
    for _ in range(CASES):
        asked = request(chance, wire.ada)
        told = await short.ask(asked)

        assert told == await long.ask(asked), asked
        seen.add(told[:3])
    assert {b"201", b"400", b"401", b"415"} <= seen
    assert b"500" not in seen
