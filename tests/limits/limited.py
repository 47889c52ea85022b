"""Short words for an account whose workspace `default` has a spend limit. Amounts in cents."""

from typing import Any

import httpx

from tests.acceptance import notified
from tests.acceptance.notified import Told, World
from tests.kit.door import exact

WORKSPACES = "/v2/workspaces"


def rolling(cents: int, minutes: int = 60) -> dict[str, Any]:
    """A limit over the last so many minutes."""
    return {"cents": cents, "periodMinutes": minutes}


def monthly(cents: int) -> dict[str, Any]:
    """A limit of the calendar month."""
    return {"cents": cents, "period": "calendar_month"}


async def limited(world: World, limit: object, cents: float = 100_000, **facts: object) -> Told:
    """A customer whose workspace `default` may spend so much."""
    told = Told(world.door, await world.door.customer(cents, **facts), world.hand)
    await put(told, limit)
    return told


async def put(told: Told, limit: object, workspace: str = "default") -> Any:
    """Set a limit; the workspace as it is answered."""
    path = f"{WORKSPACES}/{workspace}"
    answer = await told.who.ask("PATCH", path, json={"spendLimit": limit})
    assert answer.status_code == 200, answer.text
    return exact(answer)


async def ask(
    told: Told, cents: float, workspace: str | None = "default", **rest: Any
) -> httpx.Response:
    """Charge so much at once, whatever the answer."""
    body = {"workspace": workspace, "credits": notified.credits(cents), "settle": True} | rest
    return await told.door.charge(told.who, **body)


def facts(refused: httpx.Response) -> tuple[str, str, str]:
    """What a refusal says: limit, spent, and when there is room again."""
    assert refused.status_code == 402, refused.text
    error = refused.json()["error"]
    assert error["code"] == "workspace_limit_reached"
    found = {detail["field"]: detail["message"] for detail in error["details"]}
    assert list(found) == ["limitCents", "spentCents", "freesAt"]
    limit, spent, frees_at = found.values()
    assert frees_at in error["message"] or frees_at == "never"
    assert f"{spent} of {limit} cents" in error["message"]
    return limit, spent, frees_at


async def listed(told: Told, workspace: str = "default") -> Any:
    """The workspace as the list shows it."""
    answer = await told.who.ask("GET", WORKSPACES)
    assert answer.status_code == 200, answer.text
    return next(row for row in exact(answer) if row["name"] == workspace)


async def rung(told: Told) -> list[str]:
    """The dedup keys of limits reached, oldest first, without the workspace's id."""
    found = await told.recent(kind="workspace_limit")
    return [one["dedupKey"].replace(one["workspaceId"], "ws") for one in found]
