"""A limit or a floor before calls that are passed on: one judgement for all of a request."""

from prepaid.domain.limits import Limit
from prepaid.flows import accounts, workspaces
from tests.kit.door import code
from tests.kit.proxied import ProxyShop
from tests.kit.upstream import Upstream

TWO = {"items": ["report", "page"]}  # 2.01 credits


async def test_a_request_that_would_pass_the_limit_as_a_whole_is_not_passed_on(
    there: ProxyShop, far: Upstream
) -> None:
    """Not even the part of it for which there is room is charged; the upstream is not asked."""
    ada = await there.customer()
    await workspaces.change(there.shop.desk, ada.account, "acme", limit=Limit(200, None))
    refused = await ada.send("POST", "/v1/items", "acme", json=TWO)
    untagged = await ada.send("POST", "/v1/items", json=TWO)
    smaller = await ada.send("POST", "/v1/items", "acme", json={"items": ["report"]})

    assert (refused.status_code, code(refused)) == (402, "workspace_limit_reached")
    assert (untagged.status_code, smaller.status_code) == (200, 200)
    assert len(far.asked) == 2


async def test_a_request_that_would_pass_the_floor_as_a_whole_is_not_passed_on(
    there: ProxyShop, far: Upstream
) -> None:
    """Each of its charges would stay above the minimum balance, both together would not."""
    ada = await there.customer(2.009999)
    await accounts.change(there.shop.desk, ada.account, {"floor": 0})
    refused = await ada.send("POST", "/v1/items", json=TWO)
    await there.shop.grant(ada.account, 0.000001)
    enough = await ada.send("POST", "/v1/items", json=TWO)

    assert (refused.status_code, code(refused)) == (402, "insufficient_funds")
    assert enough.status_code == 200
    assert len(far.asked) == 1
