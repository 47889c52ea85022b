"""`prepaid doctor`: silent on what we wrote, exact on what anyone else did."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.domain.limits import Limit
from prepaid.flows import workspaces
from prepaid.flows.topups import payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.store.migrate import upgrade
from tests import postgres
from tests.kit.history import History
from tests.kit.prompt import new_account, prepaid
from tests.kit.server import served
from tests.kit.shop import opened

SECRETS = ["PREPAID_OPERATOR_KEY", "PREPAID_SECRET_KEY"]
UNGUARDED = {
    "sqlite": "DROP TRIGGER ledger_entry_no_update; DROP TRIGGER ledger_entry_no_delete",
    "postgresql": "DROP TRIGGER ledger_entry_append_only ON ledger_entry",
}


def lived(url: str, seed: int, steps: int = 150) -> AccountId:
    """The number of an account with a history."""

    async def live() -> AccountId:
        async with opened(url) as shop:
            account = await shop.account(credits=400)
            await workspaces.change(shop.desk, account, "default", limit=Limit(10_000, 43_200))
            await History(shop, account, seed).live(steps)
            # So that there is something in every window, and an open hold.
            await shop.reserve(account, settle=True)
            await shop.reserve(account)
            await payment_methods.put(shop.desk, account, "pm_card_visa")
            await topups.buy(shop.desk, account, 500, None)
            await topups.work(shop.desk)
            return account

    return asyncio.run(live())


def tamper(url: str, *statements: str) -> int:
    """Change what is kept behind the service's back; how many rows the last one changed."""
    guards = UNGUARDED[url.split(":", 1)[0]].split("; ")
    if not url.startswith("sqlite"):
        postgres.run(url, *guards, *statements)
        return 1
    connection = dbapi2.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        changed = [connection.execute(statement).rowcount for statement in (*guards, *statements)]
    finally:
        connection.close()
    return int(changed[-1])


