"""Billable requests as the guide and the issue tell them, against the register that ships."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from prepaid.domain.amounts import CREDIT
from tests import reference
from tests.kit.door import code, spent
from tests.kit.proxied import Buyer, ProxyShop, events, hurry, proxy_shop
from tests.kit.shop import Shop
from tests.store.recount import recount

DATA = CREDIT  # of test-company-data
SHARES = CREDIT // 2


@pytest.fixture
async def there(shop: Shop) -> AsyncIterator[ProxyShop]:
    async with proxy_shop(shop) as made:
        yield made


def points(answer: httpx.Response) -> dict[str, tuple[str, float]]:
    """Status and cost of each data point."""
    found = answer.json()["request"]["dataStatus"]["dataPoints"]
    return {name: (one["status"], one["cost"]) for name, one in found.items()}


async def exact(ada: Buyer, micros: int) -> Any:
    """The balance is so much, and everything kept agrees with it."""
    assert await ada.micros() == micros
    return await recount(ada.at.shop.desk.vault, ada.account)


async def test_the_workspace_is_in_the_answer_and_in_the_report(there: ProxyShop) -> None:
    ada = await there.customer(10)
    tagged = await ada.company("1", "company", "shareholders", workspace="acme")
    untagged = await ada.company("2", "company")

    assert tagged.status_code == untagged.status_code == 200, tagged.text
    found = tagged.json()["request"]["workspace"]
    assert found["id"].startswith("ws_")
    assert found | {"id": ""} == {
        "id": "", "name": "acme", "legalName": "Acme SAS", "isDefault": False,
    }  # fmt: skip
    assert untagged.json()["request"]["workspace"]["name"] == "default"
    assert untagged.json()["request"]["workspace"]["isDefault"] is True
    assert points(tagged) == {"company": ("succeeded", 1), "shareholders": ("succeeded", 0.5)}
    report = await ada.usage()
    assert {name: float(used) for name, used in spent(report).items()} == {
        "acme": 1.5, "default": 1,
    }  # fmt: skip
    skus = {line["sku"] for row in report for line in row["breakdown"]}
    assert skus == {"test-company-data", "test-shareholders"}
    await exact(ada, 10 * CREDIT - 2 * DATA - SHARES)


async def test_a_failed_data_point_costs_nothing(there: ProxyShop) -> None:
    ada = await there.customer(10)
    partial = await ada.company("PARTIAL", "company", "shareholders")
    failed = await ada.company("RESOURCE_NOT_FOUND", "company", "graph")

    assert points(partial) == {"company": ("succeeded", 1), "shareholders": ("failed", 0)}
    assert {status for status, _ in points(failed).values()} == {"failed"}
    assert "shareholders" not in partial.json()
    await exact(ada, 10 * CREDIT - DATA)


async def test_a_block_is_billed_once_and_shown_on_its_first_data_point(there: ProxyShop) -> None:
    ada = await there.customer(10)
    answer = await ada.company("1", "legalRepresentatives", "company", "availableDocuments")

    assert points(answer) == {
        "legalRepresentatives": ("succeeded", 1),
        "company": ("succeeded", 0),
        "availableDocuments": ("succeeded", 0),
    }
    await exact(ada, 10 * CREDIT - DATA)


async def test_a_repeat_within_24_hours_is_free_for_any_workspace(there: ProxyShop) -> None:
    ada = await there.customer(10)
    await ada.company("1", "company")
    again = await ada.company(" 1 ", "establishments", workspace="acme")
    await exact(ada, 10 * CREDIT - DATA)
    await ada.later(24 * 3600 + 60)
    later = await ada.company("1", "company")

    assert points(again) == {"establishments": ("succeeded", 0)}
    assert points(later) == {"company": ("succeeded", 1)}
    await exact(ada, 10 * CREDIT - 2 * DATA)


async def test_somebody_elses_purchase_is_no_repeat(there: ProxyShop) -> None:
    ada, bob = await there.customer(10), await there.customer(10)
    await ada.company("1", "company")
    await bob.company("1", "company")

    assert await bob.micros() == 9 * CREDIT


async def test_a_repeat_needs_no_credit(there: ProxyShop) -> None:
    ada = await there.customer(1)
    first = await ada.company("1", "company")
    again = await ada.company("1", "company")
    other = await ada.company("2", "company")

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 402)
    await exact(ada, 0)


async def test_a_stored_answer_is_asked_for_by_its_id_for_nothing(there: ProxyShop) -> None:
    ada, bob = await there.customer(10), await there.customer(10)
    first = await ada.company("1", "company")
    request_id = first.json()["request"]["requestId"]
    posted = await ada.send("POST", "/v2/company", json={"requestId": request_id})
    got = await ada.send("GET", f"/v2/company/{request_id}")
    of_bob = await bob.send("GET", f"/v2/company/{request_id}")
    unknown = await ada.send("POST", "/v2/company", json={"requestId": "nothing"})

    assert posted.content == got.content == first.content
    assert (of_bob.status_code, code(of_bob)) == (404, "not_found")
    assert unknown.status_code == 404
    await exact(ada, 10 * CREDIT - DATA)


@pytest.mark.parametrize("body", [{"id": "1"}, {"requestId": "x"}])
async def test_an_unknown_workspace_is_400_before_anything_is_charged(
    there: ProxyShop, body: dict[str, object]
) -> None:
    ada = await there.customer(10)
    whole = {"countryCode": "TEST", "dataPoints": ["company"]} | body
    refused = await ada.send("POST", "/v2/company", "nobody", json=whole)

    assert (refused.status_code, code(refused)) == (400, "workspace_not_found")
    kept = await exact(ada, 10 * CREDIT)
    assert not kept.charges


async def test_an_empty_balance_is_402(there: ProxyShop) -> None:
    ada = await there.customer(0)
    refused = await ada.company("1", "company", "shareholders")

    assert (refused.status_code, code(refused)) == (402, "insufficient_funds")
    assert not (await exact(ada, 0)).charges


async def test_a_group_is_judged_once(there: ProxyShop) -> None:
    """The last request may take the balance below zero, with all its charges."""
    ada = await there.customer(0.2)
    answer = await ada.company("1", "company", "shareholders", "graph")

    assert answer.status_code == 200
    await exact(ada, CREDIT // 5 - DATA - SHARES - 2 * CREDIT)


async def test_onboarding_and_pricing(there: ProxyShop) -> None:
    ada = await there.customer(10)
    body = {"id": "1", "countryCode": "TEST"}
    answer = await ada.send("POST", "/v2/onboarding", "acme", json=body)
    shown = await ada.send("GET", "/v2/pricing?countryCode=FR")
    wrong = await ada.send("GET", "/v2/pricing?countryCode=XX")

    reference.check(answer.content, "GetCompanyResultDTO")
    assert points(answer) == {"companyProfile": ("succeeded", 0.25)}
    reference.check(shown.content, "GetPricingResultDTO")
    assert shown.json()["company"] == {"available": True, "price": 1}
    assert wrong.status_code == 400
    await exact(ada, 10 * CREDIT - CREDIT // 4)


async def test_a_budget_is_kept(there: ProxyShop) -> None:
    ada = await there.customer(10)
    refused = await ada.company("1", "company", maxBudget=50)

    assert (refused.status_code, code(refused)) == (400, "budget_exceeded")
    await exact(ada, 10 * CREDIT)


async def test_the_answers_fit_the_reference(there: ProxyShop) -> None:
    ada = await there.customer(100)
    all_points = (
        "companyProfile", "ultimateBeneficialOwners", "availableDocuments", "shareholders",
        "graph", "company", "legalRepresentatives", "otherKeyPersons", "establishments",
        "subsidiaries",
    )  # fmt: skip
    for company_id in ("1", "PARTIAL", "PROCESSING_FAILED", "PENDING", "ACCEPTED"):
        answer = await ada.company(
            company_id, *all_points, documents=["d"], metadata={"a": "b", "k" * 41: "x"}
        )

        assert answer.status_code == 200, answer.text
        reference.check(answer.content, "GetCompanyResultDTO")
        assert answer.json()["request"]["metadata"] == {"a": "b"}
    await recount(there.shop.desk.vault, ada.account)


async def test_a_key_that_reads_may_read(there: ProxyShop) -> None:
    eve = await there.customer(10, scope="read")
    bought = await eve.company("1", "company")
    shown = await eve.send("GET", "/v2/pricing?countryCode=FR")

    assert (bought.status_code, shown.status_code) == (403, 200)
    assert (await eve.client.get("/v2/pricing?countryCode=FR")).status_code == 401


@pytest.mark.parametrize("company_id", ["PENDING", "ACCEPTED"])
async def test_what_is_in_progress_is_followed_and_settled_part_by_part(
    there: ProxyShop, company_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await there.customer(10)
    first = await ada.company(company_id, "company", "shareholders", workspace="acme")
    request_id = first.json()["request"]["requestId"]
    assert points(first) == {"company": ("in_progress", 1), "shareholders": ("in_progress", 0.5)}
    assert await ada.micros() == 10 * CREDIT - DATA - SHARES
    assert await there.follow() == 0  # it is not time yet

    await hurry(there.shop.desk.vault)
    assert await there.follow() == 1
    half = await ada.send("GET", f"/v2/company/{request_id}")
    assert points(half) == {"company": ("succeeded", 1), "shareholders": ("in_progress", 0.5)}
    kept = await exact(ada, 10 * CREDIT - DATA - SHARES)
    assert [c.status for c in kept.charges.values()] == ["settled", "held"]
    await ada.later(90_000)  # the hold ends; the work goes on
    assert await ada.micros() == 10 * CREDIT - DATA
    await hurry(there.shop.desk.vault)
    assert await there.follow() == 1

    whole = await ada.send("GET", f"/v2/company/{request_id}")
    assert points(whole) == {"company": ("succeeded", 1), "shareholders": ("succeeded", 0.5)}
    assert whole.json()["request"]["workspace"]["name"] == "acme"
    reference.check(whole.content, "GetCompanyResultDTO")
    await exact(ada, 10 * CREDIT - DATA - SHARES)
    await hurry(there.shop.desk.vault)
    assert await there.follow() == 0
    bodies = await events(there.shop.desk.vault, ada.account)
    assert [body["type"] for body in bodies] == ["company.updated"] * 2
    assert {body["request"]["workspace"]["name"] for body in bodies} == {"acme"}
    assert bodies[-1] == {"type": "company.updated"} | whole.json()
