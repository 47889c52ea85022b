"""The tables of the routes file: their keys, units, defaults and bounds.

What needs two keys to be checked is checked by `checks`.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from prepaid.domain.routing.routes import Method, Shape

Seconds = Annotated[float, Meta(ge=0.001, le=3_600)]
Bytes = Annotated[int, Meta(ge=1, le=1 << 30)]
Hours = Annotated[float, Meta(gt=0, le=840)]
Texts = Annotated[tuple[str, ...], Meta(max_length=1_000)]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key we do not know is a mistake."""


class UpstreamTable(Table, frozen=True):
    """`[upstreams.NAME]`: where requests go."""

    url: str  # `sandbox:register` is the register that ships
    headers: dict[str, str] = {}


class SkuTable(Table, frozen=True):
    """`[routes.sku]`; `sku = "report"` is short for its template."""

    template: str
    each: str | None = None
    map: dict[str, str] | None = None
    free: Texts = ()


class BilledTable(Table, frozen=True):
    """`[routes.billed]`: which outcome is billed."""

    statuses: tuple[int | str, ...] = ("2xx",)
    item_status: str | None = None
    item_billed: Texts = ("succeeded",)
    item_pending: Texts = ("in_progress", "enriching")


class RepeatTable(Table, frozen=True):
    """`[routes.repeat]`: the free-repeat window."""

    hours: Hours
    key: Texts


class PollTable(Table, frozen=True):
    """`[routes.poll]`: how an answer that is not final is asked for again."""

    address: str
    every_seconds: Seconds = 5.0
    give_up_hours: Hours = 72.0


class RouteTable(Table, frozen=True):
    """`[[routes]]`: one route."""

    name: str
    method: Method
    path: str
    upstream: str | None = None
    upstream_path: str | None = None
    shape: Shape = "plain"
    free: bool = False
    sku: str | SkuTable | None = None
    billed: BilledTable | None = None
    mode: Literal["buffered", "stream"] = "buffered"
    timeout_seconds: Seconds = 30.0
    body_max_bytes: Bytes = 1 << 20
    answer_max_bytes: Bytes = 10 << 20
    workspace: str | None = None
    event: str | None = None
    repeat: RepeatTable | None = None
    stored: str | None = None
    poll: PollTable | None = None
