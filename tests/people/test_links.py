"""A link to sign in: for admins only, once, for 15 minutes, and known to its reader alone."""

import asyncio

import pytest

from prepaid.domain.instants import DAY, MINUTE, SECOND
from prepaid.domain.people import LINKS_MAX
from prepaid.domain.refusals import Refusal
from prepaid.flows import accounts, signing_in
from prepaid.flows.signing_in import LinkSpent, Session, TooManyLinks
from tests.people.office import ADA, BOB, House

EVERY_TEXT = (
    "SELECT * FROM mail",
    "SELECT * FROM mail_attempt",
    "SELECT * FROM sign_in_link",
    "SELECT * FROM session",
)


async def test_an_admin_signs_in_by_the_link_in_the_mail(house: House) -> None:
    await house.account(ADA)
    session = await house.sign_in(ADA)

    assert session.email == ADA
    assert not session.is_operator
    assert await signing_in.session_of(house.desk, session.id) == session


async def test_the_mail_says_what_it_is_and_to_whom(house: House) -> None:
    await house.account(ADA)
    await house.ask(ADA)

    (mail,) = house.box.mails
    assert mail.recipient == ADA
    assert mail.subject == "Sign in to Prepaid"
    assert "works once, and for 15 minutes" in " ".join(mail.text.split())


@pytest.mark.parametrize("typed", ["Ada@Example.COM", f"  {ADA} "])
async def test_how_an_address_is_typed_does_not_matter(house: House, typed: str) -> None:
    """Phones begin words with capitals. The mail goes where the operator wrote."""
    await house.account("ADA@example.com")
    await house.ask(typed)

    assert [mail.recipient for mail in house.box.mails] == ["ADA@example.com"]


async def test_a_link_works_once_however_many_use_it_at_once(house: House) -> None:
    await house.account(ADA)
    token = await house.ask(ADA)
    assert token is not None
    uses = (signing_in.use_link(house.desk, token) for _ in range(20))
    answers = await asyncio.gather(*uses, return_exceptions=True)

    assert sum(isinstance(answer, Session) for answer in answers) == 1
    assert sum(isinstance(answer, LinkSpent) for answer in answers) == 19
    assert await house.office.rows("SELECT count(*) FROM session") == [(1,)]


async def test_looking_at_a_link_does_not_use_it(house: House) -> None:
    """Scanners of mail servers open every link before its reader does."""
    await house.account(ADA)
    token = await house.ask(ADA)
    assert token is not None
    looks = [await signing_in.link_works(house.desk, token) for _ in range(5)]
    await signing_in.use_link(house.desk, token)

    assert looks == [True] * 5
    assert not await signing_in.link_works(house.desk, token)


async def test_a_link_ends_after_15_minutes(house: House) -> None:
    await house.account(ADA)
    token = await house.ask(ADA)
    assert token is not None
    house.office.hand.now += 15 * MINUTE - SECOND
    in_time = await signing_in.link_works(house.desk, token)
    house.office.hand.now += SECOND

    assert in_time
    assert not await signing_in.link_works(house.desk, token)
    with pytest.raises(LinkSpent):
        await signing_in.use_link(house.desk, token)


@pytest.mark.parametrize("token", ["", "a", "☃" * 300, "\udcff", "0" * 43])
async def test_a_made_up_link_is_refused_like_a_used_one(house: House, token: str) -> None:
    with pytest.raises(LinkSpent):
        await signing_in.use_link(house.desk, token)


async def test_a_stranger_gets_the_same_answer_and_no_mail(house: House) -> None:
    """Else anybody could ask who is a customer; the limit must not tell it either."""
    await house.account(ADA)

    async def told(email: str) -> list[str]:
        answers = []
        for _ in range(LINKS_MAX + 1):
            try:
                await signing_in.ask_link(house.desk, email)
                answers.append("asked")
            except Refusal as refusal:
                answers.append(refusal.message)
        return answers

    known, unknown = await told(ADA), await told("stranger@example.com")
    await house.office.work()

    assert known == unknown
    assert {mail.recipient for mail in house.box.mails} == {ADA}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@x",
        "a b@c",
        "a@b@c",
        "a@b\r\nBcc: c@d",
        f"a@{'b' * 300}",
        "\udcff@b",
        "a\x00@b",
    ],
)
async def test_what_is_no_address_is_refused_by_field(house: House, text: str) -> None:
    with pytest.raises(Refusal) as refused:
        await signing_in.ask_link(house.desk, text)

    assert [detail.field for detail in refused.value.details] == ["email"]


