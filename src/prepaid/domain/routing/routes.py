"""The routes of the metering proxy: which requests are billed, as what, and when again.

Pure values and look-ups. Knows neither prices nor networks; `file` makes the values,
`answers` reads what the upstream said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from prepaid.domain.instants import HOUR, Span
from prepaid.domain.refusals import invalid
from prepaid.domain.routing import json_trees, paths, templates
from prepaid.domain.routing.templates import Asked, Field, Template

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
#: `plain` is any API; the others follow the rules of `domain/company`.
Shape = Literal["plain", "company", "onboarding", "pricing"]
SANDBOX: Final = "sandbox:register"  # the URL that means the register that ships
ITEMS_MAX = 100  # items of one request that are billed one by one
SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")


class Upstream(Struct, frozen=True):
    """Where a route's requests go."""

    name: str
    url: str  # no slash at its end; or SANDBOX
    headers: tuple[tuple[str, str], ...] = ()  # added to each request: the seller's own key

    @property
    def is_sandbox(self) -> bool:
        """It is the register that ships; its address is known to whoever started it."""
        return self.url == SANDBOX


class SkuRule(Struct, frozen=True):
    """How the SKUs of a request are found: one charge per SKU."""

    template: Template
    each: tuple[str, ...] | None = None  # path of a list in the body: a SKU per item
    names: Mapping[str, str] | None = None  # item → what fills `{item}`; None: itself
    free: frozenset[str] = frozenset()  # items that cost nothing


class Outcomes(Struct, frozen=True):
    """Which outcome is billed."""

    statuses: tuple[tuple[int, int], ...] = ((200, 299),)  # of the upstream, both ends included
    status_at: tuple[str, ...] | None = None  # path in the JSON answer; `{item}` is the item
    billed: tuple[str, ...] = ("succeeded",)  # values there that are billed
    pending: tuple[str, ...] = ("in_progress", "enriching")  # … and that are not final


class Repeat(Struct, frozen=True):
    """Same account, SKU and key fields within the window: not billed again."""

    window: Span
    key: tuple[Field, ...]


class Poll(Struct, frozen=True):
    """How an answer that is not final is asked for again."""

    address: Template  # path at the upstream, of `answer` fields; a 202's Location comes first
    every: Span = 5_000_000
    give_up: Span = 72 * HOUR


class Route(Struct, frozen=True, kw_only=True):
    """One line of the proxy's price tag: a method and path, and everything said of them."""

    name: str  # unique; the scope of idempotency keys, and what metrics call it
    method: Method
    path: str  # `/v2/company/{requestId}`; a last `{rest*}` takes whatever follows
    upstream: str | None = None  # a name in Routes.upstreams; None: answered by the house
    upstream_path: Template | None = None  # None: the path that was asked
    shape: Shape = "plain"
    sku: SkuRule | None = None  # None: free, or the shape's own
    outcomes: Outcomes = Outcomes()
    streams: bool = False  # pass-through: settled on the status, before the first body byte
    timeout: Span = 30_000_000  # of the whole exchange; a stream's: until its status
    body_max: int = 1 << 20  # bytes of the caller's body
    answer_max: int = 10 << 20  # bytes of a buffered answer
    workspace_at: tuple[str, ...] | None = None  # path in the JSON answer
    event: str | None = None  # type of the event that is sent
    repeat: Repeat | None = None
    stored: Field | None = None  # when the request says it: the stored answer of that request id
    poll: Poll | None = None

    @property
    def is_free(self) -> bool:
        """Nothing is ever charged."""
        return self.sku is None and self.shape in {"plain", "pricing"}

    @property
    def segments(self) -> tuple[str, ...]:
        """The path between its slashes."""
        return paths.segments(self.path)


class Match(Struct, frozen=True):
    """The route of a request, and what its path says."""

    route: Route
    params: Mapping[str, str]  # still percent-encoded


class Line(Struct, frozen=True):
    """One charge of a request: a SKU and what is bought with it."""

    sku: str
    items: tuple[str, ...] = ()  # of the body's list, as the caller wrote them
    part: str = ""  # of what a repeat must be equal in, beside the SKU


