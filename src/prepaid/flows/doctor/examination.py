"""The doctor: recounts accounts from their entries and charges, and lists where they drift.

One snapshot per account, read and never written: nothing is mended here, since a person has to
find out how it came to differ.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import not_found
from prepaid.flows.doctor.checks import CHECKS, Seen
from prepaid.store.recount import facts as recount
from prepaid.store.snapshots import Snapshots
from prepaid.store.vault import Connection

LISTED_MAX = 100  # per account and check; those beyond are counted
PAGE = 1_000


class Drift(Struct, frozen=True):
    """One place where what is kept differs from what it should be."""

    account: str
    check: str
    place: str
    expected: str
    found: str


class Examined(Struct, frozen=True):
    """What was found in one account."""

    account: str
    entries: int
    charges: int
    drift: list[Drift]
    unlisted: int  # drifts beyond those listed


def examine(
    connection: Connection, account: AccountId, on_check: Callable[[str], None]
) -> Examined:
    """Recount one account; `on_check` is told of each check before it begins.

    Raises:
        Refusal: `404 not_found`.
    """
    row = recount.held(connection, account)
    if row is None:
        raise not_found("the account")
    name, seen = ids.account(account), Seen()
    listed: list[Drift] = []
    unlisted = 0
    for check, differences in CHECKS.items():
        on_check(check)
        for place, difference in enumerate(differences(connection, row, seen)):
            if place < LISTED_MAX:
                listed.append(Drift(name, check, *difference))
            else:
                unlisted += 1
    return Examined(name, seen.entries, seen.charges, listed, unlisted)


async def examine_one(
    database: Snapshots, account: AccountId, on_check: Callable[[str], None]
) -> Examined:
    """Recount one account in a snapshot of its own.

    Raises:
        Refusal: `404 not_found`.
        Unavailable: the database cannot be read.
    """
    return await database.read(lambda connection: examine(connection, account, on_check))


async def every_account(database: Snapshots) -> list[AccountId]:
    """The accounts there are, in id order.

    Raises:
        Unavailable: the database cannot be read.
    """

    def pages(connection: Connection) -> Iterator[AccountId]:
        after = 0
        while page := recount.accounts(connection, after, PAGE):
            yield from page
            after = page[-1]

    return await database.read(lambda connection: list(pages(connection)))
