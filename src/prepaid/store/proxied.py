"""Kept requests, the keys they came with, and repeat marks: loaded and written by account."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, TextClause, select, text, update

from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import Instant, Span
from prepaid.domain.proxied import KEY_KEPT, Fingerprint, Paid, Proxied
from prepaid.store import tables as t
from prepaid.store.prepared import many

_r = t.proxied_request.c
_COLUMNS = [_r["account_id" if name == "account" else name] for name in Proxied.__struct_fields__]
_encode = msgspec.json.Encoder().encode
_asked = msgspec.json.Decoder(Fingerprint).decode
_charges = msgspec.json.Decoder(tuple[Seq, ...]).decode
_headers = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode


def _upsert(table: Table) -> TextClause:
    """One statement for what is new and what is there, by the primary key; on both databases."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    values = ", ".join(f":{name}" for name in names)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return text(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )


_KEEP, _KEEP_KEY, _MARK = (
    _upsert(table) for table in (t.proxied_request, t.proxied_key, t.repeat_mark)
)


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
    """The newest request of each (route, key), and perhaps of others."""
    k = t.proxied_key.c
    routes, names = zip(*keys, strict=True)
    # Each column by its own list: the statement's text does not grow with the pairs.
    query = (
        select(*_COLUMNS)
        .join_from(
            t.proxied_key,
            t.proxied_request,
            (k.account_id == _r.account_id) & (k.request == _r.id),
        )
        .where(k.account_id == account, k.route.in_(set(routes)), k.key.in_(set(names)))
    )
    return [_request(row) for row in connection.execute(query)]


def marks(
    connection: Connection, account: AccountId, wanted: Sequence[tuple[str, bytes]]
) -> dict[tuple[str, bytes], Instant]:
    """When what was paid, by SKU and digest; perhaps of others too."""
    m = t.repeat_mark.c
    skus, digests = zip(*wanted, strict=True)
    query = select(m.sku, m.digest, m.paid_at).where(
        m.account_id == account, m.sku.in_(set(skus)), m.digest.in_(set(digests))
    )
    return {(row.sku, bytes(row.digest)): row.paid_at for row in connection.execute(query)}


def keep(connection: Connection, offset: Span, requests: Iterable[Proxied]) -> None:
    """Write requests of one account, new or changed; a key stands for its newest.

    `offset` is how far the account's clock is ahead of the real one.
    """
    kept = list(requests)
    many(connection, _KEEP, [_values(request) for request in kept])
    keyed = [
        {
            "account_id": request.account,
            "route": request.route,
            "key": request.key,
            "request": request.id,
            "kept_until": request.started_at - offset + KEY_KEPT,
        }
        for request in kept
        if request.key is not None and request.state == "in_flight"
    ]
    if keyed:
        many(connection, _KEEP_KEY, keyed)


def mark(
    connection: Connection, account: AccountId, offset: Span, paid: dict[tuple[str, bytes], Paid]
) -> None:
    """Remember what was paid; `offset` as with `keep`."""
    rows = [
        {
            "account_id": account,
            "sku": sku,
            "digest": digest,
            "paid_at": one.at,
            "kept_until": one.at - offset + one.window,
        }
        for (sku, digest), one in paid.items()
    ]
    many(connection, _MARK, rows)


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
        answered_at=row.answered_at,
    )
