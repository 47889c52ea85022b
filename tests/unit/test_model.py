"""The model's ledger rules, by hand. Cents and minutes; the account opens with seq 1 and 2."""

from prepaid.domain.amounts import CENT
from prepaid.domain.commands import Reserve
from prepaid.domain.instants import DAY
from tests.model.facts import ModelAnswer, ModelEntry
from tests.model.story import ACCOUNT, START, Story, refused

DAYS = 24 * 60


def test_balance_is_the_sum_of_all_ledger_entries() -> None:
    ada = Story(cents=100)
    charge = ada.reserve(30, at=1)
    ada.settle(charge.seq, at=2, cents=40)
    ada.refund(charge.seq, at=3, cents=15)
    ada.credit(-5, at=4)

    assert ada.account.entries == [
        ModelEntry(1, "grant", 100 * CENT, 100 * CENT, None),
        ModelEntry(3, "hold", -30 * CENT, 70 * CENT, 3),
        ModelEntry(4, "adjustment", -10 * CENT, 60 * CENT, 3),
        ModelEntry(5, "refund", 15 * CENT, 75 * CENT, 3),
        ModelEntry(6, "correction", -5 * CENT, 70 * CENT, None),
    ]
    assert ada.balance == 70


def test_usage_is_what_left_the_balance() -> None:
    ada = Story(cents=100)
    ada.spend(30, at=1)
    ada.reserve(20, at=2, workspace=None)
    ada.reserve(5, at=3)
    ada.release(5, at=4)
    ada.spend(0, at=5)

    assert ada.account.usage(START, START + DAY) == {
        (1, "report"): (2, 30 * CENT),
        (0, "report"): (1, 20 * CENT),
    }
    assert ada.balance == 100 - 30 - 20


def test_usage_counts_from_start_to_before_end() -> None:
    ada = Story()
    ada.spend(1, at=1)
    ada.spend(2, at=DAYS)

    assert ada.account.usage(START, START + DAY) == {(1, "report"): (1, CENT)}


def test_a_charge_passes_while_the_balance_is_above_zero() -> None:
    ada = Story(cents=10)

    assert ada.reserve(25, at=1) == ModelAnswer(3, -15 * CENT, "held", 25 * CENT)
    with refused("insufficient_funds"):
        ada.reserve(1, at=2)
    assert ada.reserve(0, at=3) == ModelAnswer(4, -15 * CENT, "held", 0)


def test_a_minimum_balance_replaces_that_rule() -> None:
    ada = Story(cents=10, floor=4)

    with refused("insufficient_funds"):
        ada.reserve(7, at=1)
    assert ada.reserve(6, at=2).balance == 4 * CENT
    assert ada.reserve(0, at=3).balance == 4 * CENT


def test_settles_imports_and_corrections_ignore_both_rules() -> None:
    ada = Story(cents=10, floor=0)
    held = ada.reserve(10, at=1)
    ada.settle(held.seq, at=2, cents=50)
    ada.past(20, at=3, occurred=1)
    ada.credit(-1, at=4)

    assert ada.balance == 10 - 50 - 20 - 1


def test_a_price_is_frozen_at_reserve_and_multiplied_by_quantity() -> None:
    ada = Story()
    held = ada.reserve(None, at=1, quantity=3)
    ada.account.prices["report"] = 99 * CENT

    assert held.amount == 30 * CENT
    assert ada.settle(held.seq, at=2, quantity=2).amount == 20 * CENT
    with refused("invalid_request"):
        ada.settle(ada.reserve(5, at=3).seq, at=3, quantity=2)


def test_what_has_no_price_is_refused() -> None:
    ada = Story()

    with refused("invalid_request"):
        ada.ask(Reserve(account=ACCOUNT, sku="unheard-of"), at=1)


