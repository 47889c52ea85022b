"""A statement as JSON, CSV, PDF and ZIP: the same content, the same bytes each time."""

import csv
import io
import zipfile
from decimal import Decimal
from typing import Any

import httpx
import pypdf
import pytest

from tests.kit.door import Customer, code
from tests.statements.office import STATEMENTS, Office, by_place, good, month, set_prices, set_up

PDF = "application/pdf"
HOSTILE = '#panic("x") *bold* $x$ \\ #read("statement.typ") <a> @b `c` =1+1'


async def statement(office: Office, **settings: Any) -> tuple[Customer, Any]:
    """A final one, with a correction and a tax."""
    ada = await office.customer(currency="EUR")
    await set_up(ada, tax={"label": "VAT", "ratePercent": 20}, **settings)
    charge = await office.charge(ada, quantity=1000)
    office.go_to("2026-11-02")
    await month(ada, "2026-10")
    await office.end(charge, "refund", credits=1.5)
    await office.charge(ada, sku="page")
    office.go_to("2026-12-02")
    return ada, by_place(await month(ada, "2026-11"))["paris"]


async def fetch(ada: Customer, ident: str, **rest: Any) -> httpx.Response:
    headers = {"x-api-key": ada.key} | rest.pop("headers", {})
    return await good(ada.client.get(f"{STATEMENTS}/{ident}", headers=headers, **rest))


def text(content: bytes) -> str:
    """What a reader of the PDF sees, without the places where words may break."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    found = " ".join(page.extract_text() for page in pages)
    return " ".join(found.replace("\u200b", "").split())


async def test_one_statement_comes_in_three_forms_and_three_ways_to_ask(office: Office) -> None:
    ada, made = await statement(office)
    for kind, ending in ((PDF, "pdf"), ("text/csv", "csv"), ("application/json", "json")):
        asked = [
            await fetch(ada, made["id"], headers={"accept": kind}),
            await fetch(ada, made["id"], params={"format": ending}),
            await fetch(ada, f"{made['id']}.{ending}"),
        ]

        assert {answer.content for answer in asked} == {asked[0].content}
        for answer in asked:
            assert answer.headers["content-type"].startswith(kind)
            assert answer.headers["vary"] == "accept"
            assert f'filename="S-000005-paris.{ending}"' in answer.headers["content-disposition"]


async def test_the_pdf_says_what_the_statement_says(office: Office) -> None:
    ada, made = await statement(
        office,
        legalName="Ådå Œuvre GmbH",
        address=["12 rue de l'Étoile", "75017 Paris"],
        taxId="FR 12",
        paymentTerms="Within 30 days",
    )
    found = text((await fetch(ada, f"{made['id']}.pdf")).content)

    for words in (
        "Ådå Œuvre GmbH 12 rue de l'Étoile 75017 Paris Tax ID FR 12",
        "Statement for Paris Client Workspace paris",
        "Number S-000005",
        "Period 1 \u2013 30 November 2026",
        "Date 2 December 2026",
        "page 1 0.01 1.00 / credit 0.01 EUR",
        "Corrections to October 2026",
        "report 0 \u22121.5 1.00 / credit \u22121.50 EUR",
        "Subtotal \u22121.49 EUR",
        "VAT 20 % \u22120.30 EUR",
        "Total \u22121.79 EUR",
        "Within 30 days",
        "Page 1 of 1",
    ):
        assert words in found, (words, found)
    assert "DRAFT" not in found


async def test_a_draft_says_so_on_its_page(lite_office: Office) -> None:
    ada = await lite_office.customer()
    draft = (await month(ada, "2026-10"))[0]
    found = text((await fetch(ada, f"{draft['id']}.pdf")).content)

    assert "DRAFT" in found
    assert "Nothing was used in this month." in found


async def test_names_are_data_and_never_markup(lite_office: Office) -> None:
    """A name that is a program of the typesetter's is printed as it is."""
    ada = await lite_office.customer()
    await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": HOSTILE})
    await set_up(
        ada,
        legalName=HOSTILE,
        address=[HOSTILE],
        taxId="#[x]",
        paymentTerms=HOSTILE,
        tax={"label": "#[= VAT]", "ratePercent": 1},
    )
    made = by_place(await month(ada, "2026-10"))["paris"]
    found = text((await fetch(ada, f"{made['id']}.pdf")).content)

    assert found.replace(" ", "").count(HOSTILE.replace(" ", "")) >= 4
    assert "#[= VAT] 1 %" in found


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1"])
async def test_names_are_no_formulas_in_a_spreadsheet(lite_office: Office, name: str) -> None:
    ada = await lite_office.customer()
    await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": name})
    made = by_place(await month(ada, "2026-10"))["paris"]
    rows = table((await fetch(ada, f"{made['id']}.csv")).content)

    assert {row["legalName"] for row in rows} == {f"'{name}"}


