"""Mail of notifications reaches a real mail server: once per admin, frozen, tried again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from prepaid.adapters.letters import LetterWriter
from prepaid.adapters.mail import MailSender
from prepaid.domain.alarms import Tier
from prepaid.domain.commands import Configure, Reserve
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, MINUTE
from prepaid.flows import workspaces
from tests.adapters.post_office import Post, served
from tests.adapters.receivers import HERE
from tests.deliveries.office import Office, Scripted, opened_office

ADMINS = ("ops@example.com", "cto@example.com")


@asynccontextmanager
async def told(url: str, post: Post, *admins: str) -> AsyncIterator[tuple[Office, AccountId]]:
    """An account that has just crossed a tier, its mail not sent yet."""
    async with served(post) as port:
        mailer = MailSender(f"smtp://{HERE}:{port}?tls=none", "Prepaid <billing@prepaid.example>")
        async with opened_office(url, Scripted(), mailer) as office:
            ada = await office.account(*admins)
            await office.shop.do(Configure(account=ada, changes={"low_balance_enabled": True}))
            await office.shop.do(Reserve(account=ada, sku="x", credits=1_000_000))
            yield office, ada


def parsed(post: Post, place: int = 0) -> EmailMessage:
    content = post.mails[place].content
    assert isinstance(content, bytes)
    return message_from_bytes(content, policy=policy.default)


async def sent_flags(office: Office) -> list[bool]:
    return [bool(row[0]) for row in await office.rows("SELECT email_sent FROM notification")]


async def test_each_admin_gets_one_mail(database_url: str) -> None:
    post = Post()
    async with told(database_url, post, *ADMINS) as (office, _):
        await office.work()
        await office.later(DAY)
        flags = await sent_flags(office)

    assert sorted(mail.rcpt_tos[0] for mail in post.mails) == sorted(ADMINS)
    message = parsed(post)
    assert message["Subject"] == "Low balance (warning): 9 credits left"
    assert message["Auto-Submitted"] == "auto-generated"
    assert {part.get_content_type() for part in message.iter_parts()} == {
        "text/plain",
        "text/html",
    }
    assert flags == [True]


async def test_a_busy_server_is_asked_again_with_the_same_bytes(database_url: str) -> None:
    """451, then accepted: the letter is written once, whatever the template says by then."""
    post = Post("451 try later")
    async with told(database_url, post, "ops@example.com") as (office, _):
        await office.work()
        first = await office.rows("SELECT content, status, made FROM mail")
        flags = await sent_flags(office)
        await office.later(2 * MINUTE)
        second = await office.rows("SELECT content, status, made FROM mail")
        attempts = await office.rows("SELECT outcome, code FROM mail_attempt ORDER BY number")

    assert [row[1:] for row in (*first, *second)] == [("waiting", 1), ("sent", 2)]
    assert first[0][0] == second[0][0]
    assert flags == [False]
    assert attempts == [("temporary", 451), ("accepted", 250)]
    assert len(post.mails) == 1


async def test_a_mailbox_that_does_not_exist_ends_its_mail_alone(database_url: str) -> None:
    post = Post("550 no such user", after="rcpt")
    async with told(database_url, post, *ADMINS) as (office, _):
        await office.work()
        await office.later(DAY)
        rows = await office.rows("SELECT status FROM mail ORDER BY status")
        flags = await sent_flags(office)

    assert rows == [("failed",), ("sent",)]
    assert flags == [True]
    assert len(post.mails) == 1


async def test_a_connection_lost_after_the_data_repeats_with_one_id(
    migrated_sqlite_url: str,
) -> None:
    post = Post("drop")
    async with told(migrated_sqlite_url, post, "ops@example.com") as (office, _):
        await office.work()
        await office.later(2 * MINUTE)

    assert len(post.mails) == 2
    assert parsed(post, 0)["Message-ID"] == parsed(post, 1)["Message-ID"]
    assert post.mails[0].content == post.mails[1].content


async def test_it_is_tried_nine_times_and_given_up(migrated_sqlite_url: str) -> None:
    post = Post(*["451 never"] * 20)
    async with told(migrated_sqlite_url, post, "ops@example.com") as (office, _):
        await office.work()
        for _ in range(80):
            await office.later(60 * MINUTE)
        rows = await office.rows("SELECT status, made FROM mail")

    assert rows == [("failed", 9)]
    assert office.postman.exhausted == 1


async def test_names_cannot_inject(migrated_sqlite_url: str) -> None:
    """A workspace's legal name is somebody's text; it stays text."""
    post = Post()
    legal = "Evil <script>alert(1)</script>\u2028Bcc: victim@example.com =?utf-8?q?=0D=0A?="
    async with told(migrated_sqlite_url, post, "ops@example.com") as (office, ada):
        await workspaces.create(office.desk, ada, "evil", legal)
        tiers = (Tier("warning", 1),)
        changes: dict[str, object] = {"high_usage_enabled": True, "high_usage_tiers": tiers}
        await office.shop.do(Configure(account=ada, changes=changes))
        await office.shop.do(Reserve(account=ada, sku="x", credits=10_000, workspace="evil"))
        await office.work()

    message = next(
        parsed(post, place)
        for place in range(len(post.mails))
        if "High usage" in parsed(post, place)["Subject"]
    )
    html = message.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "&lt;script&gt;" in html.get_content()
    assert message["Bcc"] is None
    assert {address for mail in post.mails for address in mail.rcpt_tos} == {"ops@example.com"}


async def test_a_fault_in_a_template_refuses_no_charge(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The charge is done, the notification recorded; only the mail is lost, and that is seen."""

    def broken(*_: object, **__: object) -> bytes:
        raise KeyError("a template")

    monkeypatch.setattr(LetterWriter, "write", broken)
    post = Post()
    async with told(migrated_sqlite_url, post, "ops@example.com") as (office, _):
        await office.work()
        rows = await office.rows("SELECT status FROM mail")
        count = await office.rows("SELECT count(*) FROM notification")

    assert rows == [("failed",)]
    assert count == [(1,)]
    assert post.mails == []
