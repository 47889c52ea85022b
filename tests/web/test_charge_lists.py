"""The list of charges: every line of every report can be explained by it, down to the charge.

Random lives of an account are told to the service, imports into the past among them; then what the
list says, page by page and as CSV, is compared with every charge asked for by itself.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prepaid.store import charge_lists
from tests.kit.door import CHARGES, Customer, Door, code, exact, fields
from tests.web.test_report_is_ledger import STEPS, Story

LIST = "/v2/billing/charges"
CSV = {"accept": "text/csv"}
FEW = 3  # numbers that a step looks through, so that short lives have many steps


@contextmanager
def short_steps(span: int) -> Iterator[None]:
    """A step sees little, as with millions of charges."""
    before, charge_lists.SPAN = charge_lists.SPAN, span
    try:
        yield
    finally:
        charge_lists.SPAN = before


async def listed(ada: Customer, limit: int = 200, **filters: str) -> list[Any]:
    """Every page of the list."""
    found: list[Any] = []
    params = {"limit": str(limit)} | filters
    while True:
        answer = await ada.ask("GET", LIST, params=params)
        assert answer.status_code == 200, answer.text
        page = exact(answer)
        assert len(page["data"]) <= limit
        found += page["data"]
        if page["nextCursor"] is None:
            return found
        params["cursor"] = page["nextCursor"]


async def as_csv(ada: Customer, **filters: str) -> list[dict[str, str]]:
    """The list as a file."""
    headers = {"x-api-key": ada.key} | CSV
    answer = await ada.client.get(LIST, headers=headers, params=filters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def places(found: list[Any]) -> list[tuple[str, str]]:
    return [(one["reservedAt"], one["id"]) for one in found]


@pytest.mark.timeout(420)  # a failure is made smaller before it is shown, which takes its time
@given(steps=STEPS, data=st.data())
@settings(
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_list_has_every_charge_once_the_newest_first(
    door: Door, steps: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """However small the pages and the steps are, and wherever imports fall."""
    story = Story(door, await door.customer(10**8))
    for step in steps:
        await story.step(*step)
    facts = {one["id"]: exact_fact(one) for one in await story.facts()}
    with short_steps(data.draw(st.integers(1, FEW))):
        found = await listed(story.ada, data.draw(st.integers(1, FEW)))

        assert {one["id"]: one for one in found} == facts
        assert len(found) == len(facts)
        assert places(found) == sorted(places(found), reverse=True)
        assert [line["id"] for line in await as_csv(story.ada)] == [one["id"] for one in found]

        times = sorted({one["reservedAt"] for one in found}) or ["2026-01-01T00:00:00.000000Z"]
        moments = st.sampled_from(times + [time[:10] for time in times])
        start, end = data.draw(moments), data.draw(moments)
        last = end if len(end) > 10 else end + "T24"
        if start <= last:
            within = [one for one in found if start <= one["reservedAt"] < last]
            assert await listed(story.ada, 2, startDate=start, endDate=end) == within


@pytest.mark.timeout(420)
@given(steps=STEPS)
@settings(
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_every_line_of_the_report_is_explained_by_its_charges(
    door: Door, steps: list[tuple[str, int, int]]
) -> None:
    """By month, workspace and SKU: so many charges, so many credits, and none is left over."""
    story = Story(door, await door.customer(10**8))
    for step in steps:
        await story.step(*step)
    explained = 0
    for row in await story.ada.usage(groupBy="month"):
        place = row["workspace"]
        if place is not None and place["name"] in {"paris", "berlin"} and story.archived:
            continue  # a name may stand for several: told by id in the test below
        whose = {"accountWide": "true"} if place is None else {"workspace": place["name"]}
        days = {"startDate": row["period"] + "-01", "endDate": last_day(row["period"])}
        for line in row["breakdown"]:
            found = await as_csv(story.ada, sku=line["sku"], status="held,settled", **whose, **days)
            assert len(found) == line["count"]
            assert sum(Decimal(one["credits"]) for one in found) == line["totalCredits"]
            explained += len(found)

    if not story.archived:
        billed = [one for one in await story.facts() if one["status"] in ("held", "settled")]
        assert explained == len(billed)


def exact_fact(fact: Any) -> Any:
    """Numbers as `exact` has them."""
    return {k: Decimal(str(v)) if isinstance(v, float) else v for k, v in fact.items()}


def last_day(month: str) -> str:
    """The last day of a month like 2026-04."""
    year, number = int(month[:4]), int(month[5:])
    days = (31, 29 if year % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return f"{month}-{days[number - 1]}"


async def test_a_workspace_by_its_id_is_that_one_and_by_its_name_every_one(door: Door) -> None:
    """A name may be used again after its workspace was archived."""
    ada = await door.customer()
    charged, ids = [], []
    for _ in range(2):
        ids.append((await ada.workspace("paris")).json()["id"])
        charged.append((await door.charge(ada, workspace="paris", settle=True)).json()["id"])
        await ada.ask("DELETE", "/v2/workspaces/paris")
    wide = (await door.charge(ada, workspace=None)).json()["id"]

    assert [one["id"] for one in await listed(ada, workspace="paris")] == charged[::-1]
    for place, charge in zip(ids, charged, strict=True):
        assert [one["id"] for one in await listed(ada, workspace=place)] == [charge]
    assert [one["id"] for one in await listed(ada, accountWide="true")] == [wide]
    assert [one["id"] for one in await listed(ada, sku="report", status="held")] == [wide]
    unknown = await ada.ask("GET", LIST, params={"workspace": "rome"})
    assert (unknown.status_code, code(unknown)) == (400, "workspace_not_found")
    both = await ada.ask("GET", LIST, params={"workspace": "paris", "accountWide": "true"})
    assert fields(both) == ["accountWide"]


async def test_many_imports_of_one_moment_do_not_stop_the_list(door: Door) -> None:
    """Logs of whole days have one time for every line; a step then begins and ends in it."""
    ada = await door.customer(10_000)
    for _ in range(7):
        assert (await door.import_usage(ada, "2026-11-01T00:00:00Z"))["status"] == 201
    await door.charge(ada)
    with short_steps(2):
        for limit in (1, 3, 200):
            found = places(await listed(ada, limit))
            assert len(set(found)) == len(found) == 8
            assert found == sorted(found, reverse=True)


async def test_free_requests_alone_leave_no_entries_and_are_listed(door: Door) -> None:
    """They move no balance, so the ledger does not tell their times."""
    ada = await door.customer(0)
    made = [(await door.charge(ada, "free", settle=True)).json()["id"] for _ in range(9)]
    with short_steps(2):
        assert [one["id"] for one in await listed(ada, 2)] == made[::-1]
        first = (await listed(ada))[-1]["reservedAt"]
        assert [one["id"] for one in await listed(ada, endDate=first)] == []
        assert len(await listed(ada, startDate=first)) == 9


@pytest.mark.parametrize("imported", [False, True])
async def test_a_page_of_rare_charges_ends_early_and_goes_on(
    door: Door, monkeypatch: pytest.MonkeyPatch, imported: bool
) -> None:
    """No request looks through millions of charges at once; the cursor carries on."""
    monkeypatch.setattr(charge_lists, "SPAN", 2)
    ada = await door.customer(10_000)
    if imported:
        rare = (await door.import_usage(ada, "2026-10-01T00:00:00Z", sku="page"))["body"]["id"]
        for _ in range(30):
            await door.import_usage(ada, "2026-10-02T00:00:00Z")
    else:
        rare = (await door.charge(ada, "page", settle=True)).json()["id"]
        for _ in range(30):
            await door.charge(ada, settle=True)
    page = (await ada.ask("GET", LIST, params={"sku": "page"})).json()

    assert page["data"] == []
    assert page["nextCursor"]
    assert [one["id"] for one in await listed(ada, sku="page")] == [rare]


async def test_a_stranger_finds_nothing_here(door: Door) -> None:
    """Neither by id, nor by another account's workspace or place in the list."""
    ada, bob = await door.customer(), await door.customer()
    hers = (await door.charge(ada)).json()["id"]
    place = (await ada.ask("GET", "/v2/workspaces")).json()[0]["id"]

    assert (await bob.ask("GET", f"{LIST}/{hers}")).status_code == 404
    assert (await ada.ask("GET", f"{LIST}/{hers}")).json()["id"] == hers
    assert code(await bob.ask("GET", LIST, params={"workspace": place})) == "workspace_not_found"
    assert await listed(bob) == []
    assert await as_csv(bob) == []
    seen = await door.operator("GET", f"{ada.place}/charges")
    assert [one["id"] for one in seen.json()["data"]] == [hers]
    assert (await door.operator("GET", f"{CHARGES}/{hers}")).json() == seen.json()["data"][0]
