"""Company data for credits: what is sold in which block, at which price, within which budget."""

import json
from decimal import Decimal
from typing import get_args

import pytest

from prepaid.domain.amounts import CENT, CREDIT, Micros
from prepaid.domain.company import plans, prices
from prepaid.domain.company.requests import CompanyRequest, DataPoint, GraphOptions
from prepaid.domain.refusals import Refusal
from prepaid.domain.routing.routes import Line
from tests import reference

PRICES: dict[str, Micros | None] = {
    "fra-company-data": CREDIT,
    "fra-company-data-onboarding": 20 * CENT,
    "fra-ubo": CREDIT * 3 // 2,
    "fra-document": 50 * CENT,
}
POINTS: tuple[DataPoint, ...] = get_args(DataPoint)


def request(*points: DataPoint, **changes: object) -> CompanyRequest:
    values: dict[str, object] = {"company_id": "1", "country": "FR", "data_points": points}
    return CompanyRequest(**values | changes)  # type: ignore[arg-type]


def test_every_data_point_is_sold_in_one_block_or_free() -> None:
    sold = [point for points in plans.BLOCKS.values() for point in points]

    assert sorted([*sold, "availableDocuments"]) == sorted(POINTS)
    assert plans.block_of("availableDocuments") is None


def test_a_block_is_one_charge() -> None:
    asked = request("company", "ultimateBeneficialOwners", "legalRepresentatives", "companyProfile")

    planned = plans.plan(asked, PRICES)

    assert planned.lines == (
        Line("fra-company-data", ("company", "legalRepresentatives", "companyProfile")),
        Line("fra-ubo", ("ultimateBeneficialOwners",)),
    )
    assert planned.expected == (CREDIT, CREDIT * 3 // 2)
    assert set(plans.skus_of(asked)) == {line.sku for line in planned.lines}


def test_documents_are_charged_one_by_one() -> None:
    asked = request("availableDocuments", documents=("d1", "d2"))

    planned = plans.plan(asked, PRICES)

    assert planned.lines == (Line("fra-document", (), "d1"), Line("fra-document", (), "d2"))
    assert planned.free == ("availableDocuments",)
    assert plans.skus_of(asked) == ("fra-document",)


def test_onboarding_has_its_own_prices() -> None:
    asked = request("company", "ultimateBeneficialOwners", mode="onboarding")

    planned = plans.plan(asked, PRICES)

    assert [line.sku for line in planned.lines] == ["fra-company-data-onboarding"]
    assert planned.unsold["ultimateBeneficialOwners"].code == "fast_source_unavailable"


@pytest.mark.parametrize(
    ("budget", "is_enough"), [("250", True), ("249.99", False), ("0", False), ("1e3", True)]
)
def test_a_budget_is_a_hard_cap(budget: str, is_enough: bool) -> None:
    asked = request("company", "ultimateBeneficialOwners", budget_max=Decimal(budget))

    if is_enough:
        assert plans.plan(asked, PRICES).lines
        return
    with pytest.raises(Refusal, match="250 credit cents") as error:
        plans.plan(asked, PRICES)
    assert (error.value.code, error.value.details[0].field) == ("budget_exceeded", "maxBudget")


def test_a_profile_budget_looks_at_company_data_alone() -> None:
    points: tuple[DataPoint, ...] = ("company", "ultimateBeneficialOwners")

    assert plans.plan(request(*points, profile_budget_max=Decimal(100)), PRICES).lines
    with pytest.raises(Refusal, match="profileMaxBudget"):
        plans.plan(request(*points, profile_budget_max=Decimal(99)), PRICES)


def test_the_register_is_told_how_far_to_go_and_no_metadata() -> None:
    graph = GraphOptions(("FR:1",), Decimal(0), interactive=True)
    asked = request("graph", graph=graph, metadata={"a": "b"}, documents=("d",), enrichment=True)

    body = plans.upstream_body(asked, plans.plan(asked, PRICES | {"fra-graph": CREDIT}))

    reference.check(body, "CreateCompanyRequestDTO")
    assert json.loads(body) == {
        "id": "1", "countryCode": "FR", "dataPoints": ["graph"], "mode": "verification",
        "documents": ["d"], "graphContinueFromNodeIds": ["FR:1"], "graphMaxBudget": 0,
        "graphInteractive": True, "agenticEnrichment": True,
    }  # fmt: skip


def test_pricing_fits_the_reference_and_names_what_is_sold() -> None:
    body = prices.pricing("FR", PRICES)

    reference.check(body, "GetPricingResultDTO")
    answer = json.loads(body)
    assert answer["blocks"] == [
        {
            "sku": "fra-company-data",
            "datapoints": list(plans.BLOCKS["company-data"]),
            "modes": {
                "verification": {"price": 1, "authoritative": True},
                "onboarding": {"price": 0.2, "authoritative": False},
            },
        },
        {
            "sku": "fra-ubo",
            "datapoints": ["ultimateBeneficialOwners"],
            "modes": {"verification": {"price": 1.5, "authoritative": True}, "onboarding": None},
        },
    ]
    assert answer["legalRepresentatives"] == {"available": True, "price": 1}
    assert answer["graph"] == {"available": False, "price": 0}
    assert answer["availableDocuments"] == {"available": True, "price": 0}


def test_pricing_of_a_country_where_nothing_is_sold_is_empty() -> None:
    body = prices.pricing("AT", PRICES)

    reference.check(body, "GetPricingResultDTO")
    assert json.loads(body)["blocks"] == []
    assert set(PRICES) <= set(plans.skus("FR"))
