"""Sealed secrets: only the right key, at the right place, unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.adapters.seals import Seals
from prepaid.flows.deliveries.secrets import SealBroken

OLD, NEW = "o" * 32, "n" * 32
SEALS = Seals(NEW)
PLACE = b"endpoint/7/secret"


@given(plain=st.binary(max_size=200), about=st.binary(max_size=40))
def test_what_is_sealed_is_opened_again(plain: bytes, about: bytes) -> None:
    assert SEALS.open(SEALS.seal(plain, about), about) == plain


def test_a_sealed_value_shows_nothing_and_never_repeats() -> None:
    first, again = (SEALS.seal(b"the same secret", PLACE) for _ in range(2))

    assert first != again
    assert b"secret" not in first
    assert len(first) == len(b"the same secret") + 33


def test_a_sealed_value_opens_only_where_it_belongs() -> None:
    """A row copied into another account's endpoint stays closed."""
    with pytest.raises(SealBroken):
        SEALS.open(SEALS.seal(b"x", PLACE), b"endpoint/8/secret")


def test_every_changed_byte_is_noticed() -> None:
    sealed = SEALS.seal(b"secret", PLACE)

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            SEALS.open(bytes(changed), PLACE)


def test_every_cut_is_noticed() -> None:
    sealed = SEALS.seal(b"secret", PLACE)

    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            SEALS.open(sealed[:length], PLACE)


def test_a_rotated_key_still_opens_and_new_seals_use_the_new_one() -> None:
    before, after = Seals(OLD), Seals(NEW, OLD)
    sealed = before.seal(b"secret", PLACE)

    assert after.open(sealed, PLACE) == b"secret"
    assert before.is_current(sealed)
    assert not after.is_current(sealed)
    assert after.is_current(after.seal(b"secret", PLACE))
    with pytest.raises(SealBroken):
        Seals(NEW).open(sealed, PLACE)


def test_every_process_derives_the_same_key() -> None:
    assert Seals(NEW).open(Seals(NEW).seal(b"secret", PLACE), PLACE) == b"secret"


@pytest.mark.parametrize("keys", [("",), (NEW, ""), (NEW, NEW)])
def test_empty_and_repeated_keys_are_errors(keys: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="must"):
        Seals(*keys)
