"""From a table of the routes file to a route, checking what one key says against the others."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from prepaid.domain.instants import HOUR, SECOND
from prepaid.domain.routing import paths, templates
from prepaid.domain.routing.keys import WrongKey, check, field, made_of, object_path, template
from prepaid.domain.routing.routes import (
    SANDBOX,
    SKU,
    Outcomes,
    Poll,
    Repeat,
    Route,
    SkuRule,
    Upstream,
)
from prepaid.domain.routing.tables import BilledTable, RouteTable, SkuTable, UpstreamTable
from prepaid.domain.routing.toml_lines import Keys

_REQUEST: Final = ("path", "query", "header", "body")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_LITERAL = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:@-]*")
_PARAM = re.compile(r"\{[A-Za-z][A-Za-z0-9_]{0,63}\*?\}")
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}(\.[a-z][a-z0-9_]{0,63}){0,5}")
_HEADER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,4096}")
_CLASS = re.compile(r"([2-5])xx")
_OURS = {"connection", "content-length", "host", "transfer-encoding"}


def upstream(name: str, table: UpstreamTable) -> Upstream:
    """One upstream.

    Raises:
        WrongKey: its name, URL or a header is wrong.
    """
    keys: Keys = ("upstreams", name)
    check(_NAME.fullmatch(name), keys, "a name has lower-case letters, digits and hyphens")
    if table.url != SANDBOX:
        needs = f"must be http(s)://HOST[:PORT][/PATH], or {SANDBOX}"
        check(_URL.fullmatch(table.url), (*keys, "url"), needs)
    for header, value in table.headers.items():
        place: Keys = (*keys, "headers", header)
        check(_HEADER.fullmatch(header), place, "must be a header's name in lower case")
        check(header not in _OURS, place, "is set by the proxy itself")
        check(_HEADER_VALUE.fullmatch(value), place, "must have 1 to 4096 printable characters")
    return Upstream(name, table.url.rstrip("/"), tuple(table.headers.items()))


def route(table: RouteTable, place: int, upstreams: Mapping[str, Upstream]) -> Route:
    """One route; `place` is its position in the file.

    Raises:
        WrongKey: a key is wrong, alone or beside another.
    """
    keys: Keys = ("routes", place)
    check(_NAME.fullmatch(table.name), (*keys, "name"), "has other than a-z, 0-9 and hyphens")
    params = _params(table.path, (*keys, "path"))
    if table.upstream is not None and table.upstream not in upstreams:
        known = ", ".join(upstreams) or "none"
        raise WrongKey(
            (*keys, "upstream"), f"{table.upstream!r} is no upstream; there are: {known}"
        )
    made = Route(
        name=table.name,
        method=table.method,
        path=table.path,
        upstream=table.upstream,
        upstream_path=template(table.upstream_path, (*keys, "upstream_path"), _REQUEST, params),
        shape=table.shape,
        sku=_sku(table.sku, (*keys, "sku"), params),
        outcomes=_outcomes(table.billed or BilledTable(), (*keys, "billed")),
        streams=table.mode == "stream",
        timeout=round(table.timeout_seconds * SECOND),
        body_max=table.body_max_bytes,
        answer_max=table.answer_max_bytes,
        workspace_at=object_path(table.workspace, (*keys, "workspace")),
        event=table.event,
        repeat=_repeat(table, keys, params),
        stored=field(table.stored, (*keys, "stored"), _REQUEST, params),
        poll=_poll(table, keys),
    )
    _check_parts(table, made, keys)
    return made


def check_together(made: Sequence[Route]) -> None:
    """No two routes have one name, or match the same requests.

    Raises:
        WrongKey: at the second of two.
    """
    names: set[str] = set()
    places: dict[tuple[str, tuple[str, ...]], str] = {}
    for place, one in enumerate(made):
        check(one.name not in names, ("routes", place, "name"), f"{one.name!r} is taken")
        names.add(one.name)
        asked = (one.method, paths.pattern(one.segments))
        other = places.setdefault(asked, one.name)
        reason = f"{one.method} of this path is already the route {other!r}"
        check(other == one.name, ("routes", place, "path"), reason)


def _check_parts(table: RouteTable, made: Route, keys: Keys) -> None:
    needs_upstream = made.shape in {"company", "onboarding"} or made.sku is not None
    if made.upstream is None and (needs_upstream or (made.shape == "plain" and not made.stored)):
        raise WrongKey(keys, "needs the key upstream")
    if made.shape == "plain":
        is_told = made.sku is not None or table.free or made.upstream is None
        check(is_told, keys, "needs the key sku, or free = true")
        check(not (table.free and made.sku), (*keys, "free"), "is true, but there is a sku")
    else:
        reason = f"is decided by the shape {made.shape!r}"
        check(made.sku is None, (*keys, "sku"), reason)
        check(table.billed is None, (*keys, "billed"), reason)
        check(table.workspace is None, (*keys, "workspace"), reason)
    if made.is_free:
        check(made.repeat is None, (*keys, "repeat"), "has no meaning where nothing is billed")
    if made.event is not None:
        needs = "must be words in lower case joined by dots, not beginning with billing"
        is_good = _EVENT.fullmatch(made.event) and not made.event.startswith("billing.")
        check(is_good, (*keys, "event"), needs)
    if made.streams:
        _check_stream(table, keys)


def _check_stream(table: RouteTable, keys: Keys) -> None:
    # A stream is settled before its body is seen, so nothing can be read from it or put into it.
    for name in ("workspace", "event", "stored", "poll"):
        check(getattr(table, name) is None, (*keys, name), "needs a buffered answer")
    check(table.shape == "plain", (*keys, "shape"), "needs a buffered answer")
    if table.billed is not None:
        place: Keys = (*keys, "billed", "item_status")
        check(table.billed.item_status is None, place, "needs a buffered answer")


def _params(path: str, keys: Keys) -> frozenset[str]:
    check(path.startswith("/"), keys, "must begin with /")
    check(not paths.climbs(path), keys, "must not hold . or .. as a segment")
    segments = paths.segments(path)
    names: list[str] = []
    for place, segment in enumerate(segments, 1):
        if _PARAM.fullmatch(segment):
            names.append(paths.param_name(segment))
            is_last = place == len(segments)
            check(is_last or not paths.is_rest(segment), keys, f"{segment} must come last")
        else:
            check(_LITERAL.fullmatch(segment), keys, f"{segment!r} is no segment of a path")
    check(len(set(names)) == len(names), keys, "has two params of one name")
    return frozenset(names)


def _sku(table: str | SkuTable | None, keys: Keys, params: frozenset[str]) -> SkuRule | None:
    if table is None:
        return None
    if isinstance(table, str):
        table, place = SkuTable(template=table), keys
    else:
        place = (*keys, "template")
    per_item = table.each is not None
    sources = (*_REQUEST, "item") if per_item else _REQUEST
    made = template(table.template, place, sources, params)
    assert made is not None, "a template was given"
    has_item = any(hole.source == "item" for hole in made.fields)
    check(has_item or not per_item, place, "needs {item}, since there is each")
    if not made.fields:
        check(SKU.fullmatch(table.template), place, "is no SKU: 1 to 64 of A-Z a-z 0-9 . _ : / -")
    check(per_item or table.map is None, (*keys, "map"), "needs the key each")
    check(per_item or not table.free, (*keys, "free"), "needs the key each")
    return SkuRule(made, _each(table.each, (*keys, "each")), table.map, frozenset(table.free))


def _each(text: str | None, keys: Keys) -> tuple[str, ...] | None:
    if text is None:
        return None
    check(text.startswith("body."), keys, "must be a list of the body, for example body.items")
    path = made_of(templates.path, text.removeprefix("body."), keys)
    check(path.count("*") < 2 and "{item}" not in path, keys, "must be one list")  # noqa: PLR2004
    return path


def _outcomes(table: BilledTable, keys: Keys) -> Outcomes:
    ranges = tuple(_statuses(status, (*keys, "statuses")) for status in table.statuses)
    check(ranges, (*keys, "statuses"), "must name at least one status")
    status_at = None
    if table.item_status is not None:
        status_at = made_of(templates.path, table.item_status, (*keys, "item_status"))
    check(status_at is None or "*" not in status_at, (*keys, "item_status"), "must not hold *")
    return Outcomes(ranges, status_at, table.item_billed, table.item_pending)


def _statuses(status: int | str, keys: Keys) -> tuple[int, int]:
    if isinstance(status, str):
        found = _CLASS.fullmatch(status)
        check(found, keys, f"{status!r} is neither a status nor a class like 2xx")
        first = int(status[0]) * 100
        return first, first + 99
    check(200 <= status <= 599, keys, f"{status} is no final status (200 to 599)")  # noqa: PLR2004
    return status, status


def _repeat(table: RouteTable, keys: Keys, params: frozenset[str]) -> Repeat | None:
    if table.repeat is None:
        return None
    place: Keys = (*keys, "repeat", "key")
    fields = tuple(field(text, place, _REQUEST, params) for text in table.repeat.key)
    check(fields, place, "must name at least one field, for example body.id")
    return Repeat(round(table.repeat.hours * HOUR), tuple(field for field in fields if field))


def _poll(table: RouteTable, keys: Keys) -> Poll | None:
    if table.poll is None:
        return None
    address = template(table.poll.address, (*keys, "poll", "address"), ("answer",), frozenset())
    assert address is not None, "a template was given"
    check(table.poll.address.startswith("/"), (*keys, "poll", "address"), "must begin with /")
    every, give_up = table.poll.every_seconds, table.poll.give_up_hours
    return Poll(address, round(every * SECOND), round(give_up * HOUR))
