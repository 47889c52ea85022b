"""What an account's statements say of the account, and how they are made."""

from typing import Literal

from msgspec import Struct

from prepaid.domain.instants import Instant
from prepaid.domain.statements.money import Ppm

UTC_NAME = "UTC"


class Settings(Struct, frozen=True, omit_defaults=True):
    """As the account has set them; an untouched account has these."""

    legal_name: str | None = None  # None: the account's name
    address: tuple[str, ...] = ()  # one line each
    tax_id: str | None = None
    payment_terms: str | None = None
    prefix: str = "S-"  # of the statements' numbers
    tax_label: str = "VAT"
    tax_rate: Ppm | None = None  # None: no tax line
    time_zone: str = UTC_NAME  # an IANA name
    logo: str | None = None  # hash of its content
    automatic: bool = False  # closed by the worker, and told
    automatic_since: Instant = 0  # months that ended before are not told


class Logo(Struct, frozen=True):
    """A picture for the head of a statement."""

    hash: str
    kind: Literal["png", "svg"]
    content: bytes
