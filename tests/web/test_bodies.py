"""How a request is sent: its size, type, headers and keys, on every route that takes a body."""

from collections.abc import AsyncIterator

import pytest

from prepaid.web.parsing import BODY_MAX
from tests.kit.door import CHARGES, OPERATOR, Door, code, fields
from tests.web.estate import Estate, estate, snapshot
from tests.web.examples import TRIED
from tests.web.test_bad_input import WITH_BODY

JSON = {"content-type": "application/json"}
IDEMPOTENT = [route for route in TRIED if route.is_idempotent]


def keys(place: Estate) -> dict[str, str]:
    return OPERATOR | {"x-api-key": place.ada.key}


def raw(headers: dict[str, str]) -> dict[bytes, bytes]:
    """As they travel, so that any byte can be tried."""
    return {name.encode(): value.encode("latin-1") for name, value in headers.items()}


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body with no content-length, of blanks."""
    while size > 0:
        yield b" " * min(size, 1 << 16)
        size -= 1 << 16


async def test_a_body_above_one_mebibyte_is_too_large(lite: Door) -> None:
    """Whether it says so first, or only grows."""
    place = await estate(lite)
    before = await snapshot(lite, place)
    for route in WITH_BODY:
        path = place.example(route).path
        for content in (b" " * (BODY_MAX + 1), chunks(BODY_MAX + 1)):
            answer = await lite.client.request(
                route.method, path, headers=keys(place) | JSON, content=content
            )
            assert (answer.status_code, code(answer)) == (413, "payload_too_large"), path
    assert await snapshot(lite, place) == before


@pytest.mark.parametrize("size", ["1048577", "9" * 5_000, "-1", "1e3", "0x10", " ", "\xb2"])
async def test_a_claimed_length_is_not_believed(lite: Door, size: str) -> None:
    """Servers check it; behind one that does not, it must not become our fault."""
    place = await estate(lite)
    headers = raw(keys(place) | JSON | {"content-length": size})
    path = place.ada.place + "/credits"
    answer = await lite.client.post(path, headers=headers, content=b'{"cents": 1}')

    assert (answer.status_code, code(answer)) == (413, "payload_too_large")


async def test_a_body_of_one_mebibyte_is_read(lite: Door) -> None:
    place = await estate(lite)
    body = b'{"accountId": "%s", "sku": "report"}' % place.ada.id.encode()
    batch = b'{"charges": [%s]}' % body
    for path, content, status in (
        (CHARGES, body.ljust(BODY_MAX), 201),
        (CHARGES + "/batch", batch.ljust(BODY_MAX), 200),
        (CHARGES, chunks(BODY_MAX), 400),
        (CHARGES + "/batch", chunks(BODY_MAX), 400),
    ):
        answer = await lite.client.post(path, headers=OPERATOR | JSON, content=content)

        assert answer.status_code == status, answer.text


TYPES = [
    None,
    "",
    "text/plain",
    "application/jsonx",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json, application/json",
    "application/problem+json",
    "\xe9",
]


async def test_another_content_type_is_unsupported(lite: Door) -> None:
    place = await estate(lite)
    before = await snapshot(lite, place)
    for route in WITH_BODY:
        path = place.example(route).path
        for kind in TYPES:
            sent = {} if kind is None else {"content-type": kind}
            headers = raw(keys(place) | sent)
            answer = await lite.client.request(route.method, path, headers=headers, content=b"{}")

            assert (answer.status_code, code(answer)) == (415, "unsupported_media_type"), path
    assert await snapshot(lite, place) == before


@pytest.mark.parametrize("kind", ["Application/JSON", "application/json; charset=utf-8"])
async def test_json_is_json_however_it_is_written(lite: Door, kind: str) -> None:
    ada = await lite.customer()
    content = b'{"accountId": "%s", "sku": "report"}' % ada.id.encode()
    headers = OPERATOR | {"content-type": kind}

    assert (await lite.client.post(CHARGES, headers=headers, content=content)).status_code == 201


BAD_KEYS = ["", "k" * 256, "\t", "a\tb", "\x7f", "é", "\x00", "\x1f", "ÿ"]


async def test_an_idempotency_key_is_1_to_255_printable_characters(lite: Door) -> None:
    place = await estate(lite)
    before = await snapshot(lite, place)
    for route in IDEMPOTENT:
        example = place.example(route)
        for key in BAD_KEYS:
            headers = raw(keys(place) | {"idempotency-key": key})
            answer = await lite.client.request(
                route.method, example.path, headers=headers, json=example.body
            )

            assert (answer.status_code, code(answer)) == (400, "invalid_request"), (route.path, key)
            assert fields(answer) == ["Idempotency-Key"]
    assert await snapshot(lite, place) == before
    for key in ("k", "k" * 255, "~ !"):
        assert (await lite.charge(place.ada, "page", key=key)).status_code == 201


@pytest.mark.parametrize("name", ["Idempotency-Key", "content-type", "x-operator-key"])
async def test_a_header_that_means_something_is_sent_once(lite: Door, name: str) -> None:
    """Two keys: whichever we took, the caller may have meant the other."""
    place = await estate(lite)
    before = await snapshot(lite, place)
    sent = OPERATOR | JSON | {"Idempotency-Key": "k1"}
    for route in IDEMPOTENT:
        example = place.example(route)
        answer = await lite.client.request(
            route.method,
            example.path,
            headers=[*sent.items(), (name, sent[name])],
            json=example.body,
        )
        assert (answer.status_code, fields(answer)) == (400, [name]), route.path
    assert await snapshot(lite, place) == before
