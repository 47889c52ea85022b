"""Somebody at a browser. Whatever a page must never do is noted, and fails the test at its end.

Noted are: a message of error on the console (among them each breach of the content policy), an
exception in a script, a request to any other host, an answer of 5xx.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response, expect

WAIT_MS = 15_000
SERIOUS = {"serious", "critical"}


@dataclass
class Visitor:
    """A window, and where the house is."""

    page: Page
    url: str
    offences: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)  # patterns of offences a test provokes

    @classmethod
    @asynccontextmanager
    async def entering(cls, browser: Browser, url: str) -> AsyncIterator["Visitor"]:
        """A window without history."""
        context = await browser.new_context(
            base_url=url, viewport={"width": 1280, "height": 900}, timezone_id="Europe/Berlin"
        )
        context.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        visitor = cls(await context.new_page(), url)
        visitor.watch(visitor.page)
        yield visitor
        await context.close()
        wrong = [
            offence
            for offence in visitor.offences
            if not any(re.search(pattern, offence) for pattern in visitor.expected)
        ]
        assert not wrong, "\n".join(wrong)

    def watch(self, page: Page) -> None:
        """Note what this window does wrong."""

        def said(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.offences.append(f"console: {message.text} at {message.location}")

        def asked(request: Request) -> None:
            if not request.url.startswith((self.url, "data:", "blob:", "about:")):
                self.offences.append(f"foreign: {request.url}")

        def answered(response: Response) -> None:
            if response.status >= 500:
                self.offences.append(f"{response.status}: {response.url}")

        page.on("console", said)
        page.on("pageerror", lambda error: self.offences.append(f"script: {error}"))
        page.on("request", asked)
        page.on("response", answered)

    async def go(self, path: str) -> None:
        """Open a page of the house."""
        await self.page.goto(self.url + path)

    async def sign_in(self, link: str) -> None:
        """Use a link."""
        await self.go(link)
        await self.page.get_by_role("button", name="Continue").click()
        await self.page.wait_for_url(re.compile(r"/dashboard/acc_|/(dashboard|operator)$"))

    async def sign_in_by_mail(self, email: str) -> None:
        """Ask for a link, find it in the sandbox mailbox, and use it."""
        await self.go("/dashboard/sign-in")
        await self.page.get_by_label("Mail address").fill(email)
        await self.page.get_by_role("button", name="Send me a link").click()
        await expect(self.page.get_by_role("heading")).to_have_text("Look into your mailbox")
        await self.sign_in(await self.mailed_link(email))

    async def mailed_link(self, email: str) -> str:
        """The path of the newest link in the mailbox for an address, once it has arrived."""
        mailbox = await self.page.context.new_page()
        self.watch(mailbox)
        for _ in range(WAIT_MS // 250):
            await mailbox.goto(self.url + "/sandbox")
            mails = mailbox.locator("details", has_text=f"→ {email}")
            if await mails.count():
                text = await mails.first.inner_text()
                found = re.search(r"/dashboard/sign-in/[\w-]+", text)
                assert found is not None, text
                await mailbox.close()
                return found[0]
            await mailbox.wait_for_timeout(250)
        raise AssertionError(f"no mail for {email}")

    async def sign_in_as_operator(self, key: str) -> None:
        """Enter the console by the operator's key."""
        await self.go("/operator/sign-in")
        await self.page.get_by_label("Operator key").fill(key)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url("**/operator")

    async def check_access(self) -> None:
        """No serious fault for other eyes or hands, in light and in dark; fits 360 px."""
        for scheme in ("light", "dark"):
            await self.page.emulate_media(color_scheme=scheme)
            found = await Axe().run(self.page)
            faults = [
                f"{fault['id']}: {node['html'][:200]} ({node.get('failureSummary', '')[:300]})"
                for fault in found.response["violations"]
                if fault["impact"] in SERIOUS
                for node in fault["nodes"]
            ]
            assert not faults, f"{self.page.url} in {scheme}:\n" + "\n".join(faults)
        await self.page.set_viewport_size({"width": 360, "height": 740})
        # Charts follow the window a frame later.
        await expect(self.page.locator("html")).to_have_js_property("scrollWidth", 360)
        await self.page.set_viewport_size({"width": 1280, "height": 900})