async def test_five_hundred_lines_have_their_head_on_each_page(lite_office: Office) -> None:
    ada = await lite_office.customer()
    items = [
        {"accountId": ada.id, "workspace": "paris", "sku": f"sku-{n:03}", "credits": 1}
        | {"settle": True}
        for n in range(500)
    ]
    answer = await lite_office.door.operator(
        "POST", "/v2/operator/charges/batch", {"charges": items}
    )
    assert answer.status_code == 200, answer.text
    made = by_place(await month(ada, "2026-10"))["paris"]
    content = (await fetch(ada, f"{made['id']}.pdf")).content
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]

    assert len(pages) > 5
    assert all("Amount" in page for page in pages[:-1])
    for place, page in enumerate(pages, 1):
        assert f"Page {place} of {len(pages)}" in page
    whole = "\n".join(pages)
    assert all(f"sku-{n:03}" in whole for n in range(500))
    assert "Total" in pages[-1]


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


async def test_the_csv_has_a_row_for_each_line_the_tax_and_the_total(office: Office) -> None:
    ada, made = await statement(office)
    rows = table((await fetch(ada, f"{made['id']}.csv")).content)

    shown = [(r["kind"], r["item"], r["itemMonth"], r["credits"], r["amount"]) for r in rows]
    assert shown == [
        ("usage", "page", "2026-11", "0.01", "0.01"),
        ("correction", "report", "2026-10", "-1.5", "-1.5"),
        ("tax", "VAT", "2026-11", "", "-0.3"),
        ("total", "", "2026-11", "-1.49", "-1.79"),
    ]
    assert {row["statement"] for row in rows} == {"S-000005"}


async def test_the_archive_has_every_statement_of_the_month_and_the_same_bytes_each_time(
    office: Office,
) -> None:
    ada, made = await statement(office)
    query = {"month": "2026-11"}
    first = await good(ada.ask("GET", f"{STATEMENTS}/archive", params=query))
    again = await good(ada.ask("GET", f"{STATEMENTS}/archive", params=query))
    files = zipfile.ZipFile(io.BytesIO(first.content))

    assert first.content == again.content
    assert first.headers["content-type"] == "application/zip"
    assert files.testzip() is None
    assert sorted(files.namelist()) == sorted(
        f"2026-11/S-00000{n}-{name}.{ending}"
        for n, name in ((4, "default"), (5, "paris"), (6, "berlin"))
        for ending in ("pdf", "csv")
    )
    pdf = (await fetch(ada, f"{made['id']}.pdf")).content
    assert files.read("2026-11/S-000005-paris.pdf") == pdf


async def test_the_page_of_a_final_statement_never_changes(office: Office) -> None:
    """Not when names, details, prices or the logo do."""
    ada, made = await statement(office, logo={"type": "svg", "data": SVG})
    before = (await fetch(ada, f"{made['id']}.pdf")).content
    await set_up(ada, legalName="Other", tax=None, logo=None, timeZone="Asia/Tokyo")
    await set_prices(ada, {"markupPercent": 99})
    await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": "Other"})
    await lite_rename(office, ada)

    assert (await fetch(ada, f"{made['id']}.pdf")).content == before


async def lite_rename(office: Office, ada: Customer) -> None:
    await office.door.operator("PATCH", ada.place, {"name": "Other"})


SVG = (
    "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA5IDkiPjxyZWN0IHdpZHRo"
    "PSI5IiBoZWlnaHQ9IjkiIGZpbGw9IiMxZjRlOGMiLz48L3N2Zz4="
)


@pytest.mark.parametrize("ident", ["stm_x", "{id}.exe", "{id}.", "{other}", "{none}", "{far}"])
async def test_what_is_no_statement_is_not_found(lite_office: Office, ident: str) -> None:
    ada, bob = await lite_office.customer(), await lite_office.customer()
    hers, his = (await month(ada, "2026-10"))[0]["id"], (await month(bob, "2026-10"))[0]["id"]
    names = {"id": hers, "other": his, "none": hers[:-2] + "63", "far": hers[:20] + "f" * 15}
    answer = await ada.ask("GET", f"{STATEMENTS}/{ident.format(**names)}")

    assert answer.status_code == 404, answer.text
    assert code(answer) == "not_found"


async def test_the_operator_reads_the_same(office: Office) -> None:
    ada, made = await statement(office)
    path = f"{ada.place}/statements"
    listed = await good(office.door.operator("GET", path, params={"month": "2026-11"}))
    one = await good(office.door.operator("GET", f"{path}/{made['id']}.pdf"))
    hers = await good(ada.ask("GET", STATEMENTS, params={"month": "2026-11"}))

    assert listed.content == hers.content
    assert one.content == (await fetch(ada, f"{made['id']}.pdf")).content
    assert Decimal(str(listed.json()["data"][1]["total"])) == made["total"]
