"""Ending the charges of one request: all of them or none, whatever stands in the way."""

from prepaid.domain.amounts import BALANCE_MAX, CREDIT
from prepaid.domain.commands import Credit, Reserve
from prepaid.domain.instants import SECOND
from prepaid.domain.proxied import Paper, Part, SettleGroup
from prepaid.domain.refusals import Refusal
from prepaid.domain.routing.answers import BILLED
from tests.unit.shelf import START, Shelf

ADA = 7


def test_a_group_that_together_takes_too_much_again_is_not_ended_in_part() -> None:
    """Each of its two charges could still be taken by itself."""
    shelf = Shelf(ADA)
    held = Reserve(account=ADA, sku="report", ttl=SECOND)
    shelf.apply(START + 1, [Credit(account=ADA, amount=10 * CREDIT, reason="a grant"), held, held])
    left = 3 * CREDIT - BALANCE_MAX - shelf.account.balance - 4 * CREDIT
    shelf.apply(START + 2 * SECOND, [Credit(account=ADA, amount=left, reason="a debt")])
    parts = tuple(Part(charge=seq, verdict=BILLED) for seq in sorted(shelf.charges))
    both = SettleGroup(account=ADA, parts=parts, writing=lambda _: Paper())
    one = SettleGroup(account=ADA, parts=parts[:1], writing=lambda _: Paper())
    refused, done = shelf.apply(START + 3 * SECOND, [both, one])

    assert isinstance(refused, Refusal)
    assert not isinstance(done, Refusal)
    assert shelf.account.balance == CREDIT - BALANCE_MAX
