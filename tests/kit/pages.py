"""Somebody at the dashboard without a browser: signed in, and their forms carry their token."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

import httpx

from prepaid.flows import signing_in
from tests.kit.door import Customer, Door

ADA = "ada@example.com"


@dataclass(frozen=True)
class Person:
    """A browser's worth of cookies, and the token of its forms."""

    client: httpx.AsyncClient
    token: str
    place: str = ""  # of the account's pages

    async def see(self, path: str) -> httpx.Response:
        """A page; below the account's unless it begins with another word."""
        return await self.client.get(self._at(path))

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """A form of theirs."""
        return await self.forge(path, {"csrf_token": self.token} | fields)

    async def told(self, path: str, **fields: str) -> httpx.Response:
        """The page that a form of theirs leads to."""
        sent = await self.send(path, **fields)
        assert sent.status_code == 303, sent.text
        return await self.client.get(sent.headers["location"])

    async def forge(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        """A form as somebody else may have made it."""
        return await self.client.post(self._at(path), data=dict(fields))

    def _at(self, path: str) -> str:
        return path if path.startswith(("/dashboard", "/operator")) else self.place + path


@asynccontextmanager
async def nobody(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not signed in."""
    async with door.shop.door() as client:
        yield client


@asynccontextmanager
async def admin(door: Door, who: Customer, email: str = ADA) -> AsyncIterator[Person]:
    """An admin of an account, signed in by a link."""
    await door.operator("PATCH", who.place, {"admins": [email]})
    token = await signing_in.make_link(door.shop.desk, email)
    async with signed_in(door, f"/dashboard/sign-in/{token}", f"/dashboard/{who.id}") as person:
        yield person


@asynccontextmanager
async def operator(door: Door) -> AsyncIterator[Person]:
    """The operator, signed in by a link."""
    token = await signing_in.make_operator_link(door.shop.desk)
    async with signed_in(door, f"/operator/sign-in/{token}", "/operator") as person:
        yield person


@asynccontextmanager
async def signed_in(door: Door, link: str, place: str) -> AsyncIterator[Person]:
    """Whoever the link is for."""
    async with nobody(door) as client:
        shown = await client.get(link)
        form = token_in(shown.text)
        answer = await client.post(link, data={"csrf_token": form})
        assert answer.status_code == 303, answer.text
        home = await client.get(place)
        yield Person(client, token_in(home.text), place)


def token_in(page: str) -> str:
    """What the forms of a page carry."""
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert found is not None, page
    return found[1]


def text_of(answer: httpx.Response) -> str:
    """A page as it is read: what was escaped is not."""
    return unescape(answer.text)
