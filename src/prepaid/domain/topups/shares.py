"""Which share of the credit of a top-up goes with the money that went back on its payment."""

from collections.abc import Iterable
from typing import NamedTuple

from prepaid.domain.amounts import Micros


class Money(NamedTuple):
    """An amount of some currency."""

    price: int  # minor units
    currency: str  # ISO 4217, lower case


def share(amount: Micros, paid: Money, returned: Iterable[Money]) -> Micros:
    """What all that went back takes together of `amount`, which was bought for `paid`.

    In micro-credits, rounded down once for the sum and never part by part: so parts that make up
    the payment take all of it. Never more than `amount`. How much of the credit another currency
    stands for cannot be told: then it is all.
    """
    price = 0
    for one in returned:
        if one.currency != paid.currency:
            return amount
        price += one.price
    return min(amount, amount * price // paid.price)
