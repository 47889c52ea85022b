"""What an upstream's answer means for the bill, and what the house puts into it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.routing import answers, json_trees, templates
from prepaid.domain.routing.answers import RequestWorkspace
from prepaid.domain.routing.json_trees import Json
from prepaid.domain.routing.routes import Line, Outcomes, Poll, Route, Upstream

REGISTER = Upstream("register", "https://register.example/base")
ACME = RequestWorkspace("ws_1", "acme", "Acme SAS", is_default=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=10,
)


def route(**changes: object) -> Route:
    values: dict[str, object] = {"name": "x", "method": "GET", "path": "/v1/x", **changes}
    return Route(**values)  # type: ignore[arg-type]


def document(value: object) -> json_trees.Document:
    found = json_trees.document(json.dumps(value).encode())
    assert found is not None
    return found


@pytest.mark.parametrize("status", [100, 199, 302, 404, 500, 599])
def test_an_upstream_that_failed_is_not_paid(status: int) -> None:
    lines = (Line("a"), Line("b"))

    assert answers.verdicts(route(), lines, status, None) == ("failed", "failed")


def test_any_2xx_is_billed_unless_the_route_says_else() -> None:
    narrow = route(outcomes=Outcomes(statuses=((201, 201),)))

    assert answers.verdicts(route(), (Line("a"),), 204, None) == ("billed",)
    assert answers.verdicts(narrow, (Line("a"),), 200, None) == ("failed",)


def test_items_are_billed_by_their_own_status() -> None:
    per_item = route(outcomes=Outcomes(status_at=("status", "{item}")))
    lines = tuple(Line(sku, items) for sku, items in [
        ("one-of-two", ("bad", "good")), ("late", ("bad", "slow")), ("failed", ("bad",)),
        ("unsaid", ("nobody",)), ("won", ("slow", "good")),
    ])  # fmt: skip
    statuses = {"good": "succeeded", "bad": "failed", "slow": "in_progress"}

    found = answers.verdicts(per_item, lines, 200, document({"status": statuses}))

    assert found == ("billed", "pending", "failed", "failed", "billed")
    assert set(answers.verdicts(per_item, lines, 200, None)) == {"failed"}


def test_a_202_of_a_route_that_polls_is_pending() -> None:
    polls = route(poll=Poll(templates.template("/jobs/{answer.id}")))

    assert answers.verdicts(polls, (Line("a"),), 202, None) == ("pending",)
    assert answers.verdicts(route(), (Line("a"),), 202, None) == ("billed",)


@pytest.mark.parametrize(
    ("location", "answer", "found"),
    [
        (None, {"id": "7"}, "/jobs/7"),
        (None, {}, None),
        (None, {"id": "../admin"}, None),
        ("/base/late/1", {"id": "7"}, "/late/1"),
        ("https://register.example/base/late/1", {}, "/late/1"),
        ("https://elsewhere.example/late/1", {"id": "7"}, None),
        ("https://register.example/base.evil/x", {}, None),
        ("//elsewhere.example/x", {}, None),
        ("/other/late/1", {}, None),
        ("late/1", {}, None),
    ],
)
def test_a_poll_stays_at_its_upstream(
    location: str | None, answer: Json, found: str | None
) -> None:
    """Our requests carry the seller's key, so no answer may lead them to another host."""
    poll = Poll(templates.template("/jobs/{answer.id}"))

    assert answers.poll_path(poll, REGISTER, location, document(answer)) == found


def test_a_poll_address_of_an_upstream_without_a_path() -> None:
    poll = Poll(templates.template("/jobs"))
    plain = Upstream("plain", "https://register.example")

    found = [
        answers.poll_path(poll, plain, location, None)
        for location in ("/late/1", "https://register.example/late/1", "//elsewhere.example/x")
    ]

    assert found == ["/late/1", "/late/1", None]


def test_the_workspace_is_put_into_the_answer_and_the_rest_keeps_its_bytes() -> None:
    answer = b'{"request":{"price":1.50,"big":12345678901234567890123},"x":1e3}'
    wanted = route(workspace_at=("request", "workspace"))

    found = answers.with_workspace(wanted, answer, ACME)

    assert found == (
        b'{"request":{"price":1.50,"big":12345678901234567890123,'
        b'"workspace":{"id":"ws_1","name":"acme","legalName":"Acme SAS","isDefault":false}},'
        b'"x":1e3}'
    )
    assert answers.with_workspace(route(), answer, ACME) == answer


@pytest.mark.parametrize("answer", [b"[1]", b'{"request":"text"}', b'"x"', b"not json", b""])
def test_an_answer_with_no_place_for_the_workspace_is_left_alone(answer: bytes) -> None:
    wanted = route(workspace_at=("request", "workspace"))

    assert answers.with_workspace(wanted, answer, ACME) == answer


def test_a_missing_place_is_made() -> None:
    assert json_trees.put(b'{"a":null}', ("a", "b", "c"), b"1") == b'{"a":{"b":{"c":1}}}'


def test_an_event_is_the_answer_and_its_type() -> None:
    found = answers.event_body("company.updated", b'{"a":1.50,"type":"other"}')

    assert found == b'{"type":"company.updated","a":1.50}'
    assert answers.event_body("x", b"[1]") == b'{"type":"x","answer":[1]}'


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"a":"\xff"}', b'{"a":1e999}', b"[" * 10**5, b"[" * 250 + b"]" * 250]
)
def test_what_we_cannot_read_is_no_document(data: bytes) -> None:
    assert json_trees.document(data) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_none(data: bytes) -> None:
    found = json_trees.document(data)

    assert found is None or found.data == data


@given(JSON.filter(lambda value: document_or_none(value) is not None))
def test_put_then_at_gives_what_was_put(value: Json) -> None:
    changed = json_trees.put(json_trees.encode(value), ("a", "b"), b'"here"')
    tree = document_of(changed).tree
    is_open = isinstance(value, dict) and isinstance(value.get("a"), dict | None)

    assert json_trees.at(tree, ("a", "b")) == "here" or not is_open


def document_of(data: bytes) -> json_trees.Document:
    found = json_trees.document(data)
    assert found is not None
    return found


def document_or_none(value: Json) -> json_trees.Document | None:
    return json_trees.document(json_trees.encode(value))
