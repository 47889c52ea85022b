"""The event types: their examples, and the schemas that describe them."""

import re

import jsonschema
import msgspec
import pytest

from prepaid.domain import events


@pytest.mark.parametrize("event", events.CATALOGUE, ids=lambda event: event.name)
def test_every_example_keeps_its_own_schema(event: events.EventType) -> None:
    schema = msgspec.json.decode(event.schema)

    for example in event.examples:
        jsonschema.Draft202012Validator(schema).validate(msgspec.json.decode(example))
    assert b'"decimal"' not in event.schema


@pytest.mark.parametrize("event", events.CATALOGUE, ids=lambda event: event.name)
def test_an_example_is_sent_compact_and_otherwise_unchanged(event: events.EventType) -> None:
    assert event.body == re.sub(rb"\n *|(?<=:) ", b"", event.examples[0])
    assert msgspec.json.decode(event.body)["type"] == event.name


def test_the_examples_are_what_our_own_payloads_look_like() -> None:
    """Keys, order and numbers of the guide are those of the structs that are sent."""
    encode = msgspec.json.Encoder(decimal_format="number").encode

    for event in events.CATALOGUE:
        for example in event.examples:
            sent = msgspec.json.format(example, indent=-1)
            assert encode(msgspec.json.decode(sent, type=event.payload)) == sent


def test_the_catalogue_begins_with_the_five_types_of_the_guide() -> None:
    assert list(events.BY_NAME)[:5] == [
        "company.updated",
        "billing.low_balance.triggered",
        "billing.high_usage.triggered",
        "billing.auto_topup.succeeded",
        "billing.auto_topup.failed",
    ]
