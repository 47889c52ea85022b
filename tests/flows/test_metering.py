"""What becomes of a charge, through the writer, on both databases."""

from typing import Any

import pytest

from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Credit, Refund, Release, Reserve, Settle
from prepaid.domain.instants import SECOND
from prepaid.domain.refusals import Refusal
from tests.kit.shop import Shop
from tests.store.recount import Account, recount

HELD = 2 * CREDIT  # a report


def refused(code: str) -> "pytest.RaisesExc[Refusal]":
    """What is asked inside is answered no, for this reason."""
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


async def kept(shop: Shop, account: int) -> Account:
    """The account, everything of it recounted."""
    return await recount(shop.desk.vault, account)


async def test_asking_twice_with_one_key_takes_credit_once(shop: Shop) -> None:
    """A client that lost our answer may ask again without paying twice."""
    ada = await shop.account(credits=10)
    first = await shop.reserve(ada, key="k1")
    again = await shop.reserve(ada, key="k1")

    assert again.charge == first.charge
    assert again.replayed
    assert await shop.balance(ada) == 8 * CREDIT


@pytest.mark.parametrize(
    ("final", "lines"),
    [
        (0.5, [("hold", -HELD), ("adjustment", HELD - CREDIT // 2)]),
        (None, [("hold", -HELD)]),
        (2, [("hold", -HELD)]),
        (7, [("hold", -HELD), ("adjustment", HELD - 7 * CREDIT)]),
        (0, [("hold", -HELD), ("adjustment", HELD)]),
    ],
)
async def test_settling_fixes_the_final_amount(
    shop: Shop, final: float | None, lines: list[tuple[str, int]]
) -> None:
    """Lower, equal or higher: one more line at most, and the balance moves by the difference."""
    ada = await shop.account(credits=10)
    held = await shop.reserve(ada)
    done = await shop.settle(held, final)
    twice = await shop.settle(held, final)

    account = await kept(shop, ada)
    assert account.lines[1:] == lines
    assert done.balance == account.balance == 10 * CREDIT - account.used
    assert (twice.seq, twice.balance, twice.charge) == (done.seq, done.balance, done.charge)
    assert account.seq == held.seq + 1


async def test_the_work_is_done_so_a_settle_is_never_refused_for_lack_of_funds(shop: Shop) -> None:
    ada = await shop.account(credits=1)
    held = await shop.reserve(ada)
    done = await shop.settle(held, 1_000)

    assert done.balance == -999 * CREDIT
    with refused("insufficient_funds"):
        await shop.reserve(ada)
    assert (await kept(shop, ada)).balance == -999 * CREDIT


async def test_a_charge_ends_once(shop: Shop) -> None:
    """Another end, or the same end with another amount, is `409 charge_closed`."""
    ada = await shop.account(credits=10)
    settled, released = await shop.reserve(ada), await shop.reserve(ada)
    await shop.settle(settled, 1)
    back = await shop.release(released)
    again = await shop.release(released)

    assert (again.seq, again.charge) == (back.seq, back.charge)
    with refused("charge_closed"):
        await shop.release(settled)
    with refused("charge_closed"):
        await shop.settle(settled, 2)
    with refused("charge_closed"):
        await shop.settle(released)
    with refused("charge_closed"):
        await shop.refund(released)
    account = await kept(shop, ada)
    assert (account.balance, account.seq) == (9 * CREDIT, 5)


async def test_refunds_give_back_in_part_and_in_full(shop: Shop) -> None:
    """All parts together are never more than the charge; the report follows."""
    ada = await shop.account(credits=10)
    charge = await shop.reserve(ada, settle=True)
    part = await shop.refund(charge, 0.5)
    with refused("invalid_request"):
        await shop.refund(charge, 1.6)
    rest = await shop.refund(charge)
    nothing = await shop.refund(charge)

    assert (part.balance, rest.balance, nothing.balance) == (
        8 * CREDIT + CREDIT // 2,
        10 * CREDIT,
        10 * CREDIT,
    )
    account = await kept(shop, ada)
    assert account.lines[1:] == [
        ("hold", -HELD),
        ("refund", CREDIT // 2),
        ("refund", HELD - CREDIT // 2),
    ]
    assert account.used == 0
    assert [c.status for c in account.charges.values()] == ["settled"]
    with refused("charge_closed"):
        await shop.refund(await shop.reserve(ada))


async def test_a_refund_under_a_key_is_given_once(shop: Shop) -> None:
    ada = await shop.account(credits=10)
    charge = await shop.reserve(ada, settle=True)
    command = Refund(account=ada, charge=charge.seq, key="k", credits=CREDIT)
    first, again = await shop.do(command), await shop.do(command)

    assert again.replayed
    assert (again.seq, again.balance, again.entry) == (first.seq, first.balance, first.entry)
    with refused("idempotency_key_reused"):
        await shop.do(Refund(account=ada, charge=charge.seq, key="k", credits=1))
    assert (await kept(shop, ada)).balance == 9 * CREDIT


async def test_a_key_is_kept_though_its_command_changed_nothing(shop: Shop) -> None:
    """The same request under it is answered the same, whatever became of the charge since."""
    ada = await shop.account(credits=10)
    held = await shop.do(Reserve(account=ada, sku="report", ttl=SECOND))
    await shop.later(ada, 60)
    await shop.balance(ada)
    release = Release(account=ada, charge=held.seq, key="k")
    first = await shop.do(release)
    await shop.settle(held, 1)
    again = await shop.do(release)

    assert again.replayed
    assert (again.seq, again.charge) == (first.seq, first.charge)
    with refused("idempotency_key_reused"):
        await shop.do(Release(account=ada, charge=held.seq + 1, key="k"))


async def test_a_key_is_kept_per_route_and_account(shop: Shop) -> None:
    """One word may name a charge, its settle and somebody else's charge."""
    ada, bob = await shop.account(credits=10), await shop.account(credits=10)
    first = await shop.reserve(ada, key="k")
    await shop.reserve(bob, key="k")
    await shop.do(Settle(account=ada, charge=first.seq, key="k"))
    with refused("charge_closed"):
        await shop.do(Release(account=ada, charge=first.seq, key="k"))
    await shop.do(Credit(account=ada, key="k", amount=CREDIT, reason="x"))

    assert (await kept(shop, ada)).balance == 9 * CREDIT
    assert (await kept(shop, bob)).balance == 8 * CREDIT


@pytest.mark.parametrize(
    ("field", "other"),
    [("sku", "page"), ("quantity", 2), ("workspace", None), ("settle", True), ("metadata", "{}")],
)
async def test_a_key_is_for_one_request(shop: Shop, field: str, other: object) -> None:
    """The refusal names the first field that differs; nothing has changed."""
    ada = await shop.account(credits=10)
    await shop.do(Reserve(account=ada, key="k", sku="report"))
    named: dict[str, Any] = {"sku": "report", field: other}
    with pytest.raises(Refusal, match=field) as no:
        await shop.do(Reserve(account=ada, key="k", **named))

    assert no.value.code == "idempotency_key_reused"
    assert [detail.field for detail in no.value.details] == [field]
    assert len((await kept(shop, ada)).charges) == 1


async def test_a_refusal_is_not_stored_under_its_key(shop: Shop) -> None:
    """After a top-up the same request may succeed."""
    ada = await shop.account(credits=0)
    with refused("insufficient_funds"):
        await shop.reserve(ada, key="k")
    await shop.grant(ada, 10)
    done = await shop.reserve(ada, key="k")

    assert not done.replayed
    assert done.balance == 8 * CREDIT


async def test_a_replay_is_the_answer_of_then(shop: Shop) -> None:
    """However the charge has ended since."""
    ada = await shop.account(credits=10)
    first = await shop.reserve(ada, key="k")
    await shop.settle(first, 1)
    await shop.grant(ada, 5)
    again = await shop.reserve(ada, key="k")

    assert again.charge is not None
    assert first.charge is not None
    assert (again.seq, again.balance, again.tag) == (first.seq, first.balance, first.tag)
    assert (again.charge.held, again.charge.balance) == (first.charge.held, first.charge.balance)
