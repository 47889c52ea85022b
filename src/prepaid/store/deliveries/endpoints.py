"""Endpoints of an account and their secrets. Changes are made with the account locked."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import accounts
from prepaid.store import tables as t

_decode_types = msgspec.json.Decoder(tuple[str, ...]).decode
_encode = msgspec.json.Encoder().encode

_e, _s = t.endpoint.c, t.endpoint_secret.c


class EndpointRow(Struct, frozen=True):
    """An endpoint as it is kept; its headers sealed, its secrets elsewhere."""

    account_id: AccountId
    number: int
    url: str
    description: str
    event_types: tuple[str, ...] | None
    disabled: bool
    disabled_reason: str | None
    headers: bytes | None
    throttle_rate: int | None
    created_at: Instant
    updated_at: Instant
    failing_since: Instant | None


class Kept(NamedTuple):
    """A signing key that is in use, with its endpoint's headers; both sealed."""

    account_id: AccountId
    endpoint: int
    number: int
    sealed: bytes
    headers: bytes | None


class Secret(Struct, frozen=True):
    """A signing key as it is kept."""

    number: int
    sealed: bytes
    created_at: Instant
    expires_at: Instant | None  # None: the current one


_COLUMNS = [_e[name] for name in EndpointRow.__struct_fields__]


def _values(changes: dict[str, object]) -> dict[str, object]:
    types = changes.get("event_types")
    if types is not None:
        changes = changes | {"event_types": _encode(types).decode()}
    return changes


def add(connection: Connection, row: EndpointRow, sealed: bytes) -> None:
    """Keep a new endpoint with its first secret."""
    values = {name: getattr(row, name) for name in EndpointRow.__struct_fields__}
    connection.execute(insert(t.endpoint).values(_values(values)))
    add_secret(connection, row.account_id, row.number, 1, sealed, row.created_at)


def next_number(connection: Connection, account: AccountId) -> int:
    """Of a new endpoint; never given twice."""
    return accounts.next_number(connection, account, "endpoints")


def count(connection: Connection, account: AccountId) -> int:
    """How many there are, those that were deleted not."""
    query = select(func.count()).where(_e.account_id == account, _e.deleted_at.is_(None))
    found: int = connection.execute(query).scalar_one()
    return found


def every(connection: Connection, account: AccountId) -> list[EndpointRow]:
    """Every endpoint of an account, oldest first."""
    query = select(*_COLUMNS).where(_e.account_id == account, _e.deleted_at.is_(None))
    return [_row(tuple(row)) for row in connection.execute(query.order_by(_e.number))]


def get(connection: Connection, account: AccountId, number: int) -> EndpointRow | None:
    """One endpoint, unless it was deleted."""
    query = select(*_COLUMNS).where(
        _e.account_id == account, _e.number == number, _e.deleted_at.is_(None)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _row(tuple(row))


def _row(values: Sequence[object]) -> EndpointRow:
    named = dict(zip(EndpointRow.__struct_fields__, values, strict=True))
    if named["event_types"] is not None:
        named["event_types"] = _decode_types(str(named["event_types"]))
    return EndpointRow(**named)  # type: ignore[arg-type] # one value for each column


def change(
    connection: Connection, account: AccountId, number: int, changes: dict[str, object], at: Instant
) -> None:
    """Set columns of an endpoint."""
    if changes.get("disabled"):
        # The worker meets it at once, and ends what waits for it.
        changes = changes | {"due_at": at}
    where = (_e.account_id == account, _e.number == number)
    connection.execute(
        update(t.endpoint).where(*where).values(_values(changes) | {"updated_at": at})
    )


def remove(connection: Connection, account: AccountId, number: int, at: Instant) -> None:
    """Delete an endpoint: its secrets go now, its attempts by retention."""
    gone: dict[str, object] = {"deleted_at": at, "disabled": True, "headers": None}
    change(connection, account, number, gone, at)
    where = (_s.account_id == account, _s.endpoint == number)
    connection.execute(delete(t.endpoint_secret).where(*where))


def secrets(connection: Connection, account: AccountId, number: int, now: Instant) -> list[Secret]:
    """Those that sign now, the current one first."""
    query = (
        select(_s.number, _s.sealed, _s.created_at, _s.expires_at)
        .where(
            _s.account_id == account,
            _s.endpoint == number,
            or_(_s.expires_at.is_(None), _s.expires_at > now),
        )
        .order_by(_s.number.desc())
    )
    return [Secret(*row) for row in connection.execute(query)]


def kept(
    connection: Connection, now: Instant, account: AccountId | None = None, most: int | None = None
) -> list[Kept]:
    """What signs now, of one account or of all; the last of them by their primary key."""
    mine = and_(_e.account_id == _s.account_id, _e.number == _s.endpoint)
    query = (
        select(_s.account_id, _s.endpoint, _s.number, _s.sealed, _e.headers)
        .select_from(t.endpoint_secret.join(t.endpoint, mine))
        .where(or_(_s.expires_at.is_(None), _s.expires_at > now))
        .order_by(_s.account_id.desc(), _s.endpoint.desc(), _s.number.desc())
        .limit(most)
    )
    if account is not None:
        query = query.where(_s.account_id == account)
    return [Kept(*row) for row in connection.execute(query)]


def add_secret(
    connection: Connection,
    account: AccountId,
    endpoint: int,
    number: int,
    sealed: bytes,
    at: Instant,
) -> None:
    """Keep a new current secret."""
    connection.execute(
        insert(t.endpoint_secret).values(
            account_id=account, endpoint=endpoint, number=number, sealed=sealed, created_at=at
        )
    )


def expire_secrets(
    connection: Connection, account: AccountId, endpoint: int, *, until: Instant, now: Instant
) -> None:
    """Let the current secret sign until then, and forget those whose own end has come."""
    mine = (_s.account_id == account, _s.endpoint == endpoint)
    connection.execute(
        update(t.endpoint_secret).where(*mine, _s.expires_at.is_(None)).values(expires_at=until)
    )
    connection.execute(delete(t.endpoint_secret).where(*mine, _s.expires_at <= now))