async def test_an_address_is_sent_five_links_in_15_minutes_at_most(house: House) -> None:
    """Nobody can fill an admin's mailbox, however many ask at once."""
    await house.account(ADA)
    asks = (signing_in.ask_link(house.desk, ADA) for _ in range(20))
    answers = await asyncio.gather(*asks, return_exceptions=True)
    await house.office.work()
    first = len(house.box.mails)
    with pytest.raises(TooManyLinks):
        await house.ask(ADA)
    house.office.hand.now += 15 * MINUTE

    assert answers.count(None) == first == LINKS_MAX
    assert sum(isinstance(answer, TooManyLinks) for answer in answers) == 20 - LINKS_MAX
    assert await house.ask(ADA)


async def test_many_links_of_one_person_work_beside_each_other(house: House) -> None:
    """Whoever asks twice may open the first mail."""
    await house.account(ADA)
    first, second = await house.ask(ADA), await house.ask(ADA)
    assert first is not None
    assert second is not None
    await signing_in.use_link(house.desk, second)

    assert (await signing_in.use_link(house.desk, first)).email == ADA


async def test_who_is_no_admin_any_more_cannot_use_an_old_link(house: House) -> None:
    account = await house.account(ADA)
    token = await house.ask(ADA)
    assert token is not None
    await accounts.change(house.desk, account, {"admins": (BOB,)})

    with pytest.raises(LinkSpent):
        await signing_in.use_link(house.desk, token)


async def test_no_token_is_kept_in_clear(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    """Who reads a backup or a log cannot sign in by it."""
    await house.account(ADA)
    token = await house.ask(ADA)
    assert token is not None
    session = await signing_in.use_link(house.desk, token)
    rows = [row for query in EVERY_TEXT for row in await house.office.rows(query)]
    kept = b"".join(_bytes(field) for row in rows for field in row)
    said = "".join(capfd.readouterr())

    for secret in (token, session.id):
        assert secret.encode() not in kept
        assert secret not in said


def _bytes(field: object) -> bytes:
    return field if isinstance(field, bytes) else str(field).encode()


async def test_a_link_is_mailed_again_when_the_mail_server_was_busy(house: House) -> None:
    """Its letter is kept nowhere, so it is written alike once more."""
    await house.account(ADA)
    await signing_in.ask_link(house.desk, ADA)
    await house.office.work()
    (first,) = house.box.mails
    await house.desk.vault.write(
        lambda c: c.exec_driver_sql("UPDATE mail SET status = 'waiting', due_at = 0")
    )
    await house.office.work()

    again, before = house.box.mails
    assert before is first
    assert (again.text, again.html) == (first.text, first.html)


async def test_a_printed_link_works_once_and_replaces_the_one_before(house: House) -> None:
    await house.account(ADA)
    old = await signing_in.make_link(house.desk, ADA)
    new = await signing_in.make_link(house.desk, ADA)
    session = await signing_in.use_link(house.desk, new)

    assert session.email == ADA
    for token in (old, new):
        with pytest.raises(LinkSpent):
            await signing_in.use_link(house.desk, token)


async def test_a_printed_link_of_the_operator_opens_the_console(house: House) -> None:
    token = await signing_in.make_operator_link(house.desk)
    session = await signing_in.use_link(house.desk, token)

    assert session.is_operator
    assert session.email is None


async def test_old_links_and_sessions_are_forgotten(house: House) -> None:
    """In small steps; what can still be used stays."""
    await house.account(ADA)
    await house.sign_in(ADA)
    await signing_in.ask_link(house.desk, BOB)
    early = await signing_in.prune(house.desk)
    house.office.hand.now += 13 * DAY
    links = await signing_in.prune(house.desk)
    await house.ask(ADA)
    house.office.hand.now += 1 * DAY
    rest = await signing_in.prune(house.desk)

    assert (early, links, rest) == (0, 2, 2)
    assert await house.office.rows("SELECT email FROM sign_in_link") == []
    assert await house.office.rows("SELECT email FROM session") == []
