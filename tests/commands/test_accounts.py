"""`prepaid accounts`: what the operator API does, typed."""

import json

import pytest

from tests.kit.prompt import answer, new_account, prepaid


def test_an_account_is_made_listed_and_shown(database_url: str) -> None:
    words = ("--admin", "a@example.com", "--admin", "b@example.com", "--minimum-balance", "-2.5")
    made = new_account(database_url, *words)

    (listed,) = answer(database_url, "accounts", "list")
    shown = answer(database_url, "accounts", "show", made)

    assert listed == shown
    assert shown["admins"] == ["a@example.com", "b@example.com"]
    assert shown["minimumBalanceCents"] == -250
    table = prepaid(database_url, "accounts", "list").stdout
    assert made in table, "a table that nobody looks at is not cut"
    assert answer(database_url, "accounts", "list", "--search", "nobody") == []


def test_the_minimum_balance_is_always_told_and_can_be_changed(migrated_sqlite_url: str) -> None:
    """Without one the last request may take the balance below zero: nobody may miss that."""
    ada = new_account(migrated_sqlite_url)

    def shown() -> str:
        lines = prepaid(migrated_sqlite_url, "accounts", "show", ada).stdout.splitlines()
        return next(line for line in lines if line.startswith("minimum balance"))

    def change(text: str) -> str:
        words = ("accounts", "set-minimum-balance", ada, text)
        return prepaid(migrated_sqlite_url, *words).stdout

    assert shown().endswith("none: the last request may go below zero")
    assert "minimum balance -2.5 credits" in change("-2.5")
    assert shown().endswith(" -2.5 credits")
    change("0")
    assert shown().endswith(" 0 credits")
    assert "none: the last request may go below zero" in change("none")
    assert answer(migrated_sqlite_url, "accounts", "show", ada)["minimumBalanceCents"] is None


def test_a_grant_is_in_credits_and_exact(migrated_sqlite_url: str) -> None:
    """Credits on the command line, cents on the wire: a factor of 100 is easily lost."""
    ada = new_account(migrated_sqlite_url)
    prepaid(migrated_sqlite_url, "accounts", "grant", ada, "12.000001", "--reason", "Invoice 1")
    taken = prepaid(migrated_sqlite_url, "accounts", "grant", ada, "-0.5", "--reason", "Oops")

    assert "balance 11.500001 credits" in taken.stdout
    assert "11.500001 credits" in prepaid(migrated_sqlite_url, "accounts", "show", ada).stdout


def test_a_grant_with_a_key_is_given_once(migrated_sqlite_url: str) -> None:
    ada = new_account(migrated_sqlite_url)
    words = ("accounts", "grant", ada, "5", "--reason", "Invoice 2", "--key", "invoice-2")
    first, again = (prepaid(migrated_sqlite_url, *words).stdout for _ in range(2))

    assert first == again
    assert answer(migrated_sqlite_url, "accounts", "show", ada)["balanceCents"] == 500


def test_a_key_is_shown_once_and_revoked(database_url: str) -> None:
    ada = new_account(database_url)
    words = ("accounts", "keys", "create", ada, "--name", "web", "--scope", "read", "--json")
    made = json.loads(prepaid(database_url, *words).stdout)
    assert "read" in prepaid(database_url, "accounts", "keys", "list", ada).stdout
    prepaid(database_url, "accounts", "keys", "revoke", ada, made["id"])

    (listed,) = answer(database_url, "accounts", "keys", "list", ada)
    assert made["key"].startswith(listed["hint"])
    assert "key" not in listed
    assert listed["revokedAt"] is not None


def test_a_link_to_the_dashboard_is_made_for_admins_only(migrated_sqlite_url: str) -> None:
    """Where no mail is sent, the operator hands the link over."""
    new_account(migrated_sqlite_url, "--admin", "a@example.com")
    made = prepaid(migrated_sqlite_url, "accounts", "link", "A@example.com")
    refused = prepaid(migrated_sqlite_url, "accounts", "link", "b@example.com", code=1)

    assert "http://127.0.0.1:8080/dashboard/sign-in/" in made.stdout
    assert "is the address of no admin" in refused.stderr


def test_a_closed_account_gets_no_keys_until_it_is_reopened(migrated_sqlite_url: str) -> None:
    ada = new_account(migrated_sqlite_url)
    prepaid(migrated_sqlite_url, "accounts", "close", ada)
    refused = prepaid(migrated_sqlite_url, "accounts", "keys", "create", ada, code=1)
    prepaid(migrated_sqlite_url, "accounts", "reopen", ada)
    made = prepaid(migrated_sqlite_url, "accounts", "keys", "create", ada)

    assert "the account is closed" in refused.stderr
    assert "pk_" in made.stdout


def test_only_a_sandbox_clock_can_be_advanced(migrated_sqlite_url: str) -> None:
    real, sandbox = new_account(migrated_sqlite_url), new_account(migrated_sqlite_url, "--sandbox")
    refused = prepaid(migrated_sqlite_url, "accounts", "clock", real, 3600, code=1)

    assert "sandbox" in refused.stderr
    assert "time is" in prepaid(migrated_sqlite_url, "accounts", "clock", sandbox, 3600).stdout


def test_a_list_longer_than_a_page_is_whole(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prepaid.commands.accounts.PAGE", "2")
    made = {new_account(migrated_sqlite_url) for _ in range(5)}

    assert {one["id"] for one in answer(migrated_sqlite_url, "accounts", "list")} == made


WRONG = [
    (("accounts", "show", "acc_0000000000000001"), 1, "the account does not exist"),
    (("accounts", "show", "../prices"), 1, "does not exist"),
    (("accounts", "show", ""), 1, "does not exist"),
    (("accounts", "create", "Ada", "--currency", "euro"), 1, "currency"),
    (("accounts", "create", "Ada", "--admin", "no address"), 1, "admins"),
    (("accounts", "create", " "), 1, "name"),
    (("accounts", "create", "Ada", "--minimum-balance", "much"), 1, "must be a number"),
    (("accounts", "set-minimum-balance", "acc_0000000000000001", "much"), 1, "must be a number"),
    (("accounts", "grant", "acc_0000000000000001", "1,5", "--reason", "x"), 1, "not '1,5'"),
    (("accounts", "grant", "acc_0000000000000001", "1e999999999", "--reason", "x"), 1, "ordinary"),
    (("accounts", "grant", "acc_0000000000000001", "0.0000001", "--reason", "x"), 1, "decimals"),
    (("accounts", "grant", "acc_0000000000000001", "5"), 2, "--reason"),
    (("accounts", "clock", "acc_0000000000000001", "-5"), 2, "-5"),
    (("accounts", "keys", "revoke", "acc_0000000000000001", "key_1"), 1, "does not exist"),
    (("accounts", "list", "--serach", "x"), 2, "serach"),
]


@pytest.mark.parametrize(("words", "code", "says"), WRONG)
def test_wrong_input_is_told_in_a_line(
    migrated_sqlite_url: str, words: tuple[str, ...], code: int, says: str
) -> None:
    result = prepaid(migrated_sqlite_url, *words, code=code)

    assert says in result.stderr
    assert "Traceback" not in result.output
