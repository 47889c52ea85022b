"""What the report says was used is what left the balance, to the micro-credit, in every period.

Random histories are told to the service; then the report is compared with the account's own
ledger, whose lines are summed per charge and placed at the charge's own time.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.door import CHARGES, Customer, Door, exact

DAY_S = 86_400
USAGE_KINDS = {"hold", "adjustment", "release", "refund"}
NAMES = ("default", "paris", "berlin", None)
SKUS = ("report", "page", "free")
AMOUNTS = ("0", "0.000001", "1.5", "2", "123.456789")
JUMPS_S = (1, 3_600, 43_200, DAY_S, 2 * DAY_S, 29 * DAY_S)
BACK_DAYS = (0, 1, 29, 30, 31, 62, 365, 399)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("reserve", "charge", "import", "settle", "release", "refund", "jump")),
        st.integers(0, 999),
        st.integers(0, 999),
    )
    | st.tuples(st.just("replace"), st.integers(0, 999), st.just(0)),
    min_size=1,
    max_size=14,
)


@dataclass
class Story:
    """One account, and what has happened to it."""

    door: Door
    ada: Customer
    ahead: timedelta = timedelta()  # of the account's test clock
    charges: list[str] = field(default_factory=list)
    archived: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=lambda: {"default"})

    async def step(self, kind: str, one: int, two: int) -> None:
        """One request; refusals are part of life."""
        if kind in ("reserve", "charge", "import"):
            await self._charge(kind, one, two)
        elif kind == "jump":
            seconds = JUMPS_S[one % len(JUMPS_S)] + two
            self.ahead += timedelta(seconds=seconds)
            await self._ask(self.ada.place + "/clock", {"advanceSeconds": seconds})
        elif kind == "replace":
            await self._replace(("paris", "berlin")[one % 2])
        elif self.charges:
            body = {} if kind == "release" else {"credits": float(AMOUNTS[two % len(AMOUNTS)])}
            charge = self.charges[one % len(self.charges)]
            await self._ask(f"{CHARGES}/{charge}/{kind}", body)

    async def _charge(self, kind: str, one: int, two: int) -> None:
        name = NAMES[one % len(NAMES)]
        body: dict[str, Any] = {"workspace": name, "sku": SKUS[two % len(SKUS)]}
        body |= {"quantity": 1 + one % 7, "settle": kind != "reserve"}
        if name and name not in self.names:
            await self._create(name)
        if kind != "import":
            made = await self.door.charge(self.ada, **body)
            status, answer = made.status_code, made.json()
        else:
            back = timedelta(days=BACK_DAYS[two % len(BACK_DAYS)], seconds=one)
            at = datetime.now(UTC) + self.ahead - back
            result = await self.door.import_usage(self.ada, at.isoformat(), **body)
            status, answer = result["status"], result["body"]
        assert status == 201, answer
        self.charges.append(answer["id"])

    async def _create(self, name: str) -> None:
        assert (await self.ada.workspace(name)).status_code == 201
        self.names.add(name)

    async def _replace(self, name: str) -> None:
        if name in self.names:
            for row in (await self.ada.ask("GET", "/v2/workspaces")).json():
                if row["name"] == name:
                    self.archived.add(row["id"])
            await self.ada.ask("DELETE", f"/v2/workspaces/{name}")
        await self._create(name)

    async def _ask(self, path: str, body: object) -> None:
        answer = await self.door.operator("POST", path, body)
        assert answer.status_code in (200, 400, 409), answer.text

    async def paid(self) -> dict[str, Decimal]:
        """Credits that left the balance, by charge, out of the whole ledger."""
        paid: dict[str, Decimal] = defaultdict(Decimal)
        cursor: dict[str, str] = {}
        while True:
            page = exact(await self.ada.ask("GET", "/v2/billing/ledger", params=cursor))
            for entry in page["data"]:
                if entry["kind"] in USAGE_KINDS:
                    paid[entry["chargeId"]] -= Decimal(entry["cents"]) / 100
            if page["nextCursor"] is None:
                return paid
            cursor = {"cursor": page["nextCursor"], "limit": "7"}

    async def facts(self) -> list[Any]:
        """Every charge as it is."""
        return [
            (await self.door.operator("GET", f"{CHARGES}/{one}")).json() for one in self.charges
        ]


Row = tuple[str, bool, list[tuple[str, int, Decimal]]]


def expected(story: Story, facts: Iterable[Any], paid: dict[str, Decimal]) -> list[Row]:
    """The report's rows as the ledger tells them."""
    rows: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    names = {}
    for charge in facts:
        place = charge["workspace"] or {"id": "", "name": ""}
        names[place["id"]] = place["name"]
        line = rows[place["id"]].setdefault(charge["sku"], [0, Decimal(0)])
        line[0] += charge["status"] in ("held", "settled")
        line[1] += paid.get(charge["id"], Decimal(0))
    lines = {
        ident: [(sku, *line) for sku, line in sorted(skus.items()) if any(line)]
        for ident, skus in rows.items()
    }
    return sorted((names[i], i in story.archived, found) for i, found in lines.items() if found)


def told(report: Any) -> list[Row]:
    """The report's rows, those with usage."""
    found = []
    for row in report:
        lines = [(line["sku"], line["count"], line["totalCredits"]) for line in row["breakdown"]]
        assert row["totalCreditsUsed"] == sum(credits for _, _, credits in lines)
        assert row["totalRequests"] == sum(count for _, count, _ in lines)
        place = row["workspace"] or {"name": ""}
        if lines:
            found.append((place["name"], place.get("archived", False), lines))
    return sorted(found)


@pytest.mark.timeout(420)  # a failure is made smaller before it is shown, which takes its time
@given(steps=STEPS, data=st.data())
@settings(
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_report_equals_the_ledger(
    door: Door, steps: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    story = Story(door, await door.customer(10**8))
    for step in steps:
        await story.step(*step)
    report, facts, paid = await story.ada.usage(), await story.facts(), await story.paid()

    assert told(report) == expected(story, facts, paid)
    balance = (await story.ada.balance())["balanceInCreditCents"]
    assert balance == 10**8 - 100 * sum(paid.values())

    times = sorted({charge["reservedAt"] for charge in facts}) or ["2026-01-01T00:00:00.000000Z"]
    moments = times + [time[:10] for time in times] + [time[:8] + "01" for time in times]
    for _ in range(4):
        start, end = data.draw(st.sampled_from(moments)), data.draw(st.sampled_from(moments))
        last = end if len(end) > 10 else end + "T24"  # a date is included to its last moment
        if start <= last:
            part = await story.ada.usage(startDate=start, endDate=end)
            within = [charge for charge in facts if start <= charge["reservedAt"] < last]
            assert told(part) == expected(story, within, paid), (start, end)
    for name in sorted(story.names):
        rows = [row for row in expected(story, facts, paid) if row[0] == name]
        assert told(await story.ada.usage(workspace=name)) == rows
