"""The sandbox register: the ids that fail as they are named, late answers, and the price list."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast, get_args

import pytest
from httpx import ASGITransport, AsyncClient, Response
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.amounts import Micros
from prepaid.domain.company import answers, plans, requests
from prepaid.domain.company.register import MEMBERS, register_answer
from prepaid.domain.company.requests import CompanyRequest, DataPoint
from prepaid.domain.countries import Country
from prepaid.domain.routing.answers import RequestWorkspace
from prepaid.domain.routing.json_trees import Json, at
from prepaid.sandbox import register_companies, register_prices
from prepaid.sandbox.register import FAILURES, register
from tests import reference

ACME = RequestWorkspace("ws_1", "acme", "Acme SAS", is_default=False)
POINTS: tuple[DataPoint, ...] = get_args(DataPoint)
PRICES: dict[str, Micros | None] = {price.sku: price.micros for price in register_prices.prices()}
NEVER = 3_600.0  # seconds; nothing waits so long here


class Waits:
    """Waits that somebody else ends, and what was waited for."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.begun = asyncio.Event()
        self.end = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.begun.set()
        await self.end.wait()


def client_of(slow_s: float = NEVER, **changes: Waits) -> AsyncClient:
    transport = ASGITransport(app=register(slow_s=slow_s, **changes))
    return AsyncClient(transport=transport, base_url="http://register")


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    async with client_of() as found:
        yield found


async def ask(
    client: AsyncClient, company_id: str, *points: str, country: str = "TEST", **more: object
) -> Response:
    body = {"id": company_id, "countryCode": country, "dataPoints": points, **more}
    return await client.post("/v2/company", json=body)


def told(answer: Response, kind: str = "dataPoints") -> dict[str, Json]:
    found = at(answer.json(), ("request", "dataStatus", kind))
    assert isinstance(found, dict)
    return {name: at(status, ("status",)) for name, status in found.items()}


def assembled(asked: CompanyRequest, response: Response) -> bytes:
    planned = plans.plan(asked, PRICES)
    heard = register_answer(response.status_code, response.content)
    assert heard is not None
    return answers.assemble(asked, "r-1", planned, heard, planned.expected, ACME)


async def test_every_other_id_of_test_is_a_company_with_all_its_data(client: AsyncClient) -> None:
    answer = await ask(client, "anything at all", *POINTS)

    reference.check(answer.content, "GetCompanyResultDTO")
    assert told(answer) == dict.fromkeys(POINTS, "succeeded")
    members = {name for names in MEMBERS.values() for name in names}
    assert members | {"request", "dataSources"} == set(answer.json())
    assert answer.json()["company"]["legalName"] == "Test Company anything at all Inc"


@pytest.mark.parametrize("company_id", FAILURES)
async def test_ids_fail_as_they_are_named(client: AsyncClient, company_id: str) -> None:
    answer = await ask(client, company_id, "company", "graph", documents=["d1"])

    reference.check(answer.content, "GetCompanyResultDTO")
    for kind, name in (("dataPoints", "company"), ("dataPoints", "graph"), ("documents", "d1")):
        status = answer.json()["request"]["dataStatus"][kind][name]
        assert (status["status"], status["error"]["code"]) == ("failed", company_id.lower())
    assert set(answer.json()) == {"request"}


async def test_elsewhere_those_ids_are_just_unknown(client: AsyncClient) -> None:
    answer = await ask(client, "SERVICE_UNAVAILABLE", "company", country="FR")

    status = answer.json()["request"]["dataStatus"]["dataPoints"]["company"]
    assert status["error"]["code"] == "resource_not_found"


async def test_partial_delivers_all_but_the_last(client: AsyncClient) -> None:
    answer = await ask(client, "PARTIAL", "company", "graph", "shareholders")

    reference.check(answer.content, "GetCompanyResultDTO")
    assert list(told(answer).values()) == ["succeeded", "succeeded", "failed"]
    assert "shareholders" not in answer.json()


async def test_pending_completes_one_data_point_with_each_poll(client: AsyncClient) -> None:
    answer = await ask(client, "PENDING", "company", "graph")
    assert told(answer) == {"company": "in_progress", "graph": "in_progress"}
    assert set(answer.json()) == {"request"}

    path = f"/v2/company/{answer.json()['request']['requestId']}"
    polled = [await client.get(path) for _ in range(3)]

    for each in polled:
        reference.check(each.content, "GetCompanyResultDTO")
    assert [list(told(each).values()) for each in polled] == [
        ["succeeded", "in_progress"],
        ["succeeded", "succeeded"],
        ["succeeded", "succeeded"],
    ]
    assert "graph" not in polled[0].json()
    assert "graph" in polled[1].json()


