"""What an account says of itself on statements; a logo fetches nothing and runs nothing."""

import base64
import struct
import zlib
from typing import Any

import pytest

from tests.kit.door import fields
from tests.statements.office import SETTINGS, STATEMENTS, Office, good, month, set_up

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'


def svg(inside: str) -> dict[str, str]:
    return logo("svg", f"{HEAD}{inside}</svg>".encode())


def logo(kind: str, content: bytes) -> dict[str, str]:
    return {"type": kind, "data": base64.b64encode(content).decode()}


def png(width: int, height: int) -> bytes:
    """A grey picture; what it says of its size may be more than it has."""

    def part(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compress(b"".join(b"\0" + b"\x99" * min(width, 9) for _ in range(min(height, 9))))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")


async def test_settings_are_told_as_they_were_set_and_null_takes_away(office: Office) -> None:
    ada = await office.customer(currency="EUR")
    untouched = (await good(ada.ask("GET", SETTINGS))).json()
    details = {
        "legalName": "Ada GmbH",
        "address": ["One", "Two"],
        "taxId": "DE 1",
        "paymentTerms": "Soon",
        "numberPrefix": "A/",
        "tax": {"label": "MwSt", "ratePercent": 19},
        "timeZone": "Europe/Berlin",
        "automatic": True,
    }
    told = await set_up(ada, **details)
    cleared = await set_up(ada, legalName=None, taxId=None, paymentTerms=None, tax=None, address=[])

    assert untouched == {
        "legalName": None,
        "address": [],
        "taxId": None,
        "paymentTerms": None,
        "numberPrefix": "S-",
        "tax": None,
        "timeZone": "UTC",
        "currency": "EUR",
        "logo": None,
        "automatic": False,
    }
    assert told == details | {"currency": "EUR", "logo": None}
    kept = {"numberPrefix": "A/", "timeZone": "Europe/Berlin", "automatic": True}
    assert cleared == untouched | kept


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"timeZone": "../etc/passwd"}, "timeZone"),
        ({"timeZone": "a/../../etc/passwd"}, "timeZone"),
        ({"numberPrefix": "=1"}, "numberPrefix"),
        ({"address": ["x"] * 9}, "address"),
        ({"address": ["x\ny"]}, "address[0]"),
        ({"legalName": "\u0007"}, "legalName"),
        ({"taxId": " "}, "taxId"),
        ({"tax": {"label": "x", "ratePercent": 100.1}}, "tax.ratePercent"),
        ({"tax": {"label": "x", "ratePercent": -1}}, "tax.ratePercent"),
        ({"tax": {"label": "", "ratePercent": 1}}, "tax.label"),
        ({"automatic": None}, "automatic"),
        ({"currency": "USD"}, "currency"),
        ({"automaticSince": 0}, "automaticSince"),
        ({"logo": {"type": "png", "data": "%"}}, "logo.data"),
        ({"logo": {"type": "gif", "data": ""}}, "logo.type"),
        ({"logo": logo("png", b"GIF89a")}, "logo.data"),
        ({"logo": logo("png", png(2001, 1))}, "logo.data"),
        ({"logo": logo("png", png(9, 9)[:-20])}, "logo.data"),
        ({"logo": logo("png", png(9, 9) + b"x" * 140_000)}, "logo.data"),
        ({"logo": logo("svg", b"<svg/>")}, "logo.data"),
        ({"logo": logo("svg", b"<svg")}, "logo.data"),
        ({"logo": logo("svg", (HEAD + "</svg>").encode("utf-16"))}, "logo.data"),
        ({"logo": logo("svg", b"<!DOCTYPE svg [<!ENTITY a 'a'>]>" + HEAD.encode())}, "logo.data"),
        ({"logo": svg('<image href="file:///etc/passwd"/>')}, "logo.data"),
        ({"logo": svg('<image href="https://x.example/"/>')}, "logo.data"),
        ({"logo": svg("<script>1</script>")}, "logo.data"),
        ({"logo": svg("<style>@import url(x)</style>")}, "logo.data"),
        ({"logo": svg('<use href="#a"/>')}, "logo.data"),
        ({"logo": svg("<foreignObject/>")}, "logo.data"),
        ({"logo": svg('<rect fill="url(https://x.example/#a)"/>')}, "logo.data"),
        ({"logo": svg("<g>" * 40 + "</g>" * 40)}, "logo.data"),
        ({"logo": svg("<g/>" * 3000)}, "logo.data"),
    ],
)
async def test_a_wrong_setting_is_named_and_changes_nothing(
    lite_office: Office, wrong: dict[str, Any], field: str
) -> None:
    ada = await lite_office.customer()
    before = await set_up(ada, taxId="DE 1", logo=svg('<rect width="9" height="9"/>'))
    answer = await ada.ask("PATCH", SETTINGS, json={"taxId": "DE 2"} | wrong)

    assert answer.status_code == 400, answer.text
    assert fields(answer) == [field]
    assert (await good(ada.ask("GET", SETTINGS))).json() == before


@pytest.mark.parametrize(
    "picture",
    [
        logo("png", png(9, 9)),
        svg('<rect width="9" height="9"/><text y="5" font-size="4">&lt;Ada&gt;</text>'),
        svg(
            '<defs><linearGradient id="a"><stop stop-color="red"/></linearGradient></defs>'
            '<circle r="3" fill="url(#a)"/>'
        ),
        svg("<g>" * 20 + "</g>" * 20),
    ],
    ids=["png", "words", "gradient", "deep"],
)
async def test_a_right_logo_is_printed(lite_office: Office, picture: dict[str, str]) -> None:
    ada = await lite_office.customer()
    plain = (await month(ada, "2026-10"))[0]["id"]
    without = await good(ada.ask("GET", f"{STATEMENTS}/{plain}.pdf"))
    told = await set_up(ada, logo=picture)
    with_logo = await good(ada.ask("GET", f"{STATEMENTS}/{plain}.pdf"))
    gone = await set_up(ada, logo=None)

    assert told["logo"]["type"] == picture["type"]
    assert told["logo"]["bytes"] == len(base64.b64decode(picture["data"]))
    assert with_logo.content != without.content
    assert gone["logo"] is None
    assert (await good(ada.ask("GET", f"{STATEMENTS}/{plain}.pdf"))).content == without.content
