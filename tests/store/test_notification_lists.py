"""Notifications by kind and workspace: several walks down an index, put together as one list."""

import pytest
from sqlalchemy import insert

from prepaid.store import notifications
from prepaid.store import tables as t
from tests.deliveries.office import Scripted, opened_office

COUNT = 60
KINDS = ("high_usage", "workspace_limit", "low_balance")
FIXED: dict[str, object] = {
    "account_id": 7,
    "identifier": "x",
    "event_type": "x",
    "payload": b"{}",
    "fired_at": 0,
    "before": 0,
    "after": 0,
    "email": False,
    "webhook": False,
}


@pytest.mark.parametrize("kind", [None, "high_usage", "workspace_limit"])
@pytest.mark.parametrize("scopes", [None, (), (1,), (1, 2, 9)])
async def test_notifications_of_several_lists_come_in_one_order(
    migrated_sqlite_url: str, kind: str | None, scopes: tuple[int, ...] | None
) -> None:
    """Newest first and no more than asked for, from whichever index each comes."""
    rows: list[dict[str, object]] = [
        FIXED | {"number": n, "kind": KINDS[n % 3], "scope": n % 4, "dedup_key": f"{n}"}
        for n in range(1, COUNT)
    ]

    def is_wanted(row: dict[str, object]) -> bool:
        return (kind is None or row["kind"] == kind) and (scopes is None or row["scope"] in scopes)

    async with opened_office(migrated_sqlite_url, Scripted()) as office:
        vault = office.desk.vault
        await vault.write(lambda c: c.execute(insert(t.notification), rows).rowcount)
        found = await vault.read(
            lambda c: notifications.recent(c, 7, before=50, limit=5, kind=kind, scopes=scopes)
        )

    wanted = [row["number"] for row in rows[48::-1] if is_wanted(row)]
    assert [one.notification.number for one in found] == wanted[:5]
