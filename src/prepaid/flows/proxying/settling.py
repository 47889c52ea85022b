"""The end of a proxied request: its charges settled or released together, whatever happened."""

import asyncio

import structlog

from prepaid.domain.groups import GroupOutcome
from prepaid.domain.instants import SECOND
from prepaid.domain.proxied import ClaimLost, Group, Paper, Part, Proxied, SettleGroup
from prepaid.domain.routing.answers import FAILED
from prepaid.flows import accounts
from prepaid.flows.desk import Desk
from prepaid.flows.proxying.errands import Begun, Errand, Judged
from prepaid.store import proxied as kept_requests
from prepaid.store.batching.hot import Unavailable
from prepaid.store.batching.writer import Overloaded
from prepaid.store.vault import Connection

log = structlog.get_logger("prepaid.proxy")

SETTLE_S = 20.0  # beyond the route's time: what the maker of a request has for its settle
LEASE_EXTRA = 30 * SECOND
CLAIM_BYTES = 8
PAUSE_S = 0.02
PAUSE_MAX_S = 0.5


def settle_of(account: int, errand: Errand, begun: Begun, judged: Judged) -> SettleGroup:
    """The command that ends every charge as it was judged."""
    parts = tuple(
        Part(charge, verdict, line.sku, line.mark)
        for charge, verdict, line in zip(begun.charges, judged.verdicts, errand.lines, strict=True)
    )
    request, claim = _place(begun)
    return SettleGroup(
        account=account,
        parts=parts,
        writing=judged.paper,
        request=request,
        claim=claim,
        news=judged.news,
    )


async def give_back(desk: Desk, account: int, begun: Begun) -> None:
    """Release every charge of a request that nothing came of."""
    await _give_back(desk, account, begun.charges, _place(begun))


def _place(begun: Begun) -> tuple[str | None, bytes | None]:
    """The kept request and who may end it."""
    return (None, None) if begun.claim is None else (begun.request, begun.claim)


async def _give_back(
    desk: Desk,
    account: int,
    charges: tuple[int, ...],
    place: tuple[str | None, bytes | None],
) -> None:
    request, claim = place
    settle = SettleGroup(
        account=account,
        parts=tuple(Part(charge, FAILED) for charge in charges),
        writing=nothing_came,
        request=request,
        claim=claim,
    )
    try:
        await surely(desk, settle)
    except ClaimLost:  # somebody else has given it up, with the same effect
        log.info("request was given up meanwhile", request=request)


def nothing_came(_costs: tuple[int, ...]) -> Paper:
    """What is kept of a request that was released: its key may be used again."""
    return Paper(state="released")


async def surely(desk: Desk, settle: SettleGroup) -> GroupOutcome:
    """Settle, however crowded it is: the work is done, so this must not be refused.

    Raises:
        Refusal: the claim is lost.
        Unavailable: the database stayed away; the holds expire, or their lease ends.
    """
    clock = asyncio.get_running_loop().time
    deadline, pause = clock() + SETTLE_S, PAUSE_S
    while True:
        try:
            return await submitted(desk, settle)
        except (Overloaded, Unavailable):
            if clock() + pause > deadline:
                raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, PAUSE_MAX_S)


async def submitted(desk: Desk, command: Group) -> GroupOutcome:
    """Have a group committed; see `Writer.submit`."""
    outcome = await desk.vault.submit(command)
    assert isinstance(outcome, GroupOutcome), "a group has a group's outcome"
    return outcome


async def give_up(desk: Desk, account: int, request: str) -> bool:
    """Release a request whose maker is gone; False when somebody else has done it."""
    claim = desk.token(CLAIM_BYTES)

    def work(connection: Connection, _row: object) -> Proxied | None:
        now = desk.vault.clock(connection)
        return kept_requests.claim(connection, account, request, claim, (now, now + LEASE_EXTRA))

    found = await accounts.locked(desk, account, work)
    if found is None or found.state != "in_flight":
        return False
    await give_back_all(desk, found)
    return True


async def give_back_all(desk: Desk, found: Proxied) -> None:
    """Release every charge of a request that was taken over from its maker."""
    await _give_back(desk, found.account, found.charges, (found.id, found.claim))