def examine(url: str, code: int, *words: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(prepaid(url, "doctor", "--json", *words, code=code).stdout)
    return report


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_drifts_after_any_history(database_url: str, seed: int) -> None:
    lived(database_url, seed)
    report = examine(database_url, 0)

    assert report["drift"] == []
    assert report["ok"]
    assert report["charges"] > 40


REFUND_OF_NOTHING = (
    "INSERT INTO topup_correction"
    " SELECT account_id, 're_1', 1, 'refund', 1, 'eur', 7, {charge} FROM topup"
)
REVERSAL_OF_NOTHING = (
    "INSERT INTO topup_reversal SELECT account_id, 're_1', 1, 'refund', 7, {charge} FROM topup"
)

# What is changed, which check tells it, and what it must name. `{id}` is the account.
TAMPERED = [
    ("UPDATE account SET balance = balance + 1", "balance", "balance of the account"),
    (
        "UPDATE ledger_entry SET amount = amount - 1, balance = balance - 1 WHERE seq = 1",
        "chain",
        "first broken entry 1",
    ),
    ("UPDATE ledger_entry SET balance = balance + 1 WHERE seq = 1", "balance", "after entry 1"),
    ("UPDATE ledger_entry SET note = 'another' WHERE seq = 1", "chain", "first broken entry 1"),
    ("DELETE FROM ledger_entry WHERE seq = (SELECT max(seq) FROM ledger_entry)", "chain", "last"),
    ("UPDATE account SET seq = 3", "chain", "last number"),
    ("UPDATE charge SET amount = amount + 1 WHERE seq = {charge}", "charges", "chg_"),
    ("DELETE FROM charge WHERE seq = {charge}", "charges", "chg_"),
    ("DELETE FROM charge WHERE seq = {charge}", "usage by day", "workspace default, report"),
    (
        "DELETE FROM usage WHERE grain = 'd' AND starts = (SELECT max(starts) FROM usage)",
        "usage by day",
        "usage of day",
    ),
    ('UPDATE usage SET "count" = "count" + 1 WHERE grain = \'d\'', "usage by day", "usage of day"),
    ("UPDATE usage SET micros = micros + 1 WHERE grain = 'm'", "usage by month", "month of"),
    ("DELETE FROM usage WHERE grain = 'm'", "usage by month", "month of"),
    ("UPDATE usage SET micros = 0 WHERE grain = 'w'", "usage by workspace and day", "all SKUs on"),
    ("DELETE FROM usage WHERE grain = 'w'", "usage by workspace and day", "workspace default"),
    ("UPDATE spend SET micros = micros + 1 WHERE at = {at}", "spend", "the whole account at"),
    ("DELETE FROM spend WHERE at = {at} AND scope = 1", "spend", "workspace default at"),
    ("DELETE FROM spend WHERE at = {at} AND scope = 1", "spend limits", "workspace default"),
    ("UPDATE spend_hour SET micros = 0 WHERE scope = 0", "spend by hour", "the whole account"),
    ("UPDATE spend_window SET micros = micros + 1 WHERE scope = 1", "windows", "default"),
    ("UPDATE spend_window SET head = 1 WHERE scope = 0", "windows", "newest time"),
    ("DELETE FROM spend_window WHERE scope = 0", "windows", "the whole account"),
    ("UPDATE account SET holds_due = NULL", "holds", "next expiry"),
    ("DELETE FROM topup_credit", "top-ups", "credits of top-up 1"),
    ("UPDATE topup SET status = 'failed'", "top-ups", "credits of top-up 1"),
    ("UPDATE topup SET amount = amount + 1", "top-ups", "top-up in entry"),
    (
        REFUND_OF_NOTHING,
        "top-ups",
        "refund in entry {charge}",
    ),
    (REFUND_OF_NOTHING, "top-ups", "taken back of top-up 1"),
    (REVERSAL_OF_NOTHING, "top-ups", "undone refund in entry {charge}"),
    (REVERSAL_OF_NOTHING, "top-ups", "taken back of top-up 1"),
]


@pytest.mark.parametrize(("statement", "check", "names"), TAMPERED)
def test_each_kind_of_tampering_is_named(
    database_url: str, statement: str, check: str, names: str
) -> None:
    account = lived(database_url, seed=4, steps=25)
    charge, at = newest_settled(database_url, account)
    changed = tamper(database_url, statement.format(charge=charge, at=at))
    report = examine(database_url, 1)
    told = [drift for drift in report["drift"] if drift["check"] == check]

    assert changed >= 1
    assert told, report["drift"]
    assert names.format(charge=charge) in " ".join(drift["place"] for drift in told)
    assert {drift["account"] for drift in told} == {ids.account(account)}
    assert all(drift["expected"] != drift["found"] for drift in told)


def newest_settled(url: str, account: AccountId) -> tuple[int, int]:
    """Number and time of the charge that every history ends with but one."""

    async def look() -> tuple[int, int]:
        async with opened(url) as shop:
            query = "SELECT max(seq), max(reserved_at) FROM charge WHERE status = 'settled'"
            row = await shop.desk.vault.read(lambda c: c.exec_driver_sql(query).one())
            return int(row[0]), int(row[1])

    return asyncio.run(look())


def test_amounts_are_told_to_the_micro_credit(migrated_sqlite_url: str) -> None:
    """A person has to find out what happened: the figures must be the ones in the rows."""

    async def grant() -> AccountId:
        async with opened(migrated_sqlite_url) as shop:
            return await shop.account(credits=10)

    account = ids.account(asyncio.run(grant()))
    tamper(migrated_sqlite_url, "UPDATE account SET balance = balance + 1")
    shown = prepaid(migrated_sqlite_url, "doctor", code=1).stdout

    assert f"{account}  balance: balance of the account" in shown
    assert "should be 10 credits, is 10.000001 credits" in shown
    assert "1 drifts" in shown


def test_one_account_can_be_examined_alone(migrated_sqlite_url: str) -> None:
    good, bad = new_account(migrated_sqlite_url), new_account(migrated_sqlite_url)
    number = ids.parse_account(bad)
    tamper(migrated_sqlite_url, f"UPDATE account SET balance = 1 WHERE id = {number}")

    assert examine(migrated_sqlite_url, 0, "--account", good)["accounts"] == 1
    assert examine(migrated_sqlite_url, 1, "--account", bad)["accounts"] == 1
    assert examine(migrated_sqlite_url, 1)["accounts"] == 2


def test_it_reads_beside_a_running_server(migrated_sqlite_url: str) -> None:
    account = lived(migrated_sqlite_url, seed=5, steps=20)
    with served(migrated_sqlite_url) as server:
        report = examine(migrated_sqlite_url, 0, "--account", ids.account(account))
        assert server.process.poll() is None

    assert report["entries"] > 0


def test_a_long_list_is_cut_and_counted(migrated_sqlite_url: str) -> None:
    lived(migrated_sqlite_url, seed=6, steps=220)
    tamper(migrated_sqlite_url, "UPDATE ledger_entry SET balance = balance + seq")
    report = examine(migrated_sqlite_url, 1)

    assert len([drift for drift in report["drift"] if drift["check"] == "balance"]) == 100
    assert report["unlisted"] > 0


@pytest.mark.parametrize("names", [SECRETS[:1], SECRETS[1:], SECRETS])
def test_missing_secrets_are_told_in_one_line_after_the_result(
    migrated_sqlite_url: str, names: list[str]
) -> None:
    """Who recounts beside a server, or a demonstration, need not have its secrets."""
    shown = prepaid(migrated_sqlite_url, "doctor", code=0, **dict.fromkeys(names, "")).stdout
    result, missing = shown.splitlines()

    assert "no drift" in result
    assert missing.startswith("not needed here")
    assert [name for name in SECRETS if name in missing] == names


def test_a_warning_does_not_hide_a_drift(migrated_sqlite_url: str) -> None:
    new_account(migrated_sqlite_url)
    tamper(migrated_sqlite_url, "UPDATE account SET balance = balance + 1")
    report = prepaid(migrated_sqlite_url, "doctor", "--json", code=1, PREPAID_SECRET_KEY="").stdout

    assert json.loads(report)["missing"]
    assert not json.loads(report)["ok"]


def test_what_it_cannot_examine_is_exit_code_2(migrated_sqlite_url: str, tmp_path: Path) -> None:
    def said(url: str, *words: str, **environment: str) -> str:
        return prepaid(url, "doctor", *words, code=2, **environment).stderr

    empty = tmp_path / "empty.db"
    empty.touch()
    assert "no file" in said(f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists(), "it only reads"
    assert "run `prepaid migrate`" in said(f"sqlite:///{empty}")
    assert "no account id" in said(migrated_sqlite_url, "--account", "ada")
    assert "does not exist" in said(migrated_sqlite_url, "--account", "acc_0000000000000001")
    assert "PREPAID_PORT" in said(migrated_sqlite_url, PREPAID_PORT="many")


def test_tables_of_another_version_are_not_examined(postgres_url: str) -> None:
    assert "revision None" in prepaid(postgres_url, "doctor", code=2).stderr
    upgrade(postgres_url)
    assert "no drift" in prepaid(postgres_url, "doctor").stdout