def test_settle_fixes_the_amount_lower_equal_or_higher() -> None:
    ada = Story(cents=100)
    charges = [ada.reserve(10, at=1).seq for _ in range(3)]
    answers = [ada.settle(c, at=2, cents=n) for c, n in zip(charges, (4, 10, 13), strict=True)]

    assert [answer.seq for answer in answers] == [6, 7, 8]
    assert ada.lines[3:] == [("adjustment", 6), ("adjustment", -3)]
    assert ada.balance == 100 - 4 - 10 - 13


def test_release_gives_all_back() -> None:
    ada = Story(cents=100)
    held = ada.reserve(10, at=1)

    assert ada.release(held.seq, at=2) == ModelAnswer(4, 100 * CENT, "released", 0)
    assert ada.lines == [("hold", -10), ("release", 10)]
    with refused("charge_closed"):
        ada.settle(held.seq, at=3)


def test_a_hold_expires_at_its_time_before_the_next_command() -> None:
    ada = Story(cents=100)
    held = ada.reserve(10, at=0, ttl=15)

    assert ada.sweep(at=14.99).balance == 90 * CENT
    assert ada.spend(1, at=15) == ModelAnswer(5, 99 * CENT, "settled", CENT)
    assert ada.release(held.seq, at=16) == ModelAnswer(4, 100 * CENT, "expired", 0)


def test_due_holds_expire_in_expiry_order_even_before_a_refusal() -> None:
    ada = Story(cents=100)
    for cents, ttl in ((1, 9), (2, 5), (3, 9)):
        ada.reserve(cents, at=0, ttl=ttl)
    with refused("not_found"):
        ada.release(99, at=20)

    assert [(e.seq, e.charge) for e in ada.account.entries[4:]] == [(6, 4), (7, 3), (8, 5)]
    assert ada.account.seq == 8


def test_a_settle_after_expiry_debits_again_for_35_days() -> None:
    ada = Story(cents=100)
    first, second = (ada.reserve(10, at=0, ttl=15).seq for _ in range(2))
    answer = ada.settle(first, at=15 + 35 * DAYS)

    assert answer == ModelAnswer(7, 90 * CENT, "settled", 10 * CENT)
    assert ada.lines[-1] == ("adjustment", -10)
    with refused("charge_closed"):
        ada.settle(second, at=15.01 + 35 * DAYS)


def test_refund_gives_back_part_or_all_of_a_settled_charge() -> None:
    ada = Story(cents=100)
    charge = ada.spend(10, at=1).seq

    assert ada.refund(charge, at=2, cents=4) == ModelAnswer(4, 94 * CENT, "settled", 6 * CENT)
    with refused("invalid_request"):
        ada.refund(charge, at=3, cents=7)
    assert ada.refund(charge, at=4).balance == 100 * CENT
    with refused("charge_closed"):
        ada.refund(ada.reserve(1, at=5).seq, at=5)


def test_a_refund_belongs_to_the_time_of_its_charge() -> None:
    ada = Story(cents=100)
    charge = ada.spend(10, at=1).seq
    ada.refund(charge, at=2 * DAYS, cents=4)

    assert ada.account.usage(START, START + DAY) == {(1, "report"): (1, 6 * CENT)}
    assert ada.account.usage(START + DAY, START + 9 * DAY) == {}


def test_imports_reach_back_400_days_never_forward() -> None:
    ada = Story(cents=100)
    ada.past(1, at=0, occurred=-400 * DAYS)
    ada.past(1, at=0, occurred=0)
    for outside in (-400.01 * DAYS, 0.01):
        with refused("invalid_request"):
            ada.past(1, at=0, occurred=outside)

    assert ada.account.usage(0, START) == {(1, "report"): (1, CENT)}


def test_an_imported_hold_lives_from_the_time_it_was_told() -> None:
    ada = Story(cents=100)
    ada.reserve(10, at=60, ttl=15, occurred=0)

    assert ada.sweep(at=74.99).balance == 90 * CENT
    assert ada.sweep(at=75).balance == 100 * CENT
