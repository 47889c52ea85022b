"""Names of things on the wire. An id carries its account, so no look-up crosses accounts.

Inside, an account is a random 62-bit integer and everything it owns is numbered within it.
"""

from functools import lru_cache
from typing import NamedTuple

AccountId = int  # random, 1 … 2^62 - 1
Seq = int  # number of a change of one account, 1, 2, 3 …
WorkspaceNumber = int  # 0 = the account-wide bucket, 1 = `default`, then 2, 3 …

ACCOUNT_WIDE: WorkspaceNumber = 0
DEFAULT: WorkspaceNumber = 1
ACCOUNT_ID_BITS = 62

_ACCOUNT_DIGITS = 16
_ACCOUNT_LENGTH = len("acc_") + _ACCOUNT_DIGITS
_NUMBER_DIGITS_MIN = 10
_NUMBER_DIGITS_MAX = 15


class Owned(NamedTuple):
    """A thing of an account: whose, and its number there."""

    account: AccountId
    number: int


def account(value: AccountId) -> str:
    """`acc_` and 16 hexadecimal digits."""
    return f"acc_{value:016x}"


def charge(owner: AccountId, seq: Seq) -> str:
    """`chg_`, the account's 16 digits and the sequence number of its reserve."""
    return f"chg_{owner:016x}{seq:010x}"


def owned(prefix: str, owner: AccountId, number: int) -> str:
    """`prefix_`, the account's 16 digits and the thing's number in the account."""
    return f"{prefix}_{owner:016x}{number:010x}"


def parse_account(text: str) -> AccountId | None:
    """The account an id names, or None when it is no such id."""
    return _account_of(text) if len(text) == _ACCOUNT_LENGTH else None


@lru_cache(maxsize=4_096)
def _account_of(text: str) -> AccountId | None:
    value = _hex(text[4:])
    return value if value is not None and account(value) == text else None


def parse_owned(prefix: str, text: str) -> Owned | None:
    """The account and number an id names, or None when it is no id of this kind."""
    head = f"{prefix}_"
    digits = text[len(head) + _ACCOUNT_DIGITS :]
    if not text.startswith(head):
        return None
    if not _NUMBER_DIGITS_MIN <= len(digits) <= _NUMBER_DIGITS_MAX:
        return None
    owner = _hex(text[len(head) : len(head) + _ACCOUNT_DIGITS])
    number = _hex(digits)
    if owner is None or number is None or owned(prefix, owner, number) != text:
        return None
    return Owned(owner, number)


def _hex(digits: str) -> int | None:
    """The number; callers compare its own spelling, so `int`'s leniency does no harm."""
    if len(digits) > _ACCOUNT_DIGITS:
        return None
    try:
        value = int(digits, 16)
    except ValueError:
        return None
    return value if 0 <= value < 2**63 else None