class Routes(Struct, frozen=True):
    """All routes, the more exact before the less exact, and where they lead."""

    routes: tuple[Route, ...] = ()
    upstreams: Mapping[str, Upstream] = {}

    def match(self, method: str, path: str) -> Match | None:
        """The route of a request; `path` as it came: percent-encoded, without a query."""
        return next((found for found in self._all(path) if found.route.method == method), None)

    def methods(self, path: str) -> tuple[str, ...]:
        """The methods that have a route at this path, for a 405."""
        return tuple(dict.fromkeys(found.route.method for found in self._all(path)))

    def _all(self, path: str) -> Iterator[Match]:
        if not path.startswith("/") or paths.climbs(path):
            return
        asked = paths.segments(path)
        for route in self.routes:
            params = paths.params(route.segments, asked)
            if params is not None:
                yield Match(route, params)


def ordered(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Routes in the order they are tried: a written segment before a param, that before a rest."""
    return tuple(sorted(routes, key=lambda route: paths.rank(route.segments)))


def lines(rule: SkuRule, asked: Asked) -> tuple[Line, ...]:
    """The charges of a request, in the order of its items; items of one SKU share a charge.

    Raises:
        Refusal: 400 naming the field that is missing, of no SKU, or too long a list.
    """
    if rule.each is None:
        return (Line(_sku(rule, asked, None, ())),)
    bought: dict[str, list[str]] = {}
    for item, wire in _items(rule.each, asked):
        if item in rule.free:
            continue
        name = item if rule.names is None else rule.names.get(item)
        if name is None:
            raise invalid(wire, f"{item!r} is not sold here")
        same = bought.setdefault(_sku(rule, asked, name, (wire,)), [])
        if item not in same:
            same.append(item)
    return tuple(Line(sku, tuple(items)) for sku, items in bought.items())


def repeat_key(repeat: Repeat, asked: Asked, line: Line) -> str | None:
    """What two requests must have in common, beside account and SKU, for the second to be free.

    None when the request does not say a key field: then nothing is a repeat of it. Spaces around
    a value do not count.
    """
    values = [templates.value(wanted, asked) for wanted in repeat.key]
    if any(value is None for value in values):
        return None
    return json_trees.encode([*((value or "").strip() for value in values), line.part]).decode()


def stored_id(route: Route, asked: Asked) -> str | None:
    """The id of the earlier request whose stored answer is asked for; never billed."""
    return None if route.stored is None else templates.value(route.stored, asked)


def upstream_path(match: Match, path: str, asked: Asked) -> str:
    """The path at the upstream; `path` is the one that was asked.

    Raises:
        Refusal: 400 naming the field that is missing or is no plain path segment.
    """
    wanted = match.route.upstream_path
    return path if wanted is None else templates.render_path(wanted, asked)


def _sku(rule: SkuRule, asked: Asked, item: str | None, wires: Sequence[str]) -> str:
    sku = templates.render(rule.template, asked, item)
    if SKU.fullmatch(sku):
        return sku
    field = next((hole.name for hole in rule.template.fields if hole.source != "item"), None)
    raise invalid(field or (wires[0] if wires else "sku"), f"makes no SKU: {sku!r}")


def _items(path: tuple[str, ...], asked: Asked) -> Iterator[tuple[str, str]]:
    # Each item's text, and what a refusal calls it.
    name = ".".join(path)
    found = json_trees.each(asked.body, path)
    if found is None:
        raise invalid(name, "must be a list")
    if len(found) > ITEMS_MAX:
        raise invalid(name, f"must have at most {ITEMS_MAX} items, has {len(found)}")
    for place, value in enumerate(found):
        text = json_trees.text(value)
        wire = f"{name}[{place}]"
        if text is None or len(text) > templates.VALUE_MAX:
            raise invalid(wire, f"must be a text of at most {templates.VALUE_MAX} characters")
        yield text, wire
