"""The sandbox pages: what was sent is seen, by nobody but this machine, and as text."""

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx
import pytest
from starlette.applications import Starlette

from prepaid.sandbox.mailbox import Mailbox
from prepaid.sandbox.receiver import BODY_MAX, Sandbox

EVIL = "<script>alert(1)</script>"
HOOK = {"webhook-id": "msg_1", "webhook-signature": "v1,abc"}


def letter(subject: str, text: str, html: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def visitor(
    sandbox: Sandbox, host: str = "127.0.0.1", name: str = "127.0.0.1:8080"
) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Starlette(routes=sandbox.routes()), client=(host, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{name}")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(Mailbox())


@pytest.fixture
async def near(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(sandbox) as client:
        yield client


async def test_what_was_sent_is_shown_newest_first(
    sandbox: Sandbox, near: httpx.AsyncClient
) -> None:
    await sandbox.mailbox.send(letter("First", "one", "<p>one"), "ada@example.com")
    await sandbox.mailbox.send(letter("Second", "two", "<p>two"), "bob@example.com")
    body = b'{"type":"company.updated","name":"Soci\xc3\xa9t\xc3\xa9"}'
    taken = await near.post("/sandbox/hooks", content=body, headers=HOOK)
    page = (await near.get("/sandbox")).text

    assert taken.status_code == 200
    assert page.index("Second") < page.index("First")
    for said in ("bob@example.com", "msg_1", "v1,abc", "company.updated", "Société"):
        assert said in page


async def test_an_empty_sandbox_says_how_to_fill_it(near: httpx.AsyncClient) -> None:
    page = (await near.get("/sandbox")).text

    assert "No mail since the start" in page
    assert "No webhook since the start" in page


async def test_a_restart_is_told_with_what_it_took_along(near: httpx.AsyncClient) -> None:
    """An empty page after it would say that nothing was ever sent."""
    page = (await near.get("/sandbox")).text

    assert re.search(r"since it was started, \d+ \w+, \d\d:\d\d UTC", page)
    assert "none of it is kept when the service stops" in page
    assert "yet" not in page


async def test_what_was_sent_stays_text(sandbox: Sandbox, near: httpx.AsyncClient) -> None:
    """Names and bodies are strangers' words, and the page runs nothing whatever they are."""
    await sandbox.mailbox.send(letter(EVIL, EVIL, EVIL), f"{EVIL}@example.com")
    await near.post("/sandbox/hooks", content=EVIL, headers={"webhook-id": EVIL})
    await near.post("/sandbox/hooks", content=json.dumps({"type": EVIL}))
    answer = await near.get("/sandbox")
    policy = answer.headers["content-security-policy"]

    assert "<script" not in answer.text
    assert answer.text.count("&lt;script&gt;") >= 5
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not re.search(r"\son\w+=|\sstyle=|src=|url\(", answer.text)


async def test_the_pages_own_style_is_the_one_that_is_allowed(near: httpx.AsyncClient) -> None:
    """By its hash; one that differs in a letter would not be applied."""
    answer = await near.get("/sandbox")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


async def test_a_mail_is_shown_as_it_looks_and_can_do_nothing(
    sandbox: Sandbox, near: httpx.AsyncClient
) -> None:
    await sandbox.mailbox.send(letter("One", "text", f"<p>Look{EVIL}"), "ada@example.com")
    page = (await near.get("/sandbox")).text
    shown = re.search(r"/sandbox/mails/\d+", page)
    assert shown is not None
    mail = await near.get(shown[0])
    gone = await near.get("/sandbox/mails/999")
    policy = mail.headers["content-security-policy"]

    assert "Look" in mail.text
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert gone.status_code == 404


@pytest.mark.parametrize("path", ["/sandbox", "/sandbox/mails/1", "/sandbox/hooks"])
@pytest.mark.parametrize(
    ("host", "name", "headers"),
    [
        ("192.0.2.7", "127.0.0.1:8080", {}),
        ("2001:db8::7", "127.0.0.1:8080", {}),
        ("127.0.0.1", "rebound.example", {}),
        ("127.0.0.1", "127.0.0.1:8080", {"x-forwarded-for": "127.0.0.1"}),
        ("127.0.0.1", "127.0.0.1:8080", {"forwarded": "for=127.0.0.1"}),
        ("not-an-address", "127.0.0.1:8080", {}),
    ],
    ids=["remote", "remote6", "rebinding", "proxy", "forwarded", "socket"],
)
async def test_nobody_but_this_machine_is_shown_anything(
    sandbox: Sandbox, path: str, host: str, name: str, headers: dict[str, str]
) -> None:
    """A mail may hold a link that opens a dashboard."""
    await sandbox.mailbox.send(letter("Secret", "link", "<p>link"), "ada@example.com")
    async with visitor(sandbox, host, name) as client:
        method = "POST" if path.endswith("hooks") else "GET"
        answer = await client.request(method, path, headers=headers)

    assert answer.status_code == 403
    assert "Secret" not in answer.text
    assert not sandbox.hooks


@pytest.mark.parametrize("name", ["localhost:8080", "[::1]:8080"])
async def test_this_machine_has_several_names(sandbox: Sandbox, name: str) -> None:
    async with visitor(sandbox, "::1", name) as client:
        assert (await client.get("/sandbox")).status_code == 200


async def test_a_hook_of_any_size_and_kind_leaves_the_page_standing(
    sandbox: Sandbox, near: httpx.AsyncClient
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_MAX // 65_536 + 1):
            yield b"x" * 65_536

    too_long = await near.post("/sandbox/hooks", content=chunks())
    odd = {"content-length": "0", "content-type": "text/plain"}
    for body in (b"", b"\xff\xfe", b"[1]", b"[" * 100_000, b'{"type":{"a":1}}'):
        await near.post("/sandbox/hooks", content=body, headers=odd if not body else {})
    page = await near.get("/sandbox")

    assert too_long.status_code == 413
    assert len(sandbox.hooks) == 5
    assert page.status_code == 200


async def test_only_the_last_hundred_are_kept(sandbox: Sandbox, near: httpx.AsyncClient) -> None:
    for number in range(103):
        await sandbox.mailbox.send(letter(f"No {number}.", "x", "x"), "ada@example.com")
        await near.post("/sandbox/hooks", content=b"{}")

    assert len(sandbox.hooks) == len(sandbox.mailbox.mails) == 100
    assert [mail.number for mail in sandbox.mailbox.mails][:2] == [103, 102]
