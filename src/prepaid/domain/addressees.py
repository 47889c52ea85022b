"""Who gets a letter, and what it speaks of by name."""

from msgspec import Struct

from prepaid.domain.accounts import Tag
from prepaid.domain.ids import AccountId


class Addressee(Struct, frozen=True):
    """One recipient, with the names that hold when the letter is written."""

    recipient: str  # a bare mail address
    account: AccountId | None  # None: it is about the installation
    account_name: str
    workspace: Tag | None = None  # None: none is meant, or it was archived
