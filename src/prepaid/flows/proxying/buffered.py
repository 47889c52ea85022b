"""A billable request on its way: key, workspace, price, reserve, upstream, settle, answer.

Nobody is answered before the charges have ended. The way from the reserve to the settle does not
depend on the caller: one who hangs up is billed for what was delivered, and for nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from prepaid.domain import ids
from prepaid.domain.groups import GroupOutcome
from prepaid.domain.instants import SECOND, Instant
from prepaid.domain.proxied import (
    Opening,
    Paper,
    PriceMoved,
    Proxied,
    ReserveGroup,
)
from prepaid.domain.refusals import Refusal
from prepaid.domain.routing.answers import RequestWorkspace
from prepaid.domain.routing.headers import back
from prepaid.flows.proxying.errands import Asking, Begun, Errand, Reply
from prepaid.flows.proxying.passing import Proxy
from prepaid.flows.proxying.plain_errands import PlainErrand
from prepaid.flows.proxying.settling import (
    CLAIM_BYTES,
    LEASE_EXTRA,
    give_back,
    give_up,
    settle_of,
    submitted,
    surely,
)
from prepaid.flows.proxying.upstreams import UpstreamFailed, UpstreamLate
from prepaid.store import keys

T = TypeVar("T")

log = structlog.get_logger("prepaid.proxy")

HOLD_MIN = 900 * SECOND
HOLD_FOLLOWED = 86_400 * SECOND  # what is followed may take a day; later it is charged again
ID_BYTES = 16
PLANS_MAX = 5  # how often prices may move under one request
LOOK_S = 0.02  # between two looks at a request that somebody else is at
LOOK_MAX_S = 0.5


async def answer(proxy: Proxy, asking: Asking, make: Callable[[], Awaitable[Errand]]) -> Reply:
    """Carry a buffered request out. `make` prices it, and again when prices have moved.

    Raises:
        Refusal: nothing was charged.
    """
    return await proxy.detached(_answer(proxy, asking, make))


async def _answer(proxy: Proxy, asking: Asking, make: Callable[[], Awaitable[Errand]]) -> Reply:
    clock = asyncio.get_running_loop().time
    deadline = clock() + asking.match.route.timeout / SECOND
    pause = LOOK_S
    while True:
        errand, command, made = await opened(proxy, asking, make)
        if made.earlier is None:
            return await _carry_out(proxy, asking, errand, begun_of(command, made))
        reply = await _from_earlier(proxy, made.earlier, made.wall)
        if reply is not None:
            return reply
        if clock() >= deadline:
            message = "a request with this key is still in progress; ask again later"
            raise Refusal("request_in_progress", message)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LOOK_MAX_S)


async def free(proxy: Proxy, asking: Asking) -> Reply:
    """Pass a buffered request on that costs nothing.

    Raises:
        Refusal: the upstream failed, or the request does not say where to.
    """
    errand = PlainErrand(asking, proxy.ways)
    try:
        heard = await proxy.upstreams.ask(*errand.outgoing())
    except (UpstreamFailed, UpstreamLate) as error:
        raise failure(error) from error
    return Reply(status=heard.status, headers=back(heard.headers, buffered=True), body=heard.body)


async def opened(
    proxy: Proxy, asking: Asking, make: Callable[[], Awaitable[Errand]]
) -> tuple[Errand, ReserveGroup, GroupOutcome]:
    """Reserve what a request costs, at the prices it was planned with.

    Raises:
        Refusal: nothing was charged.
    """
    for turn in range(PLANS_MAX):
        errand = await make()
        command = reserve_of(asking, errand, proxy.desk.token(ID_BYTES + CLAIM_BYTES))
        try:
            made = await submitted(proxy.desk, command)
        except PriceMoved:
            if turn == PLANS_MAX - 1:
                raise
        except Refusal as refusal:
            raise await _precise(proxy, asking, refusal) from refusal
        else:
            return errand, command, made
    raise AssertionError("the last turn returns or raises")


def reserve_of(asking: Asking, errand: Errand, token: bytes) -> ReserveGroup:
    """The command that takes the credit. The token is random: the request's id, and its claim."""
    route, opening = asking.match.route, None
    request, claim = token[:ID_BYTES].hex(), token[ID_BYTES:]
    if errand.is_kept:
        lease = route.timeout + LEASE_EXTRA
        opening = Opening(request, route.name, asking.key, errand.asked, claim, lease)
    ttl = HOLD_FOLLOWED
    if route.poll is None:
        ttl = max(HOLD_MIN, min(route.timeout + 2 * LEASE_EXTRA, HOLD_FOLLOWED))
    return ReserveGroup(
        account=asking.account,
        workspace=asking.workspace,
        lines=errand.lines,
        ttl=ttl,
        request=request,
        api_key=asking.api_key,
        opening=opening,
    )


