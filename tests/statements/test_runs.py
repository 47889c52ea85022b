"""The automatic monthly run: for those who asked, told once, and one account keeps none waiting."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from prepaid.adapters.letters import LetterRoom, LetterWriter
from prepaid.domain.addressees import Addressee
from prepaid.domain.events.statement_ready import STATEMENT_READY
from prepaid.domain.instants import MINUTE
from prepaid.flows.statements import runs as statement_runs
from prepaid.store.vault import Connection
from tests.kit.door import Customer
from tests.statements.office import Office, good, month, number, set_up

ADMINS = ["ada@shop.example", "bea@shop.example"]


async def rows(office: Office, query: str, ada: Customer) -> list[Any]:
    account = number(ada)

    def work(connection: Connection) -> list[Any]:
        return list(connection.execute(text(query), {"a": account}))

    return await office.desk.vault.read(work)


async def events(office: Office, ada: Customer) -> list[Any]:
    query = (
        "SELECT body FROM message WHERE account_id = :a AND event_type = 'billing.statement.ready'"
    )
    return [msgspec.json.decode(row.body) for row in await rows(office, query, ada)]


async def mails(office: Office, ada: Customer) -> list[Any]:
    query = "SELECT recipient, kind, facts FROM mail WHERE account_id = :a ORDER BY recipient"
    return await rows(office, query, ada)


async def run(office: Office) -> int:
    return await statement_runs.run(office.desk)


async def test_a_month_is_closed_and_told_to_endpoints_and_admins_once(office: Office) -> None:
    ada = await office.customer(admins=ADMINS)
    await set_up(ada, automatic=True, tax={"label": "VAT", "ratePercent": 20})
    await office.charge(ada)
    early = await run(office)
    office.go_to("2026-11-01 00:00:01")
    done = [await run(office), await run(office)]

    assert (early, done) == (0, [1, 0])
    assert await events(office, ada) == [
        {
            "type": "billing.statement.ready",
            "version": "1",
            "accountId": ada.id,
            "month": "2026-10",
            "statementCount": 3,
            "totalCredits": 2,
            "total": 2.4,
            "currency": "EUR",
            "firedAt": "2026-11-01T00:00:01.000Z",
        }
    ]
    sent = await mails(office, ada)
    assert [(mail.recipient, mail.kind) for mail in sent] == [
        (who, STATEMENT_READY) for who in ADMINS
    ]
    assert {one["status"] for one in await month(ada, "2026-10")} == {"final"}


async def test_nobody_is_told_who_has_not_asked(office: Office) -> None:
    ada = await office.customer(admins=ADMINS)
    office.go_to("2026-11-02")
    assert await run(office) == 0
    await month(ada, "2026-10")

    assert await events(office, ada) == []
    assert await mails(office, ada) == []


async def test_whoever_looks_before_the_worker_closes_and_tells(office: Office) -> None:
    ada = await office.customer(admins=ADMINS)
    await set_up(ada, automatic=True)
    office.go_to("2026-11-01")
    await month(ada, "2026-10")

    assert await run(office) == 0
    assert len(await events(office, ada)) == 1


async def test_months_of_before_it_was_switched_on_are_not_told(office: Office) -> None:
    """Else the first day would bring a year of mails."""
    ada = await office.customer()
    office.go_to("2026-12-15")
    await set_up(ada, automatic=True)
    closed = await run(office)
    office.go_to("2027-01-01")
    await run(office)

    assert closed == 2
    assert [event["month"] for event in await events(office, ada)] == ["2026-12"]


async def test_every_month_is_told_after_a_time_without_a_worker(office: Office) -> None:
    ada = await office.customer()
    await set_up(ada, automatic=True)
    office.go_to("2027-01-05")
    await run(office)

    assert [event["month"] for event in await events(office, ada)] == [
        "2026-10",
        "2026-11",
        "2026-12",
    ]


async def test_a_month_with_an_open_hold_is_looked_at_again(office: Office) -> None:
    ada = await office.customer()
    await set_up(ada, automatic=True)
    office.go_to("2026-10-31 23:59")
    held = await office.charge(ada, settle=False, ttlSeconds=7200)
    office.go_to("2026-11-01 00:01")
    waiting = await run(office)
    await office.end(held, "settle")
    too_soon = await run(office)
    office.hand.now += statement_runs.AGAIN_IN
    done = await run(office)

    assert (waiting, too_soon, done) == (0, 0, 1)


async def test_it_can_be_switched_off_and_on_again(office: Office) -> None:
    ada = await office.customer()
    await set_up(ada, automatic=True)
    await set_up(ada, automatic=False)
    office.go_to("2026-11-02")
    off = await run(office)
    await set_up(ada, automatic=True)
    office.go_to("2026-12-02")
    on = await run(office)

    assert (off, on) == (0, 2)
    assert [event["month"] for event in await events(office, ada)] == ["2026-11"]


async def test_an_account_that_fails_keeps_no_other_waiting(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its settings cannot be read, and only one account is looked at in a step."""
    monkeypatch.setattr(statement_runs, "ACCOUNTS_AT_ONCE", 1)
    ada, bob = await office.customer(), await office.customer()
    for one in (ada, bob):
        await set_up(one, automatic=True)
    broken = min(ada, bob, key=number)
    spoil = text("UPDATE statement_settings SET rules = :b WHERE account_id = :a")
    values = {"a": number(broken), "b": b"{"}
    await office.desk.vault.write(lambda c: c.execute(spoil, values))
    office.go_to("2026-11-01")
    done = [await run(office) for _ in range(3)]

    assert done == [0, 1, 0]


async def test_a_sandbox_account_goes_by_its_own_clock(office: Office) -> None:
    ada = await office.customer(sandbox=True)
    await set_up(ada, automatic=True)
    before = await run(office)
    advance = {"advanceSeconds": 30 * 24 * 3600}
    await good(office.door.operator("POST", ada.place + "/clock", advance))
    after = await run(office)

    assert (before, after) == (0, 1)
    assert (await events(office, ada))[0]["month"] == "2026-10"


@pytest.fixture
def write() -> Callable[[bytes], bytes]:
    """The letter of an event, as it is sent."""
    room = LetterRoom(LetterWriter("billing@shop.example", dashboard_url="https://shop.example/d"))

    def written(facts: bytes) -> bytes:
        to = Addressee("ada@shop.example", 7, "Ada & Sons")
        return room.write(STATEMENT_READY, facts, to, key="k", at=MINUTE)

    return written


async def test_the_letter_tells_month_count_and_total(
    office: Office, write: Callable[[bytes], bytes]
) -> None:
    ada = await office.customer(admins=ADMINS)
    await set_up(ada, automatic=True)
    await office.charge(ada, quantity=1000)
    office.go_to("2026-11-01")
    await run(office)
    letter = message_from_bytes(write((await mails(office, ada))[0].facts), policy=SMTP)
    body = letter.get_body(("plain",))

    assert letter["Subject"] == "Statements of 2026-10: 3 statements, 2,000 EUR"
    assert body is not None
    assert "https://shop.example/d/acc_0000000000000007/statements" in body.get_content()
