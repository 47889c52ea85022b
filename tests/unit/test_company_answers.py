"""Answers of the company routes: what each data point cost, as the reference's schemas say."""

import json
from collections.abc import Mapping
from typing import cast, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.amounts import CENT, CREDIT, Micros
from prepaid.domain.company import answers, plans, register
from prepaid.domain.company.plans import Plan
from prepaid.domain.company.register import NOTHING_ASKED, RegisterAnswer
from prepaid.domain.company.requests import CompanyRequest, DataPoint
from prepaid.domain.routing.answers import RequestWorkspace
from prepaid.domain.routing.json_trees import Json, at
from tests import reference

ACME = RequestWorkspace("ws_1", "acme", "Acme SAS", is_default=False)
PRICES: dict[str, Micros | None] = {
    "fra-company-data": CREDIT,
    "fra-ubo": CREDIT * 3 // 2,
    "fra-document": 50 * CENT,
}
POINTS: tuple[DataPoint, ...] = get_args(DataPoint)


def request(*points: DataPoint, **changes: object) -> CompanyRequest:
    values: dict[str, object] = {"company_id": "1", "country": "FR", "data_points": points}
    return CompanyRequest(**values | changes)  # type: ignore[arg-type]


def said(statuses: Mapping[str, object], status: int = 200, **members: object) -> RegisterAnswer:
    documents = members.pop("documentStatus", {})
    told = {"dataStatus": {"dataPoints": statuses, "documents": documents}}
    found = register.register_answer(status, json.dumps({"request": told, **members}).encode())
    assert found is not None
    return found


def statuses(**by_point: str) -> dict[str, object]:
    return {point: {"status": status} for point, status in by_point.items()}


def answered(asked: CompanyRequest, planned: Plan, answer: RegisterAnswer, *costs: Micros) -> Json:
    body = answers.assemble(asked, "r-1", planned, answer, costs or planned.expected, ACME)
    reference.check(body, "GetCompanyResultDTO")
    return cast("Json", msgspec.json.decode(body))


def shown(answer: Json, kind: str = "dataPoints") -> dict[str, tuple[object, object]]:
    found = at(answer, ("request", "dataStatus", kind))
    assert isinstance(found, dict)
    return {name: (at(one, ("status",)), at(one, ("cost",))) for name, one in found.items()}


#: Statuses of a block's data points → its verdict, and where its cost of 1 credit stands.
COSTS = [
    (("succeeded", "succeeded"), "billed", (1, 0)),
    (("failed", "succeeded"), "billed", (0, 1)),
    (("succeeded", "failed"), "billed", (1, 0)),
    (("in_progress", "succeeded"), "billed", (0, 1)),
    (("in_progress", "in_progress"), "pending", (1, 0)),
    (("failed", "in_progress"), "pending", (0, 1)),
    (("in_progress", "enriching"), "pending", (0, 1)),
    (("failed", "failed"), "failed", (0, 0)),
]


@pytest.mark.parametrize(("pair", "verdict", "costs"), COSTS)
def test_a_block_costs_once_when_any_of_it_succeeded(
    pair: tuple[str, str], verdict: str, costs: tuple[int, int]
) -> None:
    asked = request("company", "legalRepresentatives")
    planned = plans.plan(asked, PRICES)
    heard = said(statuses(company=pair[0], legalRepresentatives=pair[1]))

    answer = answered(asked, planned, heard)

    assert answers.verdicts(planned, heard) == (verdict,)
    assert shown(answer) == {
        "company": (pair[0], costs[0]),
        "legalRepresentatives": (pair[1], costs[1]),
    }


def test_a_repeat_shows_that_it_cost_nothing() -> None:
    asked = request("company")
    heard = said(statuses(company="succeeded"))

    answer = answered(asked, plans.plan(asked, PRICES), heard, 0)

    assert shown(answer) == {"company": ("succeeded", 0)}


def test_a_202_is_in_progress_until_we_give_up() -> None:
    asked = request("company", "availableDocuments")
    planned = plans.plan(asked, PRICES)
    heard = register.register_answer(202, b"")
    assert heard is not None

    answer = answered(asked, planned, heard)

    assert shown(answer) == {
        "company": ("in_progress", 1),
        "availableDocuments": ("in_progress", 0),
    }
    assert answers.verdicts(planned, heard) == ("pending",)
    assert answers.verdicts(planned, heard.given_up()) == ("failed",)
    given_up = said(statuses(company="in_progress")).given_up()
    assert answers.verdicts(planned, given_up) == ("failed",)


def test_a_free_data_point_in_progress_is_followed_too() -> None:
    planned = plans.plan(request("company", "availableDocuments"), PRICES)
    heard = said(statuses(company="succeeded", availableDocuments="in_progress"))

    assert answers.verdicts(planned, heard) == ("billed",)
    assert answers.is_pending(planned, heard)
    assert not answers.is_pending(planned, heard.given_up())