def begun_of(command: ReserveGroup, made: GroupOutcome) -> Begun:
    """What was reserved, and for whom."""
    assert made.tag is not None, "a proxied request has a workspace"
    workspace = RequestWorkspace(
        id=ids.owned("ws", command.account, made.tag.number),
        name=made.tag.name,
        legal_name=made.tag.legal_name,
        is_default=made.tag.number == ids.DEFAULT,
    )
    return Begun(
        request=command.request,
        workspace=workspace,
        charges=tuple(charge.seq for charge in made.charges),
        now=made.wall,
        claim=None if command.opening is None else command.opening.claim,
    )


async def _carry_out(proxy: Proxy, asking: Asking, errand: Errand, begun: Begun) -> Reply:
    try:
        asked = errand.outgoing()
        heard = None if asked is None else await proxy.upstreams.ask(*asked)
        judged = errand.judge(heard, begun)
    except BaseException as error:
        await give_back(proxy.desk, asking.account, begun)
        raise failure(error) from error
    made = await surely(proxy.desk, settle_of(asking.account, errand, begun, judged))
    assert made.paper is not None, "a settled group has its paper"
    return reply_of(made.paper, None if begun.claim is None else begun.request)


def failure(error: BaseException) -> BaseException:
    """What the caller is told of an upstream that failed; everything else stays what it is."""
    if isinstance(error, UpstreamLate):
        return Refusal("upstream_timeout", f"the upstream {error}; nothing was charged")
    if isinstance(error, UpstreamFailed):
        return Refusal("upstream_failed", f"the upstream failed: {error}; nothing was charged")
    return error


async def _from_earlier(proxy: Proxy, earlier: Proxied, now: Instant) -> Reply | None:
    """The answer of the request a key stands for; None: look again."""
    if earlier.state in {"done", "pending"}:
        return replayed(earlier)
    if earlier.due_at is not None and earlier.due_at <= now:
        await give_up(proxy.desk, earlier.account, earlier.id)
    return None


def replayed(found: Proxied) -> Reply:
    """The stored answer of a request."""
    assert found.status is not None, "an answered request has its status"
    return Reply(
        status=found.status,
        headers=found.headers,
        body=found.answer or b"",
        request=found.id,
        replayed=True,
    )


def reply_of(paper: Paper, request: str | None) -> Reply:
    """The answer as it was stored."""
    return Reply(
        status=paper.status, headers=paper.headers, body=paper.answer or b"", request=request
    )


async def _precise(proxy: Proxy, asking: Asking, refusal: Refusal) -> Refusal:
    """A key that only reads is forbidden, not unknown."""
    if refusal.code != "unauthorized":
        return refusal
    row = await proxy.desk.vault.read(
        lambda connection: keys.find_number(connection, asking.account, asking.api_key)
    )
    if row is None or row.revoked_at is not None or row.scope == "full":
        return refusal
    return Refusal("forbidden", "this key only reads; use one with the scope full")
