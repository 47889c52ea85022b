"""Endpoints of an account, as their owner runs them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import msgspec

from prepaid.domain.deliveries import endpoints as rules
from prepaid.domain.deliveries import signatures
from prepaid.domain.deliveries.signatures import Key
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant, Span
from prepaid.domain.refusals import Refusal, invalid, not_found
from prepaid.flows.accounts import locked
from prepaid.flows.deliveries import secrets
from prepaid.flows.desk import Desk
from prepaid.store.accounts import AccountRow
from prepaid.store.deliveries import endpoints
from prepaid.store.deliveries.endpoints import EndpointRow
from prepaid.store.vault import Connection

SECRETS_MAX = 10  # that sign at once


class Wish(NamedTuple):
    """A new endpoint as it was asked for, checked."""

    url: str
    description: str
    event_types: tuple[str, ...] | None
    disabled: bool
    headers: dict[str, str]
    throttle_rate: int | None
    key: Key | None  # None: make one


class Shown(NamedTuple):
    """An endpoint, and the names of its own headers."""

    row: EndpointRow
    headers: tuple[str, ...]


class Told(NamedTuple):
    """A secret, with those that still sign beside it."""

    key: Key
    overlapping: tuple[tuple[Key, Instant], ...]


async def create(desk: Desk, account: AccountId, wish: Wish) -> Shown:
    """A new endpoint.

    Raises:
        Refusal: `409 too_many_endpoints`, `409 secret_key_missing`.
    """
    key = wish.key or desk.token(signatures.KEY_BYTES)

    def work(connection: Connection, owner: AccountRow) -> Shown:
        if endpoints.count(connection, owner.id) >= rules.PER_ACCOUNT_MAX:
            message = f"an account has at most {rules.PER_ACCOUNT_MAX} endpoints; delete one first"
            raise Refusal("too_many_endpoints", message)
        number = endpoints.next_number(connection, owner.id)
        place, now = (owner.id, number), desk.vault.clock(connection)
        row = EndpointRow(
            account_id=owner.id,
            number=number,
            url=wish.url,
            description=wish.description,
            event_types=wish.event_types,
            disabled=wish.disabled,
            disabled_reason=None,
            headers=secrets.seal_headers(desk.seals, place, wish.headers),
            throttle_rate=wish.throttle_rate,
            created_at=now,
            updated_at=now,
            failing_since=None,
        )
        endpoints.add(connection, row, secrets.seal_key(desk.seals, place, 1, key))
        return Shown(row, tuple(wish.headers))

    return await locked(desk, account, work)


async def every(desk: Desk, account: AccountId) -> list[Shown]:
    """The endpoints of an account, oldest first."""
    rows = await desk.vault.read(lambda connection: endpoints.every(connection, account))
    return [_shown(desk, row) for row in rows]


async def get(desk: Desk, account: AccountId, number: int) -> Shown:
    """One endpoint.

    Raises:
        Refusal: `404 not_found`.
    """
    row = await desk.vault.read(lambda connection: endpoints.get(connection, account, number))
    return _shown(desk, existing(row))


async def change(
    desk: Desk,
    account: AccountId,
    number: int,
    changes: dict[str, object],
    headers: Mapping[str, str | None] | None,
) -> Shown:
    """Change columns of an endpoint.

    Args:
        desk: whose vault is written.
        account: whose endpoint.
        number: which.
        changes: columns and their values.
        headers: all it is to have, a value of None being the one it has; None: as they are.

    Raises:
        Refusal: `404 not_found`; 400 naming a header that has no value to keep.
    """

    def work(connection: Connection, owner: AccountRow) -> Shown:
        row = existing(endpoints.get(connection, owner.id, number))
        values = dict(changes)
        if headers is not None:
            whole = _filled(desk, row, headers)
            values["headers"] = secrets.seal_headers(desk.seals, (owner.id, number), whole)
        if "disabled" in values:
            values["disabled_reason"] = None
        if values.get("disabled") is False:
            values |= _fresh()
        endpoints.change(connection, owner.id, number, values, desk.vault.clock(connection))
        return _shown(desk, existing(endpoints.get(connection, owner.id, number)))

    return await locked(desk, account, work)


def _filled(desk: Desk, row: EndpointRow, headers: Mapping[str, str | None]) -> dict[str, str]:
    """The headers, each with a value: None is the one it has."""
    kept: dict[str, str] = {}
    if None in headers.values():
        with suppress(secrets.SealBroken):  # sealed with a key that was not kept: it has none
            kept = secrets.headers_of(desk.seals, (row.account_id, row.number), row.headers)
    whole: dict[str, str] = {}
    for name, value in headers.items():
        if value is None and name not in kept:
            raise invalid(f"headers.{name}", "needs a value: none is kept under this name")
        whole[name] = kept[name] if value is None else value
    return whole


def _fresh() -> dict[str, object]:
    """The health of an endpoint that begins anew."""
    return {"failing_since": None, "exhausted": 0, "gone": 0, "warned": 0, "disabled_reason": None}


async def remove(desk: Desk, account: AccountId, number: int) -> None:
    """Delete an endpoint.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection, owner: AccountRow) -> None:
        existing(endpoints.get(connection, owner.id, number))
        endpoints.remove(connection, owner.id, number, desk.vault.clock(connection))

    await locked(desk, account, work)


