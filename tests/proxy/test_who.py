"""Every proxied route asked by those who may not: no key, wrong keys, others, ended keys."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from prepaid.domain import ids
from prepaid.flows import accounts
from tests.kit.door import code
from tests.kit.proxied import Buyer, ProxyShop
from tests.kit.shop import OPERATOR_KEY
from tests.kit.upstream import Upstream


@dataclass(frozen=True)
class Ask:
    """A right request."""

    method: str
    path: str
    body: Any = None
    is_billed: bool = True


ASKED = [
    Ask("POST", "/v1/reports/1", {}),
    Ask("POST", "/v1/items", {"items": ["report"]}),
    Ask("GET", "/v1/things?kind=report"),
    Ask("POST", "/stream", {}),
    Ask("POST", "/v1/later", {}),
    Ask("GET", "/v1/free/a/b", is_billed=False),
]
WRONG = ("", "x", OPERATOR_KEY, "é".encode(), b"\xff", "k" * 10_000)


async def ask(there: ProxyShop, one: Ask, *keys: str | bytes) -> httpx.Response:
    raw = [(b"x-api-key", key if isinstance(key, bytes) else key.encode()) for key in keys]
    return await there.client.request(one.method, one.path, headers=raw, json=one.body)


@pytest.fixture
async def ada(there: ProxyShop) -> Buyer:
    return await there.customer(10)


async def refused(
    there: ProxyShop, far: Upstream, told: tuple[int, str], *keys: str | bytes
) -> None:
    for one in ASKED:
        answer = await ask(there, one, *keys)
        assert (answer.status_code, code(answer)) == told, one
    assert far.asked == []


async def test_without_a_key_nothing_is_passed_on(there: ProxyShop, far: Upstream) -> None:
    await refused(there, far, (401, "unauthorized"))
    for wrong in WRONG:
        await refused(there, far, (401, "unauthorized"), wrong)


async def test_a_key_that_is_sent_twice_is_refused(
    there: ProxyShop, far: Upstream, ada: Buyer
) -> None:
    await refused(there, far, (400, "invalid_request"), ada.key, ada.key)


async def test_a_revoked_key_opens_nothing(there: ProxyShop, far: Upstream, ada: Buyer) -> None:
    """Not even right after it was used, when this process knows it well."""
    for one in ASKED:
        assert (await ask(there, one, ada.key)).status_code < 400, one
    far.asked.clear()
    before = await ada.micros()
    for key in await accounts.list_keys(there.shop.desk, ada.account):
        await accounts.revoke_key(there.shop.desk, ada.account, key.number)

    await refused(there, far, (401, "unauthorized"), ada.key)
    assert await ada.micros() == before


async def test_a_closed_account_buys_nothing(there: ProxyShop, far: Upstream, ada: Buyer) -> None:
    await accounts.change(there.shop.desk, ada.account, {"closed": True})

    await refused(there, far, (403, "account_closed"), ada.key)


async def test_a_reading_key_only_reads(there: ProxyShop, far: Upstream) -> None:
    eve = await there.customer(10, scope="read")
    for one in ASKED:
        answer = await ask(there, one, eve.key)
        assert answer.status_code == (403 if one.is_billed else 200), one
    assert len(far.asked) == 1
    assert await eve.micros() == 10_000_000


async def test_the_operators_key_is_no_customers(there: ProxyShop, far: Upstream) -> None:
    for one in ASKED:
        answer = await there.client.request(
            one.method, one.path, headers={"x-operator-key": OPERATOR_KEY}, json=one.body
        )
        assert (answer.status_code, code(answer)) == (401, "unauthorized"), one
    assert far.asked == []


async def test_a_strangers_answer_does_not_exist(there: ProxyShop, ada: Buyer) -> None:
    """Ids are random and looked for in the asker's account only."""
    first = await ask(there, ASKED[4], ada.key)
    bob = await there.customer(10)
    assert ids.account(bob.account) != ids.account(ada.account)

    keyed = {"idempotency-key": "shared"}
    mine = await ada.send("POST", "/v1/reports/1", headers=keyed, json={"a": 1})
    his = await bob.send("POST", "/v1/reports/2", headers=keyed, json={"b": 1})
    assert (first.status_code, mine.status_code, his.status_code) == (200, 200, 200)
    assert mine.headers["proxied-request-id"] != his.headers["proxied-request-id"]
