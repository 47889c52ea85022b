"""What stands on statements is set by forms too: kept safely, written down, all or nothing."""

import base64
import struct
import zlib
from typing import Any

import httpx
import pytest

from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.pages import Person, text_of

SETTINGS = "/v2/billing/statement-settings"
DETAILS = {
    "legalName": "Ada & Töchter",
    "address": "1 Rue de la Paix\r\n75002 Paris\r\n",
    "taxLabel": "TVA",
    "taxRate": "20",
    "timeZone": "Europe/Paris",
    "numberPrefix": "A-",
    "automatic": "true",
}
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
)


def png(width: int = 2, height: int = 2) -> bytes:
    """A white picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * width) * height)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


async def upload(
    person: Person, content: bytes, name: str = "logo.png", **fields: str
) -> httpx.Response:
    """The form of the logo, as a browser sends it."""
    return await person.client.post(
        f"{person.place}/statements/logo",
        data={"csrf_token": person.token, "form": "logo"} | fields,
        files={"logo": (name, content)},
    )


async def settings(who: Customer) -> dict[str, Any]:
    found: dict[str, Any] = (await who.ask("GET", SETTINGS)).json()
    return found


async def test_details_are_saved_and_written_down(door: Door) -> None:
    ada = await door.customer()
    async with pages.admin(door, ada) as person:
        saved = await person.send("/statements/settings", **DETAILS)
        again = await person.send("/statements/settings", **DETAILS)
        log = text_of(await person.see("/audit"))
    kept = await settings(ada)

    assert saved.status_code == again.status_code == 303, saved.text
    assert kept["legalName"] == "Ada & Töchter"
    assert kept["address"] == ["1 Rue de la Paix", "75002 Paris"]
    assert kept["tax"] == {"label": "TVA", "ratePercent": 20}
    assert kept["timeZone"] == "Europe/Paris"
    assert kept["automatic"] is True
    assert log.count("statement details changed") == 1, "what changes nothing leaves no line"
    for words in (
        "legal name: none → Ada & Töchter",
        "address: none → 1 Rue de la Paix, 75002 Paris",
        "tax rate: none → 20 %",
        "numbers begin with: S- → A-",
        "made each month: off → on",
    ):
        assert words in log, words


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"taxRate": "twenty"}, "must be a percentage"),
        ({"taxRate": "NaN"}, "must be a percentage"),
        ({"timeZone": "Mars/Olympus"}, "time zone"),
        ({"address": "line\n" * 9}, "9 lines"),
        ({"numberPrefix": "?"}, "must match"),
    ],
)
async def test_wrong_details_change_nothing(
    lite: Door, wrong: dict[str, str], message: str
) -> None:
    ada = await lite.customer()
    before = await settings(ada)
    async with pages.admin(lite, ada) as person:
        answer = await person.send("/statements/settings", form="details", **(DETAILS | wrong))

    assert answer.status_code == 400
    assert message in text_of(answer)
    assert await settings(ada) == before


async def test_a_logo_is_set_shown_replaced_and_removed(door: Door) -> None:
    """Shown back as the bytes that were sent, so that it runs and fetches nothing."""
    ada = await door.customer()
    async with pages.admin(door, ada) as person:
        first = await upload(person, png())
        one = await settings(ada)
        second = await upload(person, SVG, "logo.svg")
        two = await settings(ada)
        page = await person.see("/statements/settings")
        address = page.text.partition('<img src="')[2].partition('"')[0]
        shown = await person.see(address)
        twice = await upload(person, SVG, "logo.svg")
        gone = await person.send("/statements/logo/remove")
        log = text_of(await person.see("/audit"))
        bare = await person.see("/statements/settings")

    assert {answer.status_code for answer in (first, second, twice, gone)} == {303}
    assert [one["logo"]["type"], two["logo"]["type"]] == ["png", "svg"]
    assert shown.content == SVG
    assert shown.headers["content-type"] == "image/svg+xml"
    assert shown.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert (await settings(ada))["logo"] is None
    assert "<img" not in bare.text
    assert log.count("statement logo set") == 2
    assert log.count("statement logo removed") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be chosen"),
        (b"GIF89a" + b"\0" * 20, "must be a PNG or an SVG"),
        (png(2_001, 1), "2000 pixels"),
        (png() + b"\0" * 131_072, "131072 bytes"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "pixels"),
        (png()[:45], "cannot be read as a picture"),
        (b"<html>", "is no SVG"),
        (SVG.replace(b"<rect", b"<script/><rect"), "without script"),
        (SVG.replace(b"<rect", b'<rect onload="alert(1)"'), "without onload"),
        (SVG.replace(b"<rect", b'<rect href="http://evil.example/"'), "anything outside"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, "document type"),
    ],
)
async def test_a_picture_that_is_none_or_may_do_harm_changes_nothing(
    lite: Door, content: bytes, message: str
) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        await upload(person, SVG)
        before = await settings(ada)
        answer = await upload(person, content)
        log = text_of(await person.see("/audit"))

    assert answer.status_code == 400, answer.text
    assert message in text_of(answer)
    assert await settings(ada) == before
    assert log.count("statement logo set") == 1


async def test_a_forged_upload_changes_nothing(lite: Door) -> None:
    """The token is asked for in a form with a file as in any other."""
    ada, bob = await lite.customer(), await lite.customer()
    async with pages.admin(lite, ada) as person, pages.admin(lite, bob, "bob@x.example") as other:
        for token in ("", "0" * 64, other.token):
            assert (await upload(person, SVG, csrf_token=token)).status_code == 403
        foreign = await person.client.post(
            f"{person.place}/statements/logo",
            data={"csrf_token": person.token},
            files={"logo": ("x.svg", SVG)},
            headers={"sec-fetch-site": "cross-site"},
        )
        hers = await other.client.post(
            f"{person.place}/statements/logo",
            data={"csrf_token": other.token},
            files={"logo": ("x.svg", SVG)},
        )

    assert (foreign.status_code, hers.status_code) == (403, 404)
    assert (await settings(ada))["logo"] is None


async def test_a_logo_of_another_account_is_not_shown(door: Door) -> None:
    ada, bob = await door.customer(), await door.customer()
    body = {"logo": {"type": "svg", "data": base64.b64encode(SVG).decode()}}
    kept = (await bob.ask("PATCH", SETTINGS, json=body)).json()
    async with pages.admin(door, ada) as person:
        for name in (kept["logo"]["sha256"], "0" * 64, "%00", "x" * 5_000):
            assert (await person.see(f"/statements/logo/{name}")).status_code == 404, name


BOUNDARY = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="logo"; filename="a"\r\n\r\n<\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", PART + b"--x--", 400),
        (BOUNDARY, PART + PART + b"--x--", 400),
        (BOUNDARY, b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", 400),
        (BOUNDARY, b"\0" * 100, 400),
        (BOUNDARY, b"--y\r\n\r\n--y--", 400),
        (BOUNDARY, PART, 400),
        (BOUNDARY, b"", 400),
        (BOUNDARY, PART + b"--x--", 403),
        (BOUNDARY + "; charset=unicode_escape", PART + b"--x--", 400),
        (BOUNDARY, b"\0" * (1 << 20) + b"0", 413),
        ("application/json", b"{}", 415),
    ],
)
async def test_a_broken_upload_is_refused_and_never_our_fault(
    lite: Door, kind: str, body: bytes, status: int
) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        answer = await person.client.post(
            f"{person.place}/statements/logo", content=body, headers={"content-type": kind}
        )
        elsewhere = await person.client.post(
            f"{person.place}/workspaces",
            data={"csrf_token": person.token, "name": "acme", "legalName": "Acme"},
            files={"logo": ("x.svg", SVG)},
        )

    assert answer.status_code == status, answer.text
    assert elsewhere.status_code == 415, "only a form that takes a file is read so"
