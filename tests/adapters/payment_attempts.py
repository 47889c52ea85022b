"""Attempts to pay with, for the tests of every payment provider."""

from prepaid.domain.instants import SECOND, Instant
from prepaid.domain.topups import topup as topups
from prepaid.domain.topups.topup import Attempt


def attempt(
    method: str, now: Instant, *, number: int = 1, customer: str = "cus_7", price: int = 1_250
) -> Attempt:
    """An attempt that is just being asked about; its key is made from its number."""
    opened = topups.opened(
        Attempt(
            account=7,
            number=number,
            key=f"{number:032x}",
            kind="auto",
            amount=10_000_000,
            price=price,
            currency="eur",
            customer=customer,
            method=method,
            opened_at=now,
            created_at=now - SECOND,
        )
    )
    return topups.asked(opened, now)
