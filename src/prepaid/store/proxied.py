"""Kept requests, the keys they came with, and repeat marks: loaded and written by account."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    insert,
    or_,
    select,
    update,
)

from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import Instant
from prepaid.domain.proxied import Fingerprint, Proxied
from prepaid.store import tables as t

_r = t.proxied_request.c
_COLUMNS = [_r["account_id" if name == "account" else name] for name in Proxied.__struct_fields__]
_encode = msgspec.json.Encoder().encode
_asked = msgspec.json.Decoder(Fingerprint).decode
_charges = msgspec.json.Decoder(tuple[Seq, ...]).decode
_headers = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode


def get(connection: Connection, account: AccountId, request: str) -> Proxied | None:
    """One request of an account."""
    found = by_ids(connection, account, [request])
    return found[0] if found else None


def by_ids(connection: Connection, account: AccountId, ids: Sequence[str]) -> list[Proxied]:
    """Requests of an account; unknown ones are left out."""
    query = select(*_COLUMNS).where(_r.account_id == account, _r.id.in_(ids))
    return [_request(row) for row in connection.execute(query)]


def by_keys(
    connection: Connection, account: AccountId, keys: Sequence[tuple[str, str]]
) -> list[Proxied]:
    """The newest request of each (route, key)."""
    k = t.proxied_key.c
    query = (
        select(*_COLUMNS)
        .join_from(
            t.proxied_key,
            t.proxied_request,
            (k.account_id == _r.account_id) & (k.request == _r.id),
        )
        .where(k.account_id == account, _any(k.route, k.key, keys))
    )
    return [_request(row) for row in connection.execute(query)]


def marks(
    connection: Connection, account: AccountId, wanted: Sequence[tuple[str, bytes]]
) -> dict[tuple[str, bytes], Instant]:
    """When what was paid, by SKU and digest."""
    m = t.repeat_mark.c
    query = select(m.sku, m.digest, m.paid_at).where(
        m.account_id == account, _any(m.sku, m.digest, wanted)
    )
    return {(row.sku, bytes(row.digest)): row.paid_at for row in connection.execute(query)}


def keep(connection: Connection, requests: Iterable[Proxied]) -> None:
    """Write requests, new or changed; the newest of a key is the one the key stands for."""
    for request in requests:
        place = (_r.account_id == request.account) & (_r.id == request.id)
        values = _values(request)
        if connection.execute(update(t.proxied_request).where(place).values(values)).rowcount:
            continue
        connection.execute(insert(t.proxied_request).values(values))
        if request.key is not None:
            where = {"account_id": request.account, "route": request.route, "key": request.key}
            _replace(connection, t.proxied_key, where, {"request": request.id})


def mark(
    connection: Connection, account: AccountId, paid: dict[tuple[str, bytes], Instant]
) -> None:
    """Remember what was paid."""
    for (sku, digest), at in paid.items():
        where = {"account_id": account, "sku": sku, "digest": digest}
        _replace(connection, t.repeat_mark, where, {"paid_at": at})


def due(connection: Connection, now: Instant, most: int) -> list[tuple[AccountId, str]]:
    """Requests somebody has to go on with: their maker is gone, or it is time to ask again."""
    query = select(_r.account_id, _r.id).where(_r.due_at <= now).order_by(_r.due_at).limit(most)
    return [(row.account_id, row.id) for row in connection.execute(query)]


def claim(
    connection: Connection,
    account: AccountId,
    request: str,
    token: bytes,
    times: tuple[Instant, Instant],
) -> Proxied | None:
    """Take over a request of a locked account that is due; None when somebody else was first.

    `times` are now and the end of the new claim, by the real clock.
    """
    now, until = times
    found = get(connection, account, request)
    if found is None or found.due_at is None or found.due_at > now:
        return None
    _set(connection, account, request, {"claim": token, "due_at": until})
    return msgspec.structs.replace(found, claim=token, due_at=until)


def postpone(
    connection: Connection, account: AccountId, request: str, token: bytes, at: Instant
) -> None:
    """Ask again later; the claim is still ours, or nothing happens."""
    found = get(connection, account, request)
    if found is not None and found.claim == token:
        _set(connection, account, request, {"due_at": at})


def _set(
    connection: Connection, account: AccountId, request: str, values: dict[str, object]
) -> None:
    place = (_r.account_id == account) & (_r.id == request)
    connection.execute(update(t.proxied_request).where(place).values(values))


def _any(
    first: ColumnElement[Any], second: ColumnElement[Any], pairs: Sequence[tuple[object, object]]
) -> ColumnElement[bool]:
    # Row values of a blob do not compare as such on SQLite, so each pair is spelled out.
    return or_(*(and_(first == one, second == other) for one, other in pairs))


def _replace(
    connection: Connection, table: Table, where: dict[str, object], values: dict[str, object]
) -> None:
    place = and_(*(table.c[name] == value for name, value in where.items()))
    if not connection.execute(update(table).where(place).values(values)).rowcount:
        connection.execute(insert(table).values(where | values))


def _values(request: Proxied) -> dict[str, object]:
    values = msgspec.structs.asdict(request)
    values["account_id"] = values.pop("account")
    values["asked"] = _encode(request.asked)
    values["charges"] = _encode(request.charges).decode()
    values["headers"] = _encode(request.headers)
    return values


def _request(row: Row[Any]) -> Proxied:
    return Proxied(
        account=row.account_id,
        id=row.id,
        route=row.route,
        key=row.key,
        asked=_asked(row.asked),
        started_at=row.started_at,
        state=row.state,
        claim=bytes(row.claim),
        due_at=row.due_at,
        charges=_charges(row.charges),
        context=row.context,
        status=row.status,
        headers=_headers(row.headers),
        answer=row.answer,
    )
