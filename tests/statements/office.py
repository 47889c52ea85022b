"""A front door with a clock, and short words for what tests of statements do with it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant, from_datetime
from prepaid.flows.desk import Desk
from tests.kit.door import CHARGES, Customer, Door, exact
from tests.simulation.clocked import Hand

STATEMENTS = "/v2/billing/statements"
SETTINGS = "/v2/billing/statement-settings"
CLIENT_PRICES = "/v2/billing/client-prices"


def at(text: str) -> Instant:
    """The point in time of a date, or of a date and time; UTC."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def number(customer: Customer) -> AccountId:
    """The account as flows know it."""
    found = ids.parse_account(customer.id)
    assert found is not None
    return found


@dataclass(frozen=True)
class Office:
    """The door of a shop whose time is in the test's hand."""

    door: Door
    hand: Hand

    @property
    def desk(self) -> Desk:
        """What flows work with."""
        return self.door.shop.desk

    def go_to(self, text: str) -> None:
        """Let time pass until then."""
        moment = at(text)
        assert moment >= self.hand.now, "time only goes on"
        self.hand.now = moment

    async def customer(self, **facts: object) -> Customer:
        """An account with a million credits and two clients."""
        ada = await self.door.customer(100_000_000, **({"sandbox": False} | facts))
        for name in ("paris", "berlin"):
            assert (await ada.workspace(name, f"{name.title()} Client")).status_code == 201
        return ada

    async def charge(self, ada: Customer, workspace: str | None = "paris", **fields: Any) -> str:
        """Charge, or hold; the charge's id."""
        made = await self.door.charge(ada, workspace=workspace, **({"settle": True} | fields))
        assert made.status_code == 201, made.text
        found: str = made.json()["id"]
        return found

    async def end(self, charge: str, how: str, **fields: Any) -> None:
        """Settle, release or refund."""
        done = await self.door.operator("POST", f"{CHARGES}/{charge}/{how}", fields)
        assert done.status_code == 200, done.text


async def month(ada: Customer, name: str, **filters: Any) -> list[Any]:
    """The statements of a month, whole, their numbers exact."""
    found: list[Any] = []
    query = {"month": name} | filters
    while True:
        page = exact(await good(ada.ask("GET", STATEMENTS, params=query)))
        for row in page["data"]:
            found.append(exact(await good(ada.ask("GET", f"{STATEMENTS}/{row['id']}"))))
            assert {name: found[-1][name] for name in row} == row
        if page["nextCursor"] is None:
            return found
        query |= {"cursor": page["nextCursor"]}


async def good(asked: Any) -> httpx.Response:
    """An answer that must be 200."""
    answer: httpx.Response = await asked
    assert answer.status_code == 200, answer.text
    return answer


async def set_up(ada: Customer, **settings: Any) -> Any:
    """Change settings of statements."""
    return (await good(ada.ask("PATCH", SETTINGS, json=settings))).json()


async def set_prices(ada: Customer, *prices: Any) -> Any:
    """Ask prices of clients."""
    return exact(await good(ada.ask("PUT", CLIENT_PRICES, json={"prices": prices})))


def place(statement: Any) -> str | None:
    """The workspace's name; None: the account-wide bucket."""
    found = statement["workspace"]
    return None if found is None else found["name"]


def by_place(statements: list[Any]) -> dict[str | None, Any]:
    """Statements by workspace name."""
    return {place(one): one for one in statements}


def items(statement: Any) -> list[Any]:
    """Month, SKU, count and credits of each line."""
    return [
        (line["month"], line["sku"], line["count"], line["credits"]) for line in statement["lines"]
    ]
