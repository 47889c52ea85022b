"""Statements as PDF, set by typst: in this process, from one template, with its own fonts.

An operator may add a folder of fonts for letters that those have not. The template reads no file
and no network: its data comes as one string.
"""

import asyncio
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec
import typst

from prepaid.adapters.statement_pages import Page, page, with_missing
from prepaid.domain.statements.settings import Logo
from prepaid.domain.statements.statement import Client, Seller, Statement
from prepaid.flows.statements.printers import BadLogo

AT_ONCE = 2  # a page needs a core for its time

_FOLDER = Path(__file__).parent / "templates" / "statement"
_NO_GLYPH = "could not be displayed"
_encode = msgspec.json.Encoder().encode


def check_fonts(folder: str) -> None:
    """See whether a folder has fonts that can be used.

    Raises:
        ValueError: it has none.
    """
    found = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )
    if not found.fonts():
        raise ValueError(f"{folder} has no font in it: OpenType or TrueType, .otf, .ttf or .ttc")


class TypstPrinter:
    """Fulfils `Printer`."""

    def __init__(self, fonts: str = "") -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._template = (_FOLDER / "statement.typ").read_bytes()
        self._folders = [fonts] if fonts else []

    @cached_property
    def _fonts(self) -> typst.Fonts:
        """6 MiB, from the first page on; those of the folder are read as they are needed."""
        return typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=True, font_paths=self._folders
        )

    @cached_property
    def _families(self) -> list[str]:
        """Of the folder, by name: the first that has a letter gives it."""
        return sorted({font.family for font in self._fonts.fonts() if font.path is not None})

    async def pdf(self, statement: Statement, logo: Logo | None) -> bytes:
        """An A4 document; see `Printer`."""
        return await self._set(page(statement, logo))

    async def check_logo(self, logo: Logo) -> None:
        """Try whether a picture can be printed; see `Printer`."""
        try:
            await self._set(page(_SPECIMEN, logo))
        except typst.TypstError as error:
            raise BadLogo("cannot be read as a picture") from error

    async def _set(self, shown: Page) -> bytes:
        async with self._turns:
            return await asyncio.to_thread(self._printed, shown)

    def _printed(self, shown: Page) -> bytes:
        try:
            # Readable for the blind too; what keeps to it has no letter without a font.
            return self._compile(shown, "ua-1")
        except typst.TypstError as error:
            # A page with boxes in place of letters is better than none, if it says so.
            is_missing = _NO_GLYPH in error.message
            return self._compile(with_missing(shown) if is_missing else shown, None)

    def _compile(self, shown: Page, standard: Literal["ua-1"] | None) -> bytes:
        # A compiler of its own for each: threads share none, and nothing is kept between pages.
        compiler = typst.Compiler(self._template, root=_FOLDER, font_paths=self._fonts)
        made = compiler.compile(
            format="pdf",
            sys_inputs={
                "page": _encode(shown).decode(),
                "fonts": _encode(self._families).decode(),
            },
            timestamp=0,
            pdf_standards=standard,
        )
        assert isinstance(made, bytes), "a PDF is one file, whatever its pages"
        return made


_SPECIMEN = Statement(
    account=0,
    month=0,
    client=Client(0, None, "Specimen"),
    seller=Seller("Specimen", (), None, None),
    currency="EUR",
    time_zone="UTC",
    starts=0,
    ends=1,
    lines=(),
    subtotal=0,
    tax=None,
    payment_terms=None,
)
