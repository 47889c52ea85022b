"""A customer who is told things, in a world whose clock stands still until it is moved.

Amounts are credit cents. Each request comes a microsecond after the one before it.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, Instant
from prepaid.flows import prices
from prepaid.flows.desk import Desk
from prepaid.store.vault import open_database
from tests.kit.door import CHARGES, Customer, Door, exact, opened_door
from tests.kit.shop import PRICES, Shop
from tests.simulation.clocked import Hand, vault

BASE = "/v2/billing/notifications"
CONFIG = f"{BASE}/config"
RECENT = f"{BASE}/recent"
START: Instant = 20_557 * DAY + 10 * HOUR + 23 * MINUTE + 45 * SECOND  # 2026-04-14T10:23:45Z
LOW = {"lowBalanceEnabled": True}
WHOLE = {"globalHighUsageEnabled": True, "globalHighUsagePeriodMinutes": 60}
EACH = {"highUsageEnabled": True, "highUsagePeriodMinutes": 60}


def tiers(**cents: int) -> list[dict[str, object]]:
    """`tiers(warning=100, critical=20)`, in that order."""
    return [{"tier": name, "cents": value} for name, value in cents.items()]


@dataclass(frozen=True)
class Told:
    """A sandbox account with a full key."""

    door: Door
    who: Customer
    hand: Hand

    async def set(self, **fields: object) -> Any:
        """PATCH the configuration."""
        return self._read(await self.who.ask("PATCH", CONFIG, json=fields))

    async def override(self, workspace: str, **fields: object) -> Any:
        """PATCH a workspace's own rules."""
        return self._read(await self.who.ask("PATCH", place(workspace), json=fields))

    async def hold(self, cents: float, workspace: str | None = "default", **rest: Any) -> Any:
        """Reserve."""
        made = await self.door.charge(self.who, workspace=workspace, credits=credits(cents), **rest)
        assert made.status_code == 201, made.text
        return exact(made)

    async def spend(self, cents: float, workspace: str | None = "default", **rest: Any) -> Any:
        """Charge at once."""
        return await self.hold(cents, workspace, settle=True, **rest)

    async def end(self, charge: Any, verb: str, cents: float | None = None) -> Any:
        """Settle, release or refund."""
        body = {} if cents is None else {"credits": credits(cents)}
        path = f"{CHARGES}/{charge['id']}/{verb}"
        return self._read(await self.door.operator("POST", path, body))

    async def grant(self, cents: float) -> None:
        """Refill."""
        await self.door.grant(self.who, cents)

    async def later(self, minutes: float) -> None:
        """Advance the account's test clock by so much, and the second that requests may take."""
        body = {"advanceSeconds": round(minutes * 60) + 1}
        self._read(await self.door.operator("POST", self.who.place + "/clock", body))

    async def recent(self, **filters: object) -> Any:
        """What was sent, oldest first."""
        answer = await self.who.ask("GET", RECENT, params=filters)
        return self._read(answer)[::-1]

    async def rung(self) -> list[str]:
        """`balance:warning:1`, `global:…` or `workspace:…`: scope, tier and count, oldest first."""
        return [
            f"{one['payload'].get('scope', 'balance')}:{one['identifier']}"
            f":{one['dedupKey'].rpartition(':')[2]}"
            for one in await self.recent()
        ]

    async def state(self) -> Any:
        """How every tier stands."""
        return self._read(await self.who.ask("GET", f"{BASE}/state"))

    async def workspace(self, name: str) -> str:
        """A new workspace; its id."""
        made = await self.who.workspace(name)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    @staticmethod
    def _read(answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return exact(answer)


def credits(cents: float) -> float:
    """The same amount, as it stands in a request."""
    return round(cents / 100, 6)


def place(workspace: str) -> str:
    """Where a workspace's own rules stand."""
    return f"{BASE}/workspaces/{workspace}/config"


@dataclass(frozen=True)
class World:
    """A front door, and the hand of the clock behind it."""

    door: Door
    hand: Hand

    async def ada(self, cents: float = 100_000, **config: object) -> Told:
        """A customer with credit and these rules."""
        told = Told(self.door, await self.door.customer(cents), self.hand)
        if config:
            await told.set(**config)
        return told


@asynccontextmanager
async def opened_world(url: str) -> AsyncIterator[World]:
    """The service on a migrated database, at `START`."""
    hand = Hand(START)
    desk = Desk(vault(open_database(url), hand), lambda: hand.now, secrets.token_bytes)
    desk.vault.start()
    try:
        await prices.replace_list(desk, PRICES)
        async with opened_door(Shop(desk)) as door:
            yield World(door, hand)
    finally:
        await desk.vault.stop()
