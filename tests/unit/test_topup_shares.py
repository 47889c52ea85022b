"""How much credit goes with money that went back."""

from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.topups.shares import Money, share

AMOUNTS = st.integers(1, 10**15)
PRICES = st.integers(1, 10**11)


@given(AMOUNTS, PRICES, st.lists(PRICES, max_size=8))
def test_it_is_the_share_of_the_sum_and_never_more_than_all(
    amount: int, paid: int, parts: list[int]
) -> None:
    taken = share(amount, Money(paid, "eur"), [Money(part, "eur") for part in parts])

    assert 0 <= taken <= amount
    if sum(parts) >= paid:
        assert taken == amount
    else:
        # Rounded down once, by less than one micro-credit.
        assert taken * paid <= amount * sum(parts) < (taken + 1) * paid


@given(AMOUNTS, PRICES, st.lists(PRICES, min_size=1, max_size=8), PRICES)
def test_one_more_never_takes_less(amount: int, paid: int, parts: list[int], more: int) -> None:
    returned = [Money(part, "eur") for part in parts]
    before = share(amount, Money(paid, "eur"), returned)

    assert share(amount, Money(paid, "eur"), [*returned, Money(more, "eur")]) >= before


@given(AMOUNTS, PRICES, PRICES)
def test_another_currency_takes_all(amount: int, paid: int, price: int) -> None:
    """What it stands for cannot be told."""
    assert share(amount, Money(paid, "eur"), [Money(price, "usd")]) == amount
