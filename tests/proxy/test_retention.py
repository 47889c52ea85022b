"""Answers, keys and marks are kept for their time, then forgotten in small steps."""

import pytest
from sqlalchemy import func, insert, select, update

from prepaid.domain.amounts import CREDIT
from prepaid.domain.instants import DAY, HOUR
from prepaid.flows.proxying import retention as proxied_retention
from prepaid.store import proxied_retention as pruning
from prepaid.store import tables as t
from prepaid.store.vault import Connection, Vault
from tests.kit.door import code
from tests.kit.proxied import ProxyShop, proxy_shop
from tests.kit.shop import Shop
from tests.kit.upstream import Upstream
from tests.proxy.later import accepts

DAYS = 30
KEYED = {"idempotency-key": "k"}


async def counts(vault: Vault) -> tuple[int, ...]:
    """How many requests, keys and marks are kept."""
    tables = (t.proxied_request, t.proxied_key, t.repeat_mark)
    return await vault.read(
        lambda c: tuple(c.scalar(select(func.count()).select_from(one)) or 0 for one in tables)
    )


async def aged(vault: Vault, span: int) -> None:
    """As if so much time had gone by."""
    r, k, m = t.proxied_request, t.proxied_key, t.repeat_mark
    changes = (
        update(r).values(answered_at=r.c.answered_at - span, due_at=r.c.due_at),
        update(k).values(kept_until=k.c.kept_until - span),
        update(m).values(kept_until=m.c.kept_until - span),
    )
    await vault.write(lambda c: [c.execute(change) for change in changes])


async def pruned(there: ProxyShop) -> list[int]:
    steps = []
    while done := await proxied_retention.prune(there.shop.desk, DAYS):
        steps.append(done)
    return steps


async def test_each_is_forgotten_in_its_own_time(there: ProxyShop) -> None:
    ada = await there.customer(10)
    vault = there.shop.desk.vault
    await ada.send("POST", "/v1/reports/1", headers=KEYED, json={})
    await ada.send("POST", "/v1/repeated", json={"id": "x"})
    assert await counts(vault) == (1, 1, 1)
    await aged(vault, HOUR - 60_000_000)
    assert await pruned(there) == []

    await aged(vault, 60_000_000 + 1_000_000)
    assert await pruned(there) == [1]
    assert await counts(vault) == (1, 1, 0)
    await aged(vault, DAY - HOUR)
    assert await pruned(there) == [1]
    assert await counts(vault) == (1, 0, 0)
    await aged(vault, (DAYS - 2) * DAY)
    assert await pruned(there) == []
    await aged(vault, DAY)
    assert await pruned(there) == [1]
    assert await counts(vault) == (0, 0, 0)


async def test_a_forgotten_answer_is_not_found_and_its_charge_stays(shop: Shop) -> None:
    async with proxy_shop(shop) as there:
        ada = await there.customer(10)
        first = await ada.company("1", "company")
        path = f"/v2/company/{first.json()['request']['requestId']}"
        await aged(shop.desk.vault, DAYS * DAY - 60_000_000)
        await pruned(there)
        kept = await ada.send("GET", path)
        await aged(shop.desk.vault, 61_000_000)
        await pruned(there)
        got = await ada.send("GET", path)
        posted = await ada.send("POST", "/v2/company", json={"requestId": path.rpartition("/")[2]})

        assert kept.content == first.content
        assert [(one.status_code, code(one)) for one in (got, posted)] == [(404, "not_found")] * 2
        assert await ada.micros() == 9 * CREDIT


async def test_what_is_not_over_is_never_forgotten(there: ProxyShop, far: Upstream) -> None:
    """A request in flight, or one that is followed, is still somebody's."""
    ada = await there.customer(10)
    far.behaviour = accepts
    await ada.send("POST", "/v1/later", json={})
    await aged(there.shop.desk.vault, 400 * DAY)

    assert await pruned(there) == []
    assert (await counts(there.shop.desk.vault))[0] == 1


async def test_a_clock_that_was_advanced_forgets_nothing_early(there: ProxyShop) -> None:
    """A sandbox account's time is not the time that answers are kept by."""
    ada = await there.customer(10)
    await ada.later(4 * 365 * 86_400)
    await ada.send("POST", "/v1/reports/1", headers=KEYED, json={})
    await ada.send("POST", "/v1/repeated", json={"id": "x"})

    assert await pruned(there) == []
    await aged(there.shop.desk.vault, 31 * DAY)
    assert await pruned(there) == [3]


async def test_a_key_used_again_is_kept_again(there: ProxyShop, far: Upstream) -> None:
    """After a day it stands for a new request, and is not forgotten with the old one's time."""
    ada = await there.customer(10)
    await ada.send("POST", "/v1/reports/1", headers=KEYED, json={})
    await aged(there.shop.desk.vault, 2 * DAY)
    await ada.later(86_401)
    await ada.send("POST", "/v1/reports/1", headers=KEYED, json={})
    await pruned(there)
    again = await ada.send("POST", "/v1/reports/1", headers=KEYED, json={})

    assert again.headers["idempotent-replayed"] == "true"
    assert len(far.asked) == 2


async def test_a_step_is_bounded_and_the_oldest_go_first(there: ProxyShop) -> None:
    ada = await there.customer(10)
    vault = there.shop.desk.vault
    await ada.send("POST", "/v1/reports/1", headers=KEYED, json={})

    def fill(connection: Connection) -> None:
        row = dict(connection.execute(select(t.proxied_request)).mappings().one())
        rows = [row | {"id": f"r{n}", "answered_at": n} for n in range(450)]
        connection.execute(insert(t.proxied_request), rows)

    await vault.write(fill)
    first = await vault.write(lambda c: pruning.prune(c, 10**9, 0, 100))
    oldest = await vault.read(lambda c: c.scalar(select(func.min(t.proxied_request.c.answered_at))))

    assert (first, oldest) == (100, 100)
    assert await pruned(there) == [200, 150]
    assert (await counts(vault))[0] == 1


@pytest.mark.parametrize("table", ["proxied_request", "proxied_key", "repeat_mark"])
async def test_a_step_reads_an_index(shop: Shop, table: str) -> None:
    """Else each step would read everything that is kept."""
    column = "answered_at" if table == "proxied_request" else "kept_until"
    more = " AND due_at IS NULL" if table == "proxied_request" else ""
    query = f"SELECT account_id FROM {table} WHERE {column} < 5{more} ORDER BY {column} LIMIT 9"

    def work(connection: Connection) -> str:
        if not shop.desk.vault.database.is_shared:
            return str(connection.exec_driver_sql("EXPLAIN QUERY PLAN " + query).all())
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the table is empty
        return str(connection.exec_driver_sql("EXPLAIN " + query).all())

    assert f"ix_{table}_{column}" in await shop.desk.vault.write(work)
