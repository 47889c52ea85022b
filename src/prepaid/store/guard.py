"""No network call is ever made while a transaction is open: asserted where calls are made.

A provider may take 30 seconds, and an account's lock would be held as long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_open: ContextVar[bool] = ContextVar("prepaid_transaction_open", default=False)


@contextmanager
def transaction() -> Iterator[None]:
    """What runs inside has a transaction open, and so have the tasks it makes."""
    token = _is_open.set(True)
    try:
        yield
    finally:
        _is_open.reset(token)


def assert_no_transaction() -> None:
    """Call this before anything that leaves the machine."""
    assert not _is_open.get(), "no network call is made while a transaction is open"
