"""The audit log: a line for each change by a person, with the change or not at all, for ever."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from prepaid.domain import ids
from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Credit
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import Refusal
from prepaid.flows import accounts, audit, signing_in
from prepaid.flows.audit import HOUSE, Line, Place
from prepaid.store.batching.hot import Unavailable
from tests.people.office import ADA, BOB, House


async def actions(house: House, account: AccountId) -> list[str]:
    return [kept.line.action for kept in await audit.page(house.desk, account)]


async def test_a_change_and_its_line_are_kept_together(house: House) -> None:
    account = await house.account(ADA)
    session = await house.sign_in(ADA)
    line = audit.line(session, account, "key created", "laptop", "scope: read", ip="192.0.2.7")
    house.office.hand.now += 7
    _, row = await audit.noted(
        house.desk, line, accounts.create_key(house.desk, account, "laptop", "read")
    )

    (kept,) = await audit.page(house.desk, account)
    assert row.name == "laptop"
    assert kept.line == Line(
        account,
        ADA,
        False,
        "key created",
        "laptop",
        "scope: read",
        "192.0.2.7",
    )
    assert (kept.number, kept.at) == (1, house.office.hand.now)


async def test_a_refused_change_leaves_no_line(house: House) -> None:
    account = await house.account(ADA)
    session = await house.sign_in(ADA)
    line = audit.line(session, account, "key revoked", "key 77")
    with pytest.raises(Refusal):
        await audit.noted(house.desk, line, accounts.revoke_key(house.desk, account, 77))

    assert await actions(house, account) == []


async def test_a_change_whose_line_cannot_be_kept_is_not_made(house: House) -> None:
    """The log has no holes: here its number is taken, so the transaction fails as a whole."""
    account = await house.account(ADA)
    session = await house.sign_in(ADA)
    await audit.record(house.desk, audit.line(session, account, "tier added"))
    await house.desk.vault.write(lambda c: c.exec_driver_sql("UPDATE audit_number SET number = 0"))
    line = audit.line(session, account, "key created")
    with pytest.raises((DBAPIError, Unavailable)):
        await audit.noted(house.desk, line, accounts.create_key(house.desk, account, "k", "full"))

    assert await accounts.list_keys(house.desk, account) == []


async def test_a_change_by_the_queue_is_noted_after_it(house: House) -> None:
    """Credit is given by the batching writer, which knows of no log."""
    account = await house.account(ADA)
    session = await signing_in.operator_session(house.desk)
    grant = Credit(account=account, amount=CREDIT, reason="goodwill")
    line = audit.line(session, account, "credit granted", "1 credit", "goodwill")
    await audit.noted(house.desk, line, house.desk.vault.submit(grant))

    assert await actions(house, account) == ["credit granted"]


async def test_only_one_of_two_transactions_keeps_the_line(house: House) -> None:
    account = await house.account(ADA)
    session = await house.sign_in(ADA)

    async def twice() -> None:
        await accounts.create_key(house.desk, account, "a", "full")
        await accounts.create_key(house.desk, account, "b", "full")

    await audit.noted(house.desk, audit.line(session, account, "keys created"), twice())
    await accounts.create_key(house.desk, account, "c", "full")

    assert await actions(house, account) == ["keys created"]


async def test_lines_are_numbered_without_gaps_under_a_crowd(house: House) -> None:
    account = await house.account(ADA)
    session = await house.sign_in(ADA)
    lines = [audit.line(session, account, f"change {n}") for n in range(20)]
    await asyncio.gather(*(audit.record(house.desk, line) for line in lines))
    kept = await audit.page(house.desk, account, limit=100)

    assert [one.number for one in kept] == list(range(20, 0, -1))
    assert {one.line.action for one in kept} == {f"change {n}" for n in range(20)}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET detail = 'nothing happened'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "TRUNCATE audit",
    ],
)
async def test_a_line_cannot_be_rewritten(house: House, statement: str) -> None:
    """Not by us either, and not by an operator with a database prompt who forgets himself."""
    account = await house.account(ADA)
    await audit.record(house.desk, audit.line(await house.sign_in(ADA), account, "tier added"))
    before = await audit.page(house.desk, account)
    with pytest.raises((DBAPIError, Unavailable)):
        await house.desk.vault.write(lambda c: c.exec_driver_sql(statement))

    assert await audit.page(house.desk, account) == before


async def test_an_account_sees_its_own_lines_and_the_operators_in_it(house: House) -> None:
    """The operator's name in an account is what it is: nobody takes them for an admin."""
    adas, bobs = await house.account(ADA, name="Adas"), await house.account(BOB)
    operator = await signing_in.operator_session(house.desk)
    await audit.enter(house.desk, operator, adas, "192.0.2.1")
    inside = await signing_in.session_of(house.desk, operator.id)
    assert inside is not None
    await audit.record(house.desk, audit.line(inside, adas, "tier added", "low"))
    await audit.record(house.desk, audit.line(operator, HOUSE, "prices changed"))

    told = [(one.line.actor, one.line.action) for one in await audit.page(house.desk, adas)]
    assert told == [
        (f"operator as {ids.account(adas)}", "tier added"),
        ("operator", "account entered"),
    ]
    assert await actions(house, bobs) == []
    assert await actions(house, HOUSE) == ["prices changed"]


async def test_the_operator_pages_through_everybodys_lines(house: House) -> None:
    """Newest first, none twice, none left out, also where times are equal."""
    owners = [await house.account(ADA), await house.account(BOB), HOUSE]
    session = await signing_in.operator_session(house.desk)
    for n in range(12):
        house.office.hand.now += n % 2
        await audit.record(house.desk, audit.line(session, owners[n % 3], f"change {n}"))
    seen: list[audit.Kept] = []
    place = None
    while found := await audit.every(house.desk, place, limit=5):
        seen += found
        last = found[-1]
        place = Place(last.at, last.line.account, last.number)

    assert len(seen) == 12
    assert len({one.line.action for one in seen}) == 12
    assert [one.at for one in seen] == sorted((one.at for one in seen), reverse=True)


async def test_pages_of_an_account_follow_each_other(house: House) -> None:
    account = await house.account(ADA)
    session = await house.sign_in(ADA)
    for n in range(5):
        await audit.record(house.desk, audit.line(session, account, f"change {n}"))
    first = await audit.page(house.desk, account, limit=3)
    second = await audit.page(house.desk, account, first[-1].number, limit=3)

    assert [one.number for one in (*first, *second)] == [5, 4, 3, 2, 1]
