"""Statements as PDF, set by typst: in this process, from one template, with its own fonts.

The template reads no file and no network: its data comes as one string.
"""

import asyncio
from functools import cached_property
from pathlib import Path

import msgspec
import typst

from prepaid.adapters.statement_pages import Page, page
from prepaid.domain.statements.settings import Logo
from prepaid.domain.statements.statement import Client, Seller, Statement
from prepaid.flows.printers import BadLogo

AT_ONCE = 2  # a page needs a core for its time

_FOLDER = Path(__file__).parent / "templates" / "statement"
_encode = msgspec.json.Encoder().encode


class TypstPrinter:
    """Fulfils `Printer`."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._template = (_FOLDER / "statement.typ").read_bytes()

    @cached_property
    def _fonts(self) -> typst.Fonts:
        """6 MiB, from the first page on."""
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)

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
            return await asyncio.to_thread(self._compile, shown)

    def _compile(self, shown: Page) -> bytes:
        # A compiler of its own for each: threads share none, and nothing is kept between pages.
        compiler = typst.Compiler(self._template, root=_FOLDER, font_paths=self._fonts)
        made = compiler.compile(
            format="pdf", sys_inputs={"page": _encode(shown).decode()}, timestamp=0
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
