"""Letters on paper: those of the built-in fonts, those of the operator's folder, and neither."""

import io
from pathlib import Path

import pypdf
import pytest
from msgspec.structs import replace

from prepaid import assembly, settings
from prepaid.adapters.statement_pages import MISSING, page
from prepaid.adapters.typst_printer import TypstPrinter, check_fonts
from prepaid.domain.statements import logos
from prepaid.domain.statements.statement import Client, Line, Seller, Statement
from prepaid.settings import SettingError
from tests.kit.fonts import FAMILY, font
from tests.statements.office import at

COMPANY = "株式会社"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
)
MADE = Statement(
    account=1,
    month=2026 * 12 + 9,
    client=Client(2, "paris", "Paris Client"),
    seller=Seller("Ådå Œuvre ЭТО Ελλάδα שלום", ("1 Rue",), None, None),
    currency="EUR",
    time_zone="UTC",
    starts=at("2026-10-01"),
    ends=at("2026-11-01"),
    lines=(Line(2026 * 12 + 9, "page", 1, 1_000_000, "credit", 10**9, 100),),
    subtotal=100,
    tax=None,
    payment_terms=None,
)


def text(pdf: bytes) -> str:
    """What a reader sees, without the places where words may break."""
    found = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(found.replace("\u200b", "").split())


def fonts_of(pdf: bytes) -> set[str]:
    """The families that are used."""
    first = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
    used = first["/Resources"]["/Font"].values()  # type: ignore[index]
    return {str(one.get_object()["/BaseFont"]).partition("+")[2] for one in used}


def is_for_readers_aloud(pdf: bytes) -> bool:
    """Whether it says that it is PDF/UA."""
    told = pypdf.PdfReader(io.BytesIO(pdf)).xmp_metadata
    return told is not None and b"pdfuaid" in told.stream.get_data()


def of(name: str) -> Statement:
    return replace(MADE, client=Client(2, "paris", name))


@pytest.mark.parametrize("number", [None, "S-000001"])
@pytest.mark.parametrize("has_logo", [False, True])
async def test_a_page_can_be_read_aloud(number: str | None, *, has_logo: bool) -> None:
    """Drafts and logos too; and nothing is said of letters, since none is missing."""
    logo = logos.parse("svg", SVG) if has_logo else None
    pdf = await TypstPrinter().pdf(replace(MADE, number=number), logo)

    assert is_for_readers_aloud(pdf)
    assert MADE.seller.legal_name.split()[0] in text(pdf)
    assert MISSING not in text(pdf)


async def test_a_letter_without_a_font_is_owned_up_to() -> None:
    """A client must not take boxes for what they are called."""
    pdf = await TypstPrinter().pdf(of(COMPANY), None)

    assert MISSING in text(pdf)
    assert not is_for_readers_aloud(pdf)


async def test_a_font_of_the_folder_gives_its_letters(tmp_path: Path) -> None:
    folder = tmp_path / "deeper"
    folder.mkdir()
    (folder / "test.ttf").write_bytes(font(COMPANY))
    printer = TypstPrinter(str(tmp_path))
    pdf, partly = await printer.pdf(of(COMPANY), None), await printer.pdf(of(COMPANY + "測"), None)

    assert COMPANY in text(pdf)
    assert MISSING not in text(pdf)
    assert is_for_readers_aloud(pdf)
    assert FAMILY.replace(" ", "-") in " ".join(fonts_of(pdf))
    assert MISSING in text(partly)


async def test_a_font_changes_no_page_that_does_not_need_it(tmp_path: Path) -> None:
    """Final statements stay as they are when the operator adds a folder."""
    (tmp_path / "test.ttf").write_bytes(font([*COMPANY, "P", "a", "1"]))

    assert await TypstPrinter(str(tmp_path)).pdf(MADE, None) == await TypstPrinter().pdf(MADE, None)


@pytest.mark.parametrize("content", [None, b"", b"no font", font(COMPANY)[:200]])
def test_a_folder_without_a_font_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    """Whoever asks for letters must not learn from a client that they are missing."""
    if content is not None:
        (tmp_path / "broken.ttf").write_bytes(content)
    wanted = settings.load({"PREPAID_FONTS": str(tmp_path)})

    with pytest.raises(SettingError, match=r"PREPAID_FONTS: .* has no font"):
        assembly.check_printer(wanted)


def test_a_folder_that_is_none_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"PREPAID_FONTS: .* is no folder"):
        settings.load({"PREPAID_FONTS": str(tmp_path / "missing")})


def test_a_folder_with_a_font_is_taken(tmp_path: Path) -> None:
    (tmp_path / "test.ttf").write_bytes(font(COMPANY))
    check_fonts(str(tmp_path))
    assembly.check_printer(settings.load({"PREPAID_FONTS": str(tmp_path)}))
    assembly.check_printer(settings.load({}))


@pytest.mark.parametrize(
    ("starts", "ends", "zone", "shown"),
    [
        ("2026-10-01", "2026-11-01", "UTC", "1 - 31 October 2026"),
        ("2026-10-01", "2026-11-01", "America/New_York", "30 September - 31 October 2026"),
        ("2026-01-01", "2026-02-01", "America/New_York", "31 December 2025 - 31 January 2026"),
        ("2026-10-01", "2026-10-02", "UTC", "1 - 1 October 2026"),
    ],
)
def test_a_period_is_one_line(starts: str, ends: str, zone: str, shown: str) -> None:
    """The longest there is fits its column, since nothing in it may be broken."""
    made = replace(MADE, starts=at(starts), ends=at(ends), time_zone=zone)
    period = next(fact[1] for fact in page(made, None).facts if fact[0] == "Period")

    assert period == shown.replace("-", "\u2013").replace(" ", "\u00a0")
