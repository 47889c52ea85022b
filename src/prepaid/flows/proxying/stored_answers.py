"""What the proxy answers by itself, for nothing: stored answers, prices, who is asking."""

from prepaid.domain.accounts import unknown_workspace
from prepaid.domain.amounts import Micros
from prepaid.domain.company import plans, prices
from prepaid.domain.company.requests import parse_country
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import not_found
from prepaid.flows.desk import Desk
from prepaid.flows.proxying.buffered import replayed
from prepaid.flows.proxying.errands import DEFAULT, Reply
from prepaid.flows.proxying.passing import Proxy
from prepaid.store import prices as price_lists
from prepaid.store import proxied, workspaces
from prepaid.store.vault import Connection

JSON = (("content-type", "application/json"),)


async def stored(proxy: Proxy, account: AccountId, request: str) -> Reply:
    """The newest answer of an earlier request of the account.

    Raises:
        Refusal: `404 not_found`; for somebody else's request too.
    """
    found = await proxy.desk.vault.read(lambda c: proxied.get(c, account, request))
    if found is None or found.status is None:
        raise not_found("the request")
    reply = replayed(found)
    return Reply(status=reply.status, headers=reply.headers, body=reply.body, request=found.id)


async def pricing(proxy: Proxy, account: AccountId, country_code: str | None) -> Reply:
    """What a country's data costs this account.

    Raises:
        Refusal: 400 naming `countryCode`.
    """
    country = parse_country(country_code, has_test=proxy.has_test)
    found = await prices_of(proxy.desk, account, plans.skus(country))
    return Reply(status=200, headers=JSON, body=prices.pricing(country, found))


async def prices_of(
    desk: Desk, account: AccountId, skus: tuple[str, ...]
) -> dict[str, Micros | None]:
    """What SKUs cost an account now; None: not sold."""
    return await desk.vault.read(lambda c: price_lists.of(c, account, skus))


async def check_workspace(desk: Desk, account: AccountId, name: str) -> None:
    """A free request names a workspace that exists, as a billed one must.

    Raises:
        Refusal: `400 workspace_not_found`.
    """
    if name == DEFAULT:
        return

    def work(connection: Connection) -> bool:
        return workspaces.active(connection, account, name) is not None

    if not await desk.vault.read(work):
        raise unknown_workspace(name)