async def test_accepted_says_where_to_poll(client: AsyncClient) -> None:
    answer = await ask(client, "ACCEPTED", "company")
    assert (answer.status_code, answer.content) == (202, b"")

    polled = await client.get(answer.headers["location"])

    assert told(polled) == {"company": "succeeded"}


async def test_slow_answers_late_and_others_meanwhile() -> None:
    waits = Waits()
    async with client_of(slow_s=12.5, wait=waits) as client:
        late = asyncio.create_task(ask(client, "SLOW", "company"))
        await waits.begun.wait()
        at_once = await ask(client, "1", "company")
        was_waiting = not late.done()
        waits.end.set()
        answer = await late

    assert told(at_once) == told(answer) == {"company": "succeeded"}
    assert was_waiting
    assert waits.seconds == [12.5]


async def test_an_upstream_can_be_broken(client: AsyncClient) -> None:
    assert (await ask(client, "ERROR_500", "company")).status_code == 500
    garbage = await ask(client, "GARBAGE", "company")
    assert register_answer(garbage.status_code, garbage.content) is None
    assert (await client.get("/v2/company/unknown")).status_code == 404
    assert (await client.post("/v2/company", content=b"{")).status_code == 400
    assert (await client.post("/v2/company", content=b"[" * 10**5)).status_code == 400


async def test_documents_are_listed_and_then_delivered(client: AsyncClient) -> None:
    listed = await ask(client, "1", "availableDocuments")
    known = listed.json()["documents"][0]["id"]

    answer = await ask(client, "1", documents=[known, "unknown"])

    assert told(answer, "documents") == {known: "succeeded", "unknown": "failed"}
    assert answer.json()["documents"] == listed.json()["documents"]


@pytest.mark.parametrize("country", ["FR", "DE", "IT", "GB"])
async def test_a_country_has_companies_that_everybody_can_buy(
    client: AsyncClient, country: Country
) -> None:
    ids = [known for code, known in register_companies.COMPANIES if code == country]
    assert len(ids) >= 9

    for company_id in ids:
        asked = CompanyRequest(company_id=company_id, country=country, data_points=POINTS)
        answer = await client.post(
            "/v2/company", content=plans.upstream_body(asked, plans.plan(asked, PRICES))
        )
        reference.check(assembled(asked, answer), "GetCompanyResultDTO")


def test_no_company_can_have_a_real_number() -> None:
    for country, company_id in register_companies.COMPANIES:
        if country in {"FR", "IT"}:
            assert not is_luhn(company_id)
        elif country == "GB":
            assert company_id.startswith("ZX")


def is_luhn(digits: str) -> bool:
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def test_the_price_list_is_of_skus_that_exist() -> None:
    prices = register_prices.prices()
    countries = ("FR", "DE", "IT", "GB", "TEST")
    known = {sku for country in countries for sku in plans.skus(cast("Country", country))}

    assert {price.sku for price in prices} <= known
    assert len({price.sku for price in prices}) == len(prices)
    assert all(price.micros > 0 and price.description for price in prices)
    assert {price.unit for price in prices} == {"request", "document"}


def test_every_country_sells_company_data_and_onboarding_within_its_budget() -> None:
    for country in ("fra", "deu", "ita", "gbr", "test"):
        assert PRICES[f"{country}-company-data"]
        onboarding = PRICES.get(f"{country}-company-data-onboarding")
        assert onboarding is None or onboarding <= requests.ONBOARDING_BUDGET * 10_000


@given(st.binary(max_size=60))
def test_any_body_has_an_answer(body: bytes) -> None:
    async def post() -> Response:
        async with client_of() as client:
            return await client.post("/v2/company", content=body)

    assert asyncio.run(post()).status_code in {200, 400}


async def test_any_assembled_answer_of_a_special_id_fits_the_reference(client: AsyncClient) -> None:
    for company_id in (*FAILURES, "PARTIAL", "PENDING", "ACCEPTED", "1"):
        asked = CompanyRequest(
            company_id=company_id, country="TEST", data_points=POINTS, documents=("d1",)
        )
        answer = await ask(client, company_id, *POINTS, documents=["d1"])
        body = assembled(asked, answer)
        reference.check(body, "GetCompanyResultDTO")
