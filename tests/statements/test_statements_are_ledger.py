"""All statements together are the usage report and the ledger's movement, to the micro-credit.

Random lives of an account: workspaces that are archived, releases after midnight, settles in the
next month and after the expiry, imports of long ago, usage of no workspace, prices that change,
refunds of what was billed. Now and then somebody looks, so months become final in between.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from prepaid.domain.instants import DAY, HOUR, SECOND, from_datetime, to_datetime
from prepaid.domain.statements.statement import Line, Statement
from prepaid.flows import reports
from prepaid.flows.statements import statement as statements
from prepaid.flows.statements.statement import MonthView
from prepaid.store import tables as t
from tests.kit.door import CHARGES, Customer
from tests.statements.office import Office, number, set_prices, set_up

NAMES = ("default", "paris", "berlin", None)
SKUS = ("report", "page", "free")
AMOUNTS = (0, 0.000001, 1.5, 2, 123.456789)
JUMPS = (SECOND, HOUR, 12 * HOUR, DAY, 9 * DAY, 31 * DAY)
ZONES = ("UTC", "Europe/Paris", "America/Los_Angeles", "Pacific/Kiritimati")
PRICES: tuple[dict[str, Any], ...] = (
    {"markupPercent": 12.3456},
    {"markupPercent": -50, "sku": "report"},
    {"pricePerCredit": 0.333333, "workspace": "paris"},
    {"pricePerRequest": 1.005, "workspace": "paris", "sku": "page"},
)
KINDS = (
    *("charge", "reserve", "import", "settle", "release", "refund"),
    *("jump", "eve", "turn", "look", "prices"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 999), st.integers(0, 999))
    | st.tuples(st.just("replace"), st.integers(0, 999), st.just(0)),
    min_size=1,
    max_size=20,
)
Place = tuple[int, int, str]  # month of the charges, workspace, SKU


@dataclass
class Life:
    """One account, and what has happened to it."""

    office: Office
    ada: Customer
    zone: str
    charges: list[str] = field(default_factory=list)
    final: dict[tuple[int, int], Statement] = field(default_factory=dict)

    async def step(self, kind: str, one: int, two: int) -> None:
        """One thing that happens; refusals are part of life."""
        if kind in ("charge", "reserve", "import"):
            await self._charge(kind, one, two)
        elif kind == "jump":
            self.office.hand.now += JUMPS[one % len(JUMPS)] + two
        elif kind == "eve":
            self.office.hand.now = max(self.office.hand.now, self._next_month() - HOUR)
        elif kind == "turn":  # a hold made before is still open then, and its month a draft
            await self._charge("reserve", one, two)
            self.office.hand.now = max(self.office.hand.now, self._next_month() - HOUR)
            await self._charge("reserve", two, one)
            self.office.hand.now += 2 * HOUR
            await self.check()
        elif kind == "look":
            await self.check()
        elif kind == "prices":
            await set_prices(self.ada, *(PRICES[: one % len(PRICES) + 1]))
        elif kind == "replace":
            name = ("paris", "berlin")[one % 2]
            await self.ada.ask("DELETE", f"/v2/workspaces/{name}")
            assert (await self.ada.workspace(name)).status_code == 201
        elif self.charges:
            body = {} if kind == "release" else {"credits": AMOUNTS[two % len(AMOUNTS)]}
            path = f"{CHARGES}/{self.charges[one % len(self.charges)]}/{kind}"
            answer = await self.office.door.operator("POST", path, body)
            assert answer.status_code in (200, 400, 409), answer.text

    def _next_month(self) -> int:
        local = to_datetime(self.office.hand.now).astimezone(ZoneInfo(self.zone))
        year, month = divmod(local.year * 12 + local.month, 12)
        return from_datetime(datetime(year, month + 1, 1, tzinfo=ZoneInfo(self.zone)))

    async def check(self) -> tuple[list[MonthView], list[Statement]]:
        """All statements there are now are what was used, and what left the balance."""
        months, found = await self.statements()
        assert some(told(found)) == some(await self.moved())
        credits = sum(line.micros for made in found for line in made.lines)
        assert credits == 10**12 - await self.office.door.shop.balance(number(self.ada))
        check_money(found)
        return months, found

    async def _charge(self, kind: str, one: int, two: int) -> None:
        body: dict[str, Any] = {"workspace": NAMES[one % 4], "sku": SKUS[two % 3]}
        body |= {"quantity": 1 + one % 7}
        if kind == "import":
            moment = to_datetime(self.office.hand.now - (one % 400) * DAY - two)
            result = await self.office.door.import_usage(self.ada, moment.isoformat(), **body)
            assert result["status"] == 201, result
            self.charges.append(result["body"]["id"])
        else:
            body |= (
                {"settle": True} if kind == "charge" else {"settle": False, "ttlSeconds": 86_400}
            )
            self.charges.append(await self.office.charge(self.ada, **body))

    async def statements(self) -> tuple[list[MonthView], list[Statement]]:
        """All there are; those that were final before are as they were."""
        desk, account = self.office.desk, number(self.ada)
        months = await statements.months(desk, account)
        found = []
        for view in months:
            for sheet in await statements.of_month(desk, account, view.period.month):
                made = sheet.statement
                assert (sheet.why_draft is None) == view.is_final == (made.number is not None)
                found.append(made)
                if view.is_final:
                    key = (made.month, made.client.workspace)
                    assert self.final.setdefault(key, made) == made
        return months, found

    async def moved(self) -> dict[Place, list[int]]:
        """Requests and credits of every charge, out of charges and ledger, at its own time."""
        c, e, account = t.charge.c, t.ledger_entry.c, number(self.ada)

        def read(connection: Any) -> tuple[list[Any], list[Any]]:
            charges = select(c.seq, c.workspace, c.sku, c.reserved_at, c.status)
            entries = select(e.charge, e.amount)
            return (
                list(connection.execute(charges.where(c.account_id == account))),
                list(connection.execute(entries.where(e.account_id == account, e.charge > 0))),
            )

        charges, entries = await self.office.desk.vault.read(read)
        paid: dict[int, int] = defaultdict(int)
        for charge, amount in entries:
            paid[charge] -= amount
        found: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
        for seq, workspace, sku, at, status in charges:
            local: datetime = to_datetime(at).astimezone(ZoneInfo(self.zone))
            line = found[local.year * 12 + local.month - 1, workspace, sku]
            line[0] += status in ("held", "settled")
            line[1] += paid[seq]
        return found


def told(found: list[Statement]) -> dict[Place, list[int]]:
    """Requests and credits of all statements together."""
    sums: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
    for made in found:
        for line in made.lines:
            place = sums[line.origin, made.client.workspace, line.sku]
            place[0] += line.count
            place[1] += line.micros
    return sums


def some(sums: dict[Place, list[int]]) -> dict[Place, list[int]]:
    return {place: line for place, line in sums.items() if any(line)}


def exact(line: Line) -> Fraction:
    """What a line costs in cents, before it is rounded."""
    if line.per == "request":
        return Fraction(line.count * line.price, 10**7)
    return Fraction(line.micros * line.price, 10**13)


def check_money(found: list[Statement]) -> None:
    """Each line is rounded once, corrections at their month's price; the tax is on their sum."""
    prices: dict[Place, tuple[str, int]] = {}
    for made in sorted(found, key=lambda made: made.month):
        for line in made.lines:
            assert abs(line.amount - exact(line)) <= Fraction(1, 2)
            place = (line.origin, made.client.workspace, line.sku)
            if made.number is not None or place in prices:
                assert prices.setdefault(place, (line.per, line.price)) == (line.per, line.price)
        assert made.subtotal == sum(line.amount for line in made.lines)
        assert made.tax is not None
        assert abs(made.tax.amount - Fraction(made.subtotal, 5)) <= Fraction(1, 2)
        assert made.total == made.subtotal + made.tax.amount


