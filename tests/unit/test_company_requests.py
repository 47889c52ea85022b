"""Bodies of the company routes: what is taken, what is refused, and that the field is named."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.company.requests import (
    CompanyRequest,
    GraphOptions,
    StoredRequest,
    parse_company,
    parse_country,
    parse_onboarding,
)
from prepaid.domain.refusals import Refusal

SMALLEST = {"id": "932884117", "countryCode": "FR", "dataPoints": ["company"]}


def parsed(**changes: object) -> CompanyRequest:
    found = parse_company(json.dumps(SMALLEST | changes).encode(), has_test=True)
    assert isinstance(found, CompanyRequest)
    return found


def refused(body: object, *, has_test: bool = True) -> Refusal:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Refusal) as error:
        parse_company(data, has_test=has_test)
    assert error.value.code == "invalid_request"
    return error.value


def test_every_field_has_its_meaning() -> None:
    found = parsed(
        id=" 932884117 ",
        countryCode="TEST",
        dataPoints=["graph", "company", "graph"],
        documents=["d1", "d2", "d1"],
        graphContinueFromNodeIds=["FR:1"],
        metadata={"case": "7"},
        graphMaxBudget=1000,
        graphInteractive=True,
        profileMaxBudget=12.5,
        mode="onboarding",
        authoritative=True,
        maxBudget=200,
        agenticEnrichment=True,
    )

    assert found == CompanyRequest(
        company_id="932884117",
        country="TEST",
        data_points=("graph", "company"),
        documents=("d1", "d2"),
        mode="onboarding",
        metadata={"case": "7"},
        budget_max=Decimal(200),
        profile_budget_max=Decimal("12.5"),
        graph=GraphOptions(("FR:1",), Decimal(1000), interactive=True),
        enrichment=True,
    )


def test_what_was_not_sent_may_be_null() -> None:
    nothing = dict.fromkeys(["documents", "metadata", "mode", "fast", "maxBudget", "requestId"])

    assert parsed(**nothing) == parsed()
    assert parsed().mode == "verification"


def test_fast_is_the_older_word_for_onboarding() -> None:
    assert parsed(fast=True).mode == "onboarding"
    assert parsed(fast=True, mode="verification").mode == "verification"


def test_a_request_id_asks_for_the_stored_answer() -> None:
    for body in ({"requestId": "r-1"}, SMALLEST | {"requestId": " r-1 "}):
        data = json.dumps(body).encode()

        assert parse_company(data, has_test=False) == StoredRequest("r-1")
    assert parse_onboarding(b'{"requestId":"r-1"}', has_test=False) == StoredRequest("r-1")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"id": "  "}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"id": 932884117}, "id"),
        ({"countryCode": None}, "countryCode"),
        ({"countryCode": "XX"}, "countryCode"),
        ({"countryCode": "fr"}, "countryCode"),
        ({"dataPoints": []}, "dataPoints"),
        ({"dataPoints": None}, "dataPoints"),
        ({"dataPoints": "company"}, "dataPoints"),
        ({"dataPoints": ["company", "everything"]}, "dataPoints[1]"),
        ({"documents": [""]}, "documents[0]"),
        ({"documents": [str(n) for n in range(51)]}, "documents"),
        ({"graphContinueFromNodeIds": ["FR:1", 2]}, "graphContinueFromNodeIds[1]"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "1", "b": 2}}, "metadata.b"),
        ({"metadata": {"a": None}}, "metadata.a"),
        ({"metadata": {str(n): "" for n in range(51)}}, "metadata"),
        ({"mode": "fast"}, "mode"),
        ({"fast": "yes"}, "fast"),
        ({"maxBudget": -1}, "maxBudget"),
        ({"maxBudget": "200"}, "maxBudget"),
        ({"graphMaxBudget": 10**30}, "graphMaxBudget"),
        ({"profileMaxBudget": True}, "profileMaxBudget"),
        ({"requestId": ""}, "requestId"),
        ({"requestId": 7}, "requestId"),
        ({"datapoints": ["company"]}, "datapoints"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, object], field: str) -> None:
    error = refused(SMALLEST | change)

    assert error.details[0].field == field
    assert error.message.startswith(field)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"id":"\xff"}', b"[" * 10**5])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    assert refused(body).details[0].field == "body"


def test_the_test_country_is_there_only_where_it_is_served() -> None:
    assert refused(SMALLEST | {"countryCode": "TEST"}, has_test=False).details[0].field
    assert parse_country("TEST", has_test=True) == "TEST"
    with pytest.raises(Refusal):
        parse_country(None, has_test=True)


def test_documents_may_be_asked_for_alone() -> None:
    assert parsed(dataPoints=[], documents=["d1"]).documents == ("d1",)


def test_metadata_is_cut_to_its_limits() -> None:
    """Long keys are skipped and long values cut (reference), before keys are counted."""
    pairs = {str(n): "v" for n in range(49)} | {"k" * 40: "v" * 501, "k" * 41: "lost"}

    found = parsed(metadata=pairs).metadata

    assert len(found) == 50
    assert found["k" * 40] == "v" * 500
    assert "k" * 41 not in found


def test_onboarding_is_a_company_profile_of_at_most_50_cents() -> None:
    for points in (None, ["companyProfile"], []):
        body = {"id": "1", "countryCode": "FR", "metadata": {"a": "b"}, "dataPoints": points}

        found = parse_onboarding(json.dumps(body).encode(), has_test=False)

        assert found == CompanyRequest(
            company_id="1",
            country="FR",
            data_points=("companyProfile",),
            mode="onboarding",
            metadata={"a": "b"},
            budget_max=Decimal(50),
        )


@pytest.mark.parametrize(
    ("change", "field"),
    [({"dataPoints": ["company"]}, "dataPoints[0]"), ({"mode": "verification"}, "mode")],
)
def test_onboarding_takes_nothing_else(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as error:
        parse_onboarding(json.dumps(SMALLEST | change).encode(), has_test=False)

    assert error.value.details[0].field == field


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("TEST"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
FIELDS = st.sampled_from([
    "id", "countryCode", "dataPoints", "documents", "metadata", "mode", "maxBudget", "fast",
    "graphContinueFromNodeIds", "graphMaxBudget", "requestId", "other",
])  # fmt: skip


@given(st.dictionaries(FIELDS, VALUES, max_size=3))
def test_any_body_is_a_request_or_a_refusal(changes: dict[str, object]) -> None:
    data = json.dumps(SMALLEST | changes).encode()
    for parse in (parse_company, parse_onboarding):
        try:
            parse(data, has_test=True)
        except Refusal as error:
            assert error.details  # noqa: PT017 - nothing else may be raised


@given(st.binary(max_size=50))
def test_any_bytes_are_a_request_or_a_refusal(data: bytes) -> None:
    try:
        parse_company(data, has_test=True)
    except Refusal as error:
        assert error.details  # noqa: PT017 - nothing else may be raised


def test_a_word_that_is_none_is_told_the_nearest() -> None:
    """Of a long list of words only the first are told."""
    found = refused(SMALLEST | {"dataPoints": ["compny"]})

    assert found.details[0].field == "dataPoints[0]"
    assert found.message.startswith("dataPoints[0] must be one of availableDocuments, ")
    assert found.message.endswith(" more; did you mean company?")
