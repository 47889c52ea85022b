"""Accounts and their keys, as the operator runs them."""

import base64
from collections.abc import Callable
from typing import TypeVar

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import ACCOUNT_ID_BITS, AccountId
from prepaid.domain.instants import DAY, SECOND, Instant
from prepaid.domain.refusals import Refusal, invalid, not_found
from prepaid.domain.topups.caps import CREDIT_PRICE_DEFAULT
from prepaid.flows.desk import Desk, existing
from prepaid.flows.metering import digest_of, unknown_key
from prepaid.store import accounts, keys
from prepaid.store.accounts import AccountRow
from prepaid.store.keys import KeyRow
from prepaid.store.vault import Connection

T = TypeVar("T")

OFFSET_MAX = 100 * 365 * DAY
KEY_BYTES = 24
HINT_CHARACTERS = 8


async def create(
    desk: Desk,
    *,
    name: str,
    admins: tuple[str, ...],
    currency: str,
    sandbox: bool,
    floor: Micros | None,
    credit_price: int = CREDIT_PRICE_DEFAULT,
) -> AccountRow:
    """A new account with its `default` workspace and no credit."""
    now = desk.clock()
    number = int.from_bytes(desk.token(8)) % (2**ACCOUNT_ID_BITS - 1) + 1
    row = AccountRow(
        id=number,
        name=name,
        admins=admins,
        currency=currency,
        sandbox=sandbox,
        credit_price=credit_price,
        floor=floor,
        balance=0,
        seq=0,
        at=0,
        closed=False,
        clock_offset=0,
        holds_due=None,
        created_at=now,
        updated_at=now,
    )
    await desk.vault.write(lambda connection: accounts.create(connection, row))
    return row


async def change(desk: Desk, account: AccountId, values: dict[str, object]) -> AccountRow:
    """Change facts of an account: `name`, `admins`, `floor`, `credit_price`, `closed`.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection, row: AccountRow) -> AccountRow:
        accounts.change(connection, row.id, values, desk.clock())
        return existing(accounts.get(connection, row.id), row.id)

    return await locked(desk, account, work)


async def page(desk: Desk, after: AccountId, limit: int, search: str | None) -> list[AccountRow]:
    """Accounts in id order."""
    return await desk.vault.read(lambda c: accounts.page(c, after, limit, search))


async def advance_clock(desk: Desk, account: AccountId, seconds: int) -> Instant:
    """Move a sandbox account's test clock forward; the account's new time.

    Raises:
        Refusal: `404 not_found`, `409 not_a_sandbox`.
    """

    def work(connection: Connection, row: AccountRow) -> Instant:
        if not row.sandbox:
            message = "only an account made with sandbox: true has a clock that can be advanced"
            raise Refusal("not_a_sandbox", message)
        offset = row.clock_offset + seconds * SECOND
        if offset > OFFSET_MAX:
            raise invalid("advanceSeconds", "would take the clock more than 100 years ahead")
        accounts.change(connection, row.id, {"clock_offset": offset}, desk.clock())
        return desk.clock() + offset

    return await locked(desk, account, work)


async def create_key(desk: Desk, account: AccountId, name: str, scope: str) -> tuple[str, KeyRow]:
    """A new API key: the key itself, which is never shown again, and its record.

    Raises:
        Refusal: `404 not_found`, `403 account_closed`.
    """
    key = "pk_" + base64.urlsafe_b64encode(desk.token(KEY_BYTES)).decode()

    def work(connection: Connection, row: AccountRow) -> KeyRow:
        if row.closed:
            raise Refusal("account_closed", "the account is closed; reopen it to give it keys")
        number = accounts.next_number(connection, row.id, "keys")
        hint = key[:HINT_CHARACTERS]
        made = KeyRow(row.id, number, hint, name, scope, desk.clock(), None)
        keys.add(connection, made, digest_of(key))
        return made

    return key, await locked(desk, account, work)


async def list_keys(desk: Desk, account: AccountId) -> list[KeyRow]:
    """Every key of an account, revoked ones too.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> list[KeyRow]:
        existing(accounts.get(connection, account), account)
        return keys.every(connection, account)

    return await desk.vault.read(work)


async def revoke_key(desk: Desk, account: AccountId, number: int) -> None:
    """End a key, in every process at the next request.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection, row: AccountRow) -> None:
        if not keys.revoke(connection, row.id, number, desk.clock()):
            raise not_found("the key")
        accounts.change(connection, row.id, {}, desk.clock())

    await locked(desk, account, work)


async def who(desk: Desk, api_key: str) -> KeyRow:
    """Whose key this is, asked of the database each time: a revoked key ends at once.

    Raises:
        Refusal: `401 unauthorized`, `403 account_closed`.
    """
    digest = digest_of(api_key)

    def work(connection: Connection) -> tuple[KeyRow | None, bool]:
        row = keys.find(connection, digest)
        if row is None:
            return None, False
        return row, existing(accounts.get(connection, row.account_id), row.account_id).closed

    row, is_closed = await desk.vault.read(work)
    if row is None or row.revoked_at is not None:
        raise unknown_key()
    if is_closed:
        raise Refusal("account_closed", "the account is closed")
    return row


async def locked(desk: Desk, account: AccountId, work: Callable[[Connection, AccountRow], T]) -> T:
    """Do `work` in one transaction with the account's row locked.

    Raises:
        Refusal: `404 not_found`, or what `work` refuses; nothing has changed then.
    """
    return await desk.vault.write(
        lambda connection: work(connection, existing(accounts.lock(connection, account), account))
    )