@pytest.mark.timeout(420)  # a failure is made smaller before it is shown, which takes its time
@given(steps=STEPS, zone=st.sampled_from(ZONES))
@settings(
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_all_statements_are_the_report_and_the_ledger(
    office: Office, steps: list[tuple[str, int, int]], zone: str
) -> None:
    office.hand.now += 400 * DAY  # nothing is left of the life before
    life = Life(office, await office.customer(), zone)
    tax = {"label": "VAT", "ratePercent": 20}
    await set_up(life.ada, timeZone=zone, tax=tax)
    for step in steps:
        await life.step(*step)
    for _ in range(2):
        months, found = await life.check()
        await check_report(life, months, found)
        office.hand.now += 62 * DAY  # every month of before is final now


async def check_report(life: Life, months: list[MonthView], found: list[Statement]) -> None:
    """What statements tell of a month is what the usage report tells of its time."""
    for view in months:
        period = view.period
        report = await reports.usage_report(
            life.office.desk, number(life.ada), period.starts, period.ends
        )
        used = {
            (period.month, line.workspace, line.sku): [line.requests, line.micros]
            for row in report
            for line in row.lines
        }
        here = {place: line for place, line in told(found).items() if place[0] == period.month}
        assert some(here) == used


def test_the_first_of_a_month_is_told_by_its_zone() -> None:
    """So that the histories above have months to get wrong."""
    moment = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)

    assert {moment.astimezone(ZoneInfo(zone)).month for zone in ZONES} == {10, 11}
