"""What the service answers, as typed values."""

from decimal import Decimal

from msgspec import Struct

Number = int | Decimal  # an integer when whole, else exact


class Workspace(Struct, frozen=True, rename="camel"):
    """The workspace a charge is tagged with."""

    id: str
    name: str
    legal_name: str
    is_default: bool


class Charge(Struct, frozen=True, rename="camel", kw_only=True):
    """Credits taken for one billable request."""

    id: str
    account_id: str
    status: str  # held, settled, released or expired
    sku: str
    quantity: int
    cents: Number  # credit cents
    balance_cents: Number  # of the account, after this step
    workspace: Workspace | None
    seq: int  # number of this step in the account's order
    reserved_at: str
    expires_at: str | None
    replayed: bool = False  # somebody asked with this idempotency key before; as it was then


class Detail(Struct, frozen=True):
    """One field that is wrong, and what it needs."""

    field: str
    message: str