def test_a_register_without_statuses_has_delivered_what_it_sends() -> None:
    asked = request("company", "ultimateBeneficialOwners")
    heard = register.register_answer(200, b'{"company":{"id":"1"}}')
    assert heard is not None

    answer = answered(asked, plans.plan(asked, PRICES), heard)

    assert shown(answer) == {"company": ("succeeded", 1), "ultimateBeneficialOwners": ("failed", 0)}


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'"x"', b'{"a":"\xff"}'])
def test_garbage_is_no_answer(body: bytes) -> None:
    assert register.register_answer(200, body) is None


def test_what_was_not_delivered_is_left_out_and_the_rest_keeps_its_bytes() -> None:
    asked = request("company", "ultimateBeneficialOwners")
    body = (
        b'{"type":"x","company":{"capital":1.50},"ultimateBeneficialOwners":[1],"graph":{},'
        b'"dataSources":["s"],"request":{"requestId":"theirs","companyLegalName":"A","dataStatus":'
        b'{"dataPoints":{"company":{"status":"succeeded","authoritative":true},'
        b'"ultimateBeneficialOwners":{"status":"failed"}}}}}'
    )
    heard = register.register_answer(200, body)
    assert heard is not None

    planned = plans.plan(asked, PRICES)
    found = answers.assemble(asked, "r-1", planned, heard, planned.expected, ACME)

    assert found == (
        b'{"request":{"requestId":"r-1","companyId":"1","countryCode":"FR",'
        b'"dataPoints":["company","ultimateBeneficialOwners"],"dataStatus":{"dataPoints":{'
        b'"company":{"status":"succeeded","cost":1,"authoritative":true},'
        b'"ultimateBeneficialOwners":{"status":"failed","cost":0,"error":{"code":'
        b'"processing_failed","message":"the register gave no reason","retryable":true}}},'
        b'"documents":{}},"metadata":{},"companyLegalName":"A","workspace":{"id":"ws_1",'
        b'"name":"acme","legalName":"Acme SAS","isDefault":false}},'
        b'"company":{"capital":1.50},"dataSources":["s"]}'
    )
    assert answers.event_body(found) == b'{"type":"company.updated",' + found[1:]


NAMES: list[object] = ["succeeded", "failed", "in_progress", "enriching", "odd", None, 3, []]
STATUS = st.sampled_from(NAMES)
ERROR = st.none() | st.fixed_dictionaries(
    {"message": st.sampled_from(["no", 3, None]), "code": st.sampled_from(["invalid_request", []])},
    optional={"details": st.sampled_from([["a", 1], "a"]), "retryable": st.sampled_from([True, 1])},
)
TOLD = st.dictionaries(
    st.sampled_from(POINTS), st.fixed_dictionaries({"status": STATUS, "error": ERROR}) | st.none()
)


@given(st.lists(st.sampled_from(POINTS), unique=True), TOLD, st.sampled_from([200, 202]))
def test_any_answer_fits_the_reference_and_shows_what_is_billed(
    points: list[DataPoint], told: dict[str, object], status: int
) -> None:
    asked = request(*points, documents=("d1",), metadata={"a": "b"})
    planned = plans.plan(asked, PRICES)
    heard = said(told, status, company={}, documentStatus={"d1": {"status": "failed"}})
    verdicts = answers.verdicts(planned, heard)
    open_lines = [verdict != "failed" for verdict in verdicts]

    answer = answered(asked, planned, heard)

    costs = sum(cast("float", cost) for _, cost in shown(answer).values())
    assert costs * CREDIT == sum(
        amount for amount, is_open in zip(planned.expected, open_lines, strict=True) if is_open
    )


def test_what_has_no_price_fails_at_no_cost_and_is_not_asked_for() -> None:
    asked = request("company", "graph", documents=("d1",))

    planned = plans.plan(asked, PRICES | {"fra-document": None})
    answer = answered(asked, planned, said(statuses(company="succeeded")))

    assert planned.unsold["graph"].code == "datapoint_not_supported"
    assert json.loads(plans.upstream_body(asked, planned)) == {
        "id": "1", "countryCode": "FR", "dataPoints": ["company"], "mode": "verification",
    }  # fmt: skip
    assert shown(answer) == {"company": ("succeeded", 1), "graph": ("failed", 0)}
    assert shown(answer, "documents") == {"d1": ("failed", 0)}


def test_when_nothing_is_sold_the_register_is_not_asked() -> None:
    asked = request("company", country="AT")
    planned = plans.plan(asked, PRICES)

    answer = answered(asked, planned, NOTHING_ASKED)

    assert not planned.asks_register
    assert shown(answer) == {"company": ("failed", 0)}
