"""Lists of an account's charges: pages for screens, and a stream of all that are wanted."""

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, Protocol, TypeVar

from prepaid.domain.ids import ACCOUNT_WIDE, AccountId, Owned, WorkspaceNumber, parse_owned
from prepaid.domain.refusals import Refusal, invalid
from prepaid.flows.desk import Desk
from prepaid.flows.metering import fresh
from prepaid.store import charge_lists, workspaces
from prepaid.store.charge_lists import Place, Step, Wanted
from prepaid.store.ledger import Tagged
from prepaid.store.vault import Connection

T = TypeVar("T")

STEPS_MAX = 10  # of one page: then it ends early, and its cursor goes on from there
STREAM_ROWS = 1_000  # of one step of a stream; no transaction is open between two


class Reader(Protocol):
    """What runs statements on a snapshot: the service's vault, or a file opened to be read."""

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run statements on one snapshot."""


class Page(NamedTuple):
    """Some charges, newest first, and where the list goes on; None: that was all."""

    charges: list[Tagged]
    next: Place | None


async def page(
    desk: Desk, account: AccountId, wanted: Wanted, before: Place | None, limit: int
) -> Page:
    """At most `limit` charges before a place. With rare ones it may be short, even empty.

    Raises:
        Refusal: `404 not_found`.
    """
    await fresh(desk, account)
    found: list[Tagged] = []
    place: Place | None = before or wanted.top
    for _ in range(STEPS_MAX):
        assert place is not None, "the end of the list ends the loop"
        step = await _step(desk.vault, account, wanted, place, limit + 1 - len(found))
        found, place = found + step.charges, step.next
        if len(found) > limit:
            last = found[limit - 1].charge
            return Page(found[:limit], Place(last.reserved_at, last.seq))
        if place is None:
            break
    return Page(found, place)


async def stream(reader: Reader, account: AccountId, wanted: Wanted) -> AsyncIterator[list[Tagged]]:
    """All the charges wanted, newest first, some at a time: memory does not grow with the list.

    Each is told as it is when it is read. Those reserved after the first step are left out.
    """
    place: Place | None = wanted.top
    while place is not None:
        step = await _step(reader, account, wanted, place, STREAM_ROWS)
        if step.charges:
            yield step.charges
        place = step.next


async def _step(
    reader: Reader, account: AccountId, wanted: Wanted, before: Place, limit: int
) -> Step:
    return await reader.read(
        lambda connection: charge_lists.step(connection, account, wanted, before, limit)
    )


async def numbers_of(
    reader: Reader, account: AccountId, workspace: str
) -> tuple[WorkspaceNumber, ...]:
    """The workspace with this id, else every one that has or had this name.

    Raises:
        Refusal: `400 workspace_not_found`.
    """
    rows = await reader.read(lambda connection: workspaces.every(connection, account))
    place = parse_owned("ws", workspace)
    by_id = [row for row in rows if place == Owned(account, row.number)]
    found = by_id or [row for row in rows if row.name == workspace]
    if not found:
        message = f"this account never had a workspace {workspace!r}"
        raise Refusal("workspace_not_found", message, invalid("workspace", "is unknown").details)
    return tuple(row.number for row in found)


BUCKET: tuple[WorkspaceNumber, ...] = (ACCOUNT_WIDE,)
