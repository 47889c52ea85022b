"""Types that several bodies share, with their bounds."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct, UnsetType


class Amount(Decimal):
    """A JSON number exactly as it was written. A text that looks like one is refused."""


# A pattern ends with \Z: `$` would also let a line feed pass. The document shows `$` again.
Sku = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\Z", examples=["fra-company-data"])
]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
TtlSeconds = Annotated[int, Meta(ge=1, le=86_400)]
WorkspaceName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}\Z", examples=["acme-paris"])]
LegalName = Annotated[str, Meta(min_length=1, max_length=255, examples=["Acme Paris SAS"])]
Limit = Annotated[int, Meta(ge=1, le=200)]
Credits = Annotated[
    Amount,
    Meta(
        description="Credits, at most 6 decimals",
        extra_json_schema={"minimum": 0, "maximum": 1_000_000_000},
    ),
]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]  # of an answer
Number = int | Decimal  # an integer when whole, else the shortest exact decimal

Omitted = UnsetType


class Body(Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A request body: unknown fields are refused."""


class Shape(Struct, frozen=True, rename="camel", kw_only=True):
    """A part of an answer."""


class Ok(Shape, frozen=True, kw_only=True):
    """It is done."""

    ok: bool = True


class Page(Shape, frozen=True, kw_only=True):
    """A page of a list, newest or first first."""

    next_cursor: str | None  # send it as `cursor` for the next page; null at the end
