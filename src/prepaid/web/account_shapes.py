"""What the operator's routes for accounts take and give."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from prepaid.domain import ids
from prepaid.domain.amounts import cents
from prepaid.domain.instants import iso_micros
from prepaid.domain.topups.caps import CREDIT_PRICE_DEFAULT, PRICE_MAX
from prepaid.store.accounts import AccountRow
from prepaid.store.keys import KeyRow
from prepaid.web.shapes import Amount, Body, Limit, Number, Page, Shape

ADVANCE_MAX_S = 400 * 86_400
NAME_MAX = 255
ADMINS_MAX = 50

_PART = r"[^\x00-\x20\x7f\s@<>,;:\"\\]"  # of a mail address, left or right of its @
Address = Annotated[str, Meta(pattern=rf"^{_PART}{{1,64}}@{_PART}{{1,190}}\Z")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z", examples=["EUR"])]
CreditPrice = Annotated[
    int, Meta(ge=1, le=PRICE_MAX, description="Minor units of the currency per credit")
]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]
Admins = Annotated[tuple[Address, ...], Meta(max_length=ADMINS_MAX)]


Scopes = Annotated[tuple[Literal["full", "read"], ...], Meta(min_length=1, max_length=2)]


class AccountBody(Body, frozen=True, kw_only=True):
    """A new account."""

    name: Name
    admins: Admins = ()
    currency: Currency = "EUR"
    sandbox: bool = False
    minimum_balance_cents: Amount | None = None
    credit_price: CreditPrice = CREDIT_PRICE_DEFAULT


class AccountPatch(Body, frozen=True, kw_only=True):
    """Omitted fields keep their value."""

    name: Name | UnsetType = UNSET
    admins: Admins | UnsetType = UNSET
    minimum_balance_cents: Amount | UnsetType | None = UNSET
    credit_price: CreditPrice | UnsetType = UNSET


class AccountShape(Shape, frozen=True, kw_only=True):
    """An account."""

    id: str
    name: str
    admins: tuple[str, ...]
    currency: str
    sandbox: bool
    minimum_balance_cents: Number | None
    credit_price: int  # minor units of the currency per credit
    balance_cents: Number
    closed: bool
    created_at: str
    updated_at: str


class AccountPage(Page, frozen=True, kw_only=True):
    """A page of accounts, in id order."""

    data: list[AccountShape]


class AccountQuery(Body, frozen=True, kw_only=True):
    """Which page."""

    limit: Limit = 50
    cursor: str | None = None
    search: str | None = None


class KeyBody(Body, frozen=True, kw_only=True):
    """A new key. `full` may charge and change, `read` only reads."""

    name: Annotated[str, Meta(max_length=NAME_MAX)] = ""
    scopes: Scopes = ("full",)


class KeyShape(Shape, frozen=True, kw_only=True):
    """An API key as lists show it."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    created_at: str
    revoked_at: str | None


class NewKeyShape(KeyShape, frozen=True, kw_only=True):
    """A new API key: `key` is shown this once."""

    key: str


class KeyList(Shape, frozen=True, kw_only=True):
    """Every key of an account."""

    data: list[KeyShape]


class CreditBody(Body, frozen=True, kw_only=True):
    """Credit to put in; negative takes out (a correction)."""

    cents: Amount
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class CreditShape(Shape, frozen=True, kw_only=True):
    """A ledger entry made by hand."""

    id: str
    cents: Number
    balance_cents: Number
    created_at: str


class ClockBody(Body, frozen=True, kw_only=True):
    """How far to move a sandbox account's clock."""

    advance_seconds: Annotated[int, Meta(ge=0, le=ADVANCE_MAX_S)]


class ClockShape(Shape, frozen=True, kw_only=True):
    """The account's time."""

    now: str


def shape(row: AccountRow) -> AccountShape:
    """An account for the wire."""
    return AccountShape(
        id=ids.account(row.id),
        name=row.name,
        admins=row.admins,
        currency=row.currency,
        sandbox=row.sandbox,
        minimum_balance_cents=None if row.floor is None else cents(row.floor),
        credit_price=row.credit_price,
        balance_cents=cents(row.balance),
        closed=row.closed,
        created_at=iso_micros(row.created_at),
        updated_at=iso_micros(row.updated_at),
    )


def key_fields(row: KeyRow) -> dict[str, object]:
    """What every shape of a key shows."""
    return {
        "id": ids.owned("key", row.account_id, row.number),
        "name": row.name,
        "hint": row.hint,
        "scopes": [row.scope],
        "created_at": iso_micros(row.created_at),
        "revoked_at": None if row.revoked_at is None else iso_micros(row.revoked_at),
    }
