"""The routes of the metering proxy: which requests are billed, as what, and when again.

Pure values and look-ups. Knows neither prices nor networks; `file` makes the values,
`answers` reads what the upstream said.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from prepaid.domain.instants import HOUR, Span
from prepaid.domain.routing import paths, templates
from prepaid.domain.routing.templates import Asked, Field, Template

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
#: `plain` is any API; the others follow the rules of `domain/company`.
Shape = Literal["plain", "company", "onboarding", "pricing"]
SANDBOX: Final = "sandbox:register"  # the URL that means the register that ships
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
    # Made of the above once, not with each request:
    segments: tuple[str, ...] = ()  # the path between its slashes
    reads: tuple[Field, ...] = ()  # every part of a request that prices, routes or recognises it

    def __post_init__(self) -> None:
        """Fill in what follows from the rest."""
        force_setattr(self, "segments", paths.segments(self.path))
        force_setattr(self, "reads", _read_by(self))

    @property
    def is_free(self) -> bool:
        """Nothing is ever charged."""
        return self.sku is None and self.shape in {"plain", "pricing"}

    @property
    def reads_body(self) -> bool:
        """Something of the JSON body prices or routes a request."""
        has_list = self.sku is not None and self.sku.each is not None
        return has_list or any(field.source == "body" for field in self.reads)

    @property
    def reads_answer(self) -> bool:
        """Something of the JSON answer decides what is billed, or where to ask again."""
        return self.outcomes.status_at is not None or self.poll is not None


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
    by_head: Mapping[str, tuple[Route, ...]] = {}  # by the first segment of the paths they match

    def __post_init__(self) -> None:
        """Sort the routes by what their paths begin with."""
        heads = {route.segments[0] for route in self.routes}
        by_head = {
            head: tuple(r for r in self.routes if r.segments[0] == head or _is_open(r))
            for head in heads
        }
        force_setattr(self, "by_head", by_head)

    def match(self, method: str, path: str) -> Match | None:
        """The route of a request; `path` as it came: percent-encoded, without a query."""
        return next((found for found in self.at(path) if found.route.method == method), None)

    def methods(self, path: str) -> tuple[str, ...]:
        """The methods that have a route at this path, for a 405."""
        return tuple(dict.fromkeys(found.route.method for found in self.at(path)))

    def at(self, path: str) -> tuple[Match, ...]:
        """The routes that match a path, whatever the method; the most exact first."""
        asked = paths.segments(path)
        if not asked or not path.startswith("/"):
            return ()
        routes = self.by_head.get(asked[0])
        if routes is None:
            routes = tuple(route for route in self.routes if _is_open(route))
        if not routes or paths.climbs(path):
            return ()
        found = ((route, paths.params(route.segments, asked)) for route in routes)
        return tuple(Match(route, params) for route, params in found if params is not None)


def ordered(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Routes in the order they are tried: a written segment before a param, that before a rest."""
    return tuple(sorted(routes, key=lambda route: paths.rank(route.segments)))


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


def _is_open(route: Route) -> bool:
    return paths.is_param(route.segments[0])


def _read_by(route: Route) -> tuple[Field, ...]:
    found: list[Field] = []
    if route.sku is not None:
        found += route.sku.template.fields
    if route.repeat is not None:
        found += route.repeat.key
    if route.upstream_path is not None:
        found += route.upstream_path.fields
    if route.stored is not None:
        found.append(route.stored)
    return tuple(found)
