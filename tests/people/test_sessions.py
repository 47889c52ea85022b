"""A session: known in every process, ended for good, and never wider than its person's rights."""

import pytest

from prepaid.domain.instants import DAY, HOUR, SECOND
from prepaid.domain.refusals import Refusal
from prepaid.flows import accounts, audit, signing_in
from tests.people.office import ADA, BOB, House


async def names(house: House, email: str) -> list[str]:
    session = await house.sign_in(email)
    return [one.name for one in await signing_in.accounts_of(house.desk, session)]


async def test_an_admin_of_several_accounts_sees_these_and_no_other(house: House) -> None:
    await house.account(ADA, BOB, name="Second")
    await house.account(ADA, name="First")
    bobs = await house.account(BOB, name="Third")
    ada = await house.sign_in(ADA)
    seen = [one.name for one in await signing_in.accounts_of(house.desk, ada)]

    assert seen == ["First", "Second"]
    assert await names(house, BOB) == ["Second", "Third"]
    with pytest.raises(Refusal, match="does not exist"):
        await signing_in.account_for(house.desk, ada, bobs)


async def test_a_session_of_one_person_is_no_other(house: House) -> None:
    await house.account(ADA, BOB)
    ada, bob = await house.sign_in(ADA), await house.sign_in(BOB)

    assert len({ada.id, bob.id}) == len({ada.csrf, bob.csrf}) == 2
    assert await signing_in.session_of(house.desk, ada.id) == ada
    assert await signing_in.session_of(house.desk, bob.id) == bob


async def test_signing_out_ends_the_session_everywhere(house: House) -> None:
    """A copied cookie ends too; a second browser of the same person stays."""
    account = await house.account(ADA)
    here, there = await house.sign_in(ADA), await house.sign_in(ADA)
    await signing_in.sign_out(house.desk, here)
    await signing_in.sign_out(house.desk, here)

    assert await signing_in.session_of(house.desk, here.id) is None
    assert await signing_in.session_of(house.desk, there.id) == there
    assert (await signing_in.account_for(house.desk, there, account)).id == account


async def test_a_session_ends_after_14_days_even_when_it_is_used(house: House) -> None:
    await house.account(ADA)
    session = await house.sign_in(ADA)
    for _ in range(13):
        house.office.hand.now += DAY
        assert await signing_in.session_of(house.desk, session.id) == session
    house.office.hand.now += DAY - SECOND
    last = await signing_in.session_of(house.desk, session.id)
    house.office.hand.now += SECOND

    assert last == session
    assert await signing_in.session_of(house.desk, session.id) is None


async def test_a_session_in_use_is_written_once_an_hour(house: House) -> None:
    """Else each request would be a write."""
    await house.account(ADA)
    session = await house.sign_in(ADA)
    began = house.office.hand.now
    seen = []
    for _ in range(4):
        house.office.hand.now += HOUR // 2
        await signing_in.session_of(house.desk, session.id)
        seen += await house.office.rows("SELECT seen_at FROM session")

    assert [(at - began) // (HOUR // 2) for (at,) in seen] == [0, 2, 2, 4]  # type: ignore[operator]


async def test_a_removed_admin_loses_access_at_the_next_request(house: House) -> None:
    first, second = await house.account(ADA), await house.account(ADA, BOB)
    session = await house.sign_in(ADA)
    await accounts.change(house.desk, first, {"admins": (BOB,)})
    with pytest.raises(Refusal, match="does not exist"):
        await signing_in.account_for(house.desk, session, first)
    still = await signing_in.session_of(house.desk, session.id)
    await accounts.change(house.desk, second, {"admins": ()})

    assert still == session
    assert await signing_in.session_of(house.desk, session.id) is None
    assert await signing_in.accounts_of(house.desk, session) == []


async def test_a_change_of_other_facts_leaves_the_admins(house: House) -> None:
    account = await house.account(ADA)
    session = await house.sign_in(ADA)
    await accounts.change(house.desk, account, {"name": "New"})

    assert (await signing_in.account_for(house.desk, session, account)).name == "New"


async def test_the_admins_of_a_closed_account_may_still_read_it(house: House) -> None:
    """They need their statements; what they see says that it is closed."""
    account = await house.account(ADA)
    await accounts.change(house.desk, account, {"closed": True})
    session = await house.sign_in(ADA)

    assert (await signing_in.account_for(house.desk, session, account)).closed


@pytest.mark.parametrize("made_up", ["", "x", "☃", "\udcff", "' OR 1=1 --"])
async def test_a_made_up_session_is_nobody(house: House, made_up: str) -> None:
    await house.account(ADA)
    await house.sign_in(ADA)

    assert await signing_in.session_of(house.desk, made_up) is None


async def test_the_operator_sees_an_account_only_after_entering_it(house: House) -> None:
    account, other = await house.account(ADA), await house.account(BOB)
    session = await signing_in.operator_session(house.desk)
    with pytest.raises(Refusal):
        await signing_in.account_for(house.desk, session, account)
    await audit.enter(house.desk, session, account, "192.0.2.1")
    inside = await signing_in.session_of(house.desk, session.id)
    assert inside is not None
    with pytest.raises(Refusal):
        await signing_in.account_for(house.desk, inside, other)
    seen = [one.id for one in await signing_in.accounts_of(house.desk, inside)]
    await audit.leave(house.desk, inside)
    outside = await signing_in.session_of(house.desk, session.id)

    assert inside.entered_account == account
    assert seen == [account]
    assert outside == session


async def test_an_admin_cannot_enter_as_the_operator_does(house: House) -> None:
    """Not even by the statement itself: it changes the operator's sessions alone."""
    other = await house.account(BOB)
    await house.account(ADA)
    session = await house.sign_in(ADA)
    with pytest.raises(AssertionError):
        await audit.enter(house.desk, session, other, "")

    assert await signing_in.session_of(house.desk, session.id) == session
