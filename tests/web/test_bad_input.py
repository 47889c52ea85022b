"""Wrong bodies, field by field on every route: named, refused, and nothing has changed."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from prepaid.web import openapi
from prepaid.web.charge_shapes import BatchBody
from prepaid.web.routing import Route
from tests.kit.door import CHARGES, OPERATOR, Door, code, fields
from tests.web.estate import Estate, estate, snapshot
from tests.web.examples import EVERY_ROUTE, TRIED

DOCUMENT = openapi.document(EVERY_ROUTE, "http://shop.test")
WITH_BODY = [route for route in TRIED if route.body is not None]
VALUES: list[object] = [
    *(None, True, 0, -1, 1.5, 10**30, "", "x", " ", "a\n", "a\0", "\u2028", "é" * 300, "x" * 9_000),
    *([], [None], ["a b"], {}, {"a": 1}, [[]], {"a": None}),
]
UNKNOWN = {"other": "other", "sku ": "sku ", "": "body", "é" * 300: "é" * 100, "a`b": "a"}
NO_JSON = [
    b"{",
    b'{"a": 1} {}',
    b"[]",
    b'"text"',
    b"1",
    b"null",
    b"true",
    b"\xff\xfe",
    b"\x00",
    b"\xef\xbb\xbf{}",
    '{"a": 1}'.encode("utf-16"),
    b"{'a': 1}",
    b'{"a": 1,}',
    b"[" * 100_000,
    b'{"a":' * 10_000,
    b'{"a": "\xff"}',
]


def body_schema(route: Route) -> dict[str, Any]:
    """The documented schema of a route's body."""
    assert route.body is not None
    schema: dict[str, Any] = DOCUMENT["components"]["schemas"][route.body.__name__]
    return schema


def wrong_values(route: Route) -> Iterator[tuple[str, object]]:
    """Every field with every value that the document forbids."""
    for name, schema in body_schema(route)["properties"].items():
        whole = schema | {"components": DOCUMENT["components"]}
        validator = jsonschema.Draft202012Validator(whole)
        for value in VALUES:
            is_batch = isinstance(value, list) and route.body is BatchBody  # answered item by item
            if not is_batch and not validator.is_valid(value):
                yield name, value


async def send(
    door: Door, place: Estate, route: Route, content: bytes | None = None, json: object = None
) -> httpx.Response:
    """The route's request with another body, and with every key."""
    example = place.example(route)
    headers = OPERATOR | {"x-api-key": place.ada.key}
    if example.key is not None:
        headers |= {"idempotency-key": example.key}
    if content is not None:
        headers |= {"content-type": "application/json"}
    return await door.client.request(
        route.method, example.path, headers=headers, content=content, json=json
    )


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: f"{route.method} {route.path}")
async def test_every_wrong_field_is_named(lite: Door, route: Route) -> None:
    """What the document forbids is refused, and the answer says which field it is about."""
    place = await estate(lite)
    before = await snapshot(lite, place)
    right = place.example(route).body
    wrong: list[tuple[str, object]] = [
        (name, right | {name: value}) for name, value in wrong_values(route)
    ]
    wrong += [(shown, right | {name: 1}) for name, shown in UNKNOWN.items()]
    for name in body_schema(route).get("required", []):
        wrong.append((name, {key: value for key, value in right.items() if key != name}))
    for name, body in wrong:
        answer = await send(lite, place, route, json=body)

        assert (answer.status_code, code(answer)) == (400, "invalid_request"), (body, answer.text)
        assert re.fullmatch(re.escape(name) + r"([.[].*)?", fields(answer)[0]), (name, answer.text)
        assert len(answer.content) < 2_000
    assert await snapshot(lite, place) == before


ENDS_IN_LINE_FEED = [
    ("POST /v2/operator/accounts", {"name": "B", "currency": "EUR\n"}, "currency"),
    ("POST /v2/operator/accounts", {"name": "B", "admins": ["b@b.example\n"]}, "admins[0]"),
    ("POST /v2/operator/charges", {"accountId": "acc_", "sku": "report\n"}, "sku"),
    ("PUT /v2/operator/prices", {"prices": [{"sku": "report\n", "credits": 1}]}, "prices[0].sku"),
]


@pytest.mark.parametrize(("call", "body", "field"), ENDS_IN_LINE_FEED)
async def test_a_line_feed_at_the_end_is_seen(
    lite: Door, call: str, body: object, field: str
) -> None:
    """`$` of a pattern would let it pass: into a mail header, for one."""
    method, path = call.split()
    answer = await lite.operator(method, path, body)

    assert (answer.status_code, fields(answer)) == (400, [field])


async def test_what_is_no_json_object_is_refused(lite: Door) -> None:
    place = await estate(lite)
    before = await snapshot(lite, place)
    for route in WITH_BODY:
        for content in NO_JSON:
            answer = await send(lite, place, route, content)

            assert (answer.status_code, code(answer)) == (400, "invalid_request"), route.path
            assert fields(answer) in (["body"], ["a"])
    assert await snapshot(lite, place) == before


async def test_a_body_may_be_left_out_where_no_field_is_needed(lite: Door) -> None:
    """And must not be where one is."""
    for route in WITH_BODY:
        place = await estate(lite)
        answer = await send(lite, place, route)
        required = body_schema(route).get("required")

        assert answer.status_code == (415 if required else route.status), (route.path, answer.text)


NUMBERS = [
    *("1e999", "-1e999", "1e-999", "1e99999999999999999999", "1e-99999999999999999999"),
    *("9" * 5_000, "100000000000.1", "0.0000001", "1.1234567", "1." + "0" * 50 + "1"),
    *('"1"', '"NaN"', "true", "[1]", "{}"),
]
NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "nan", "01", "+1", ".5", "1.", "0x1", "1_0", "1e"]
MONEY = [
    ("POST", CHARGES, '{"accountId": "$ID", "sku": "x", "credits": $}', "credits"),
    ("POST", CHARGES + "/$HELD/settle", '{"credits": $}', "credits"),
    ("POST", CHARGES + "/$SETTLED/refund", '{"credits": $}', "credits"),
    ("POST", "/v2/operator/accounts/$ID/credits", '{"cents": $, "reason": "r"}', "cents"),
    ("PATCH", "/v2/operator/accounts/$ID", '{"minimumBalanceCents": $}', "minimumBalanceCents"),
    ("PUT", "/v2/operator/prices", '{"prices": [{"sku": "x", "credits": $}]}', "prices[0].credits"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), MONEY)
async def test_an_amount_is_an_exact_number_in_bounds(
    lite: Door, method: str, path: str, body: str, field: str
) -> None:
    place = await estate(lite)
    before = await snapshot(lite, place)
    headers = OPERATOR | {"content-type": "application/json"}
    ids = place.facts
    for name, ident in (("$ID", ids.account), ("$HELD", ids.held), ("$SETTLED", ids.settled)):
        path, body = path.replace(name, ident), body.replace(name, ident)
    for number in (*NUMBERS, *NO_NUMBERS):
        content = body.replace("$", number)
        answer = await lite.client.request(method, path, headers=headers, content=content)

        assert (answer.status_code, code(answer)) == (400, "invalid_request"), (number, answer.text)
        assert fields(answer) == [field if number in NUMBERS else "body"], (number, answer.text)
    assert await snapshot(lite, place) == before