async def secret(desk: Desk, account: AccountId, number: int) -> Told:
    """What signs for an endpoint now.

    Raises:
        Refusal: `404 not_found`, `409 secret_unreadable`.
    """

    def work(connection: Connection) -> list[endpoints.Secret]:
        existing(endpoints.get(connection, account, number))
        return endpoints.secrets(connection, account, number, desk.vault.clock(connection))

    kept = await desk.vault.read(work)
    try:
        place = (account, number)
        keys = [secrets.open_key(desk.seals, place, one.number, one.sealed) for one in kept]
    except secrets.SealBroken as error:
        message = (
            f"a secret of the endpoint cannot be opened: {error}; set the key that it was sealed"
            " with as PREPAID_SECRET_KEY_OLD, or delete the endpoint and make it again"
        )
        raise Refusal("secret_unreadable", message) from error
    told = zip(keys, kept, strict=True)
    old = [(key, one.expires_at) for key, one in told if one.expires_at is not None]
    return Told(keys[0], tuple(old))


async def rotate(
    desk: Desk, account: AccountId, number: int, key: Key | None, overlap: Span
) -> None:
    """Sign with a new key, and with the old one too until the overlap ends.

    Raises:
        Refusal: `404 not_found`, `409 secret_key_missing`; 400 when too many overlap already.
    """
    made = key or desk.token(signatures.KEY_BYTES)

    def work(connection: Connection, owner: AccountRow) -> None:
        existing(endpoints.get(connection, owner.id, number))
        now = desk.vault.clock(connection)
        kept = endpoints.secrets(connection, owner.id, number, now)
        if len(kept) >= SECRETS_MAX and overlap:
            raise invalid("overlapSeconds", f"must be 0: {SECRETS_MAX} secrets sign already")
        endpoints.expire_secrets(connection, owner.id, number, until=now + overlap, now=now)
        new = kept[0].number + 1
        sealed = secrets.seal_key(desk.seals, (owner.id, number), new, made)
        endpoints.add_secret(connection, owner.id, number, new, sealed, now)

    await locked(desk, account, work)


def existing(row: EndpointRow | None) -> EndpointRow:
    """The endpoint.

    Raises:
        Refusal: `404 not_found`.
    """
    if row is None:
        raise not_found("the endpoint")
    return row


def enabled(row: EndpointRow) -> EndpointRow:
    """The endpoint, which takes messages.

    Raises:
        Refusal: `409 endpoint_disabled`.
    """
    if row.disabled:
        raise Refusal("endpoint_disabled", "the endpoint is disabled; enable it first")
    return row


def _shown(desk: Desk, row: EndpointRow) -> Shown:
    try:
        names = tuple(secrets.headers_of(desk.seals, (row.account_id, row.number), row.headers))
    except secrets.SealBroken:
        names = ()  # sealed with a key that was not kept; the owner sets them again
    return Shown(msgspec.structs.replace(row, headers=None), names)
