"""A shop whose admins sign in: time is in the test's hand, their mail in a mailbox."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prepaid.domain.ids import AccountId
from prepaid.flows import accounts, signing_in
from prepaid.flows.desk import Desk
from prepaid.flows.signing_in import Session
from prepaid.sandbox.mailbox import Mailbox
from tests.deliveries.office import PUBLIC_URL, Office, Scripted, opened_office

ADA = "ada@example.com"
BOB = "bob@example.com"

LINK = re.compile(re.escape(f"{PUBLIC_URL}/dashboard/sign-in/") + r"([A-Za-z0-9_-]+)")


@dataclass
class House:
    """What people of one installation do."""

    office: Office
    box: Mailbox

    @property
    def desk(self) -> Desk:
        return self.office.desk

    async def account(self, *admins: str, name: str = "Ada") -> AccountId:
        row = await accounts.create(
            self.desk, name=name, admins=admins, currency="EUR", sandbox=True, floor=None
        )
        return row.id

    async def ask(self, email: str) -> str | None:
        """Ask for a link, and open the mailbox: the token that came, if any did."""
        self.box.mails.clear()
        await signing_in.ask_link(self.desk, email)
        await self.office.work()
        found = [LINK.findall(mail.text) for mail in self.box.mails]
        return found[0][0] if found else None

    async def sign_in(self, email: str) -> Session:
        """By mail, as everybody does."""
        token = await self.ask(email)
        assert token is not None, "this address is no admin's"
        return await signing_in.use_link(self.desk, token)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[House]:
    """The house, empty."""
    box = Mailbox()
    async with opened_office(url, Scripted(), box) as office:
        yield House(office, box)
