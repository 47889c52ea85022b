"""What the model answers a second time, by hand: keys, repetitions, names. Cents and minutes."""

from prepaid.domain.alerting import Config
from prepaid.domain.amounts import CENT
from prepaid.domain.commands import Refund, Release, Reserve, Settle
from prepaid.domain.instants import DAY
from tests.model.facts import ModelAnswer
from tests.model.story import ACCOUNT, START, Story, refused


def test_same_key_and_request_gives_the_stored_answer() -> None:
    ada = Story(cents=100)
    first = ada.spend(10, at=1, key="k")
    ada.credit(5, at=2)
    again = ada.spend(10, at=3, key="k")

    assert again == ModelAnswer(3, 90 * CENT, "settled", 10 * CENT, replayed=True)
    assert (again.seq, ada.account.seq, ada.balance) == (first.seq, 4, 95)


def test_same_key_and_other_request_is_refused_within_one_route() -> None:
    ada = Story()
    charge = ada.spend(10, at=1, key="k").seq
    with refused("idempotency_key_reused"):
        ada.spend(11, at=2, key="k")

    assert ada.ask(Refund(account=ACCOUNT, key="k", charge=charge), at=3).amount == 0


def test_who_asked_is_no_part_of_the_request() -> None:
    ada = Story()
    asked = [Reserve(account=ACCOUNT, sku="report", key="k", api_key=n) for n in (1, None)]

    assert [ada.ask(command, at=1).replayed for command in asked] == [False, True]


def test_refusals_are_not_stored() -> None:
    ada = Story(cents=0)
    with refused("insufficient_funds"):
        ada.spend(10, at=1, key="k")
    ada.credit(50, at=2)

    assert ada.spend(10, at=3, key="k") == ModelAnswer(4, 40 * CENT, "settled", 10 * CENT)


def test_settling_twice_gives_the_same_answer_and_with_others_is_refused() -> None:
    ada = Story(cents=100)
    charge = ada.reserve(10, at=1).seq
    first = ada.settle(charge, at=2, cents=8)
    ada.refund(charge, at=3)

    assert ada.ask(Settle(account=ACCOUNT, charge=charge, credits=8 * CENT), at=4) == first
    assert ada.account.seq == 5
    with refused("charge_closed"):
        ada.settle(charge, at=5)
    with refused("charge_closed"):
        ada.ask(Release(account=ACCOUNT, charge=charge), at=6)


def test_a_change_of_zero_makes_no_entry_but_takes_a_number() -> None:
    ada = Story(cents=100)
    held = ada.reserve(0, at=1)
    ada.settle(held.seq, at=2)
    ada.refund(held.seq, at=3)
    ada.account.configure(Config(), START + DAY)

    assert ada.lines == []
    assert ada.account.seq == 6


def test_workspaces_have_numbers_that_never_return() -> None:
    ada = Story()
    account = ada.account

    assert account.create_workspace("blue") == 2
    with refused("workspace_exists"):
        account.create_workspace("blue")
    account.archive_workspace("blue")
    with refused("workspace_not_found"):
        ada.spend(1, at=1, workspace="blue")
    with refused("default_workspace"):
        account.archive_workspace("default")
    assert account.create_workspace("blue") == 3
