"""A statement as a file: CSV, PDF, and all of a month in one ZIP archive.

The same statements give the same bytes: nothing in a file tells when it was made.
"""

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Decimal

from prepaid.domain.statements import months
from prepaid.domain.statements.months import Month
from prepaid.domain.statements.statement import Statement
from prepaid.flows.desk import Desk
from prepaid.flows.statements.statement import Sheet, paper
from prepaid.web import csv_lines
from prepaid.web.accept import CSV, JSON
from prepaid.web.routing import Answer, encode
from prepaid.web.shapes import Number
from prepaid.web.statements.shapes import StatementShape, full

PDF = "application/pdf"
ZIP = "application/zip"
FORMS = {"json": JSON, "csv": CSV, "pdf": PDF}

COLUMNS = (
    "statement", "status", "month", "workspace", "legalName", "kind", "item", "itemMonth",
    "count", "credits", "price", "per", "amount", "currency",
)  # fmt: skip

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment a ZIP archive can tell
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


async def answer(desk: Desk, sheet: Sheet, kind: str) -> Answer:
    """A statement in one of its forms."""
    return Answer(
        await content(desk, sheet, kind),
        headers=(("vary", "accept"), ("content-disposition", _attached(sheet.statement, kind))),
        media_type=kind,
    )


async def content(desk: Desk, sheet: Sheet, kind: str) -> bytes:
    """The bytes of a form."""
    if kind == PDF:
        return await paper(desk, sheet)
    if kind == CSV:
        return csv_lines.lines([COLUMNS, *_rows(full(sheet))])
    return encode(full(sheet))


def name_of(statement: Statement) -> str:
    """A file's name without its ending."""
    number = statement.number or f"draft-{statement.client.workspace}"
    return file_name(number, statement.client.name)


def file_name(number: str, workspace: str | None) -> str:
    """`S-000042-client-a`, safe as part of a path."""
    return f"{_UNFIT.sub('_', number)}-{workspace or 'account-wide'}"


def _attached(statement: Statement, kind: str) -> str:
    ending = next(ending for ending, form in FORMS.items() if form == kind)
    how = "inline" if kind != CSV else "attachment"
    return f'{how}; filename="{name_of(statement)}.{ending}"'


def _rows(made: StatementShape) -> Iterator[Sequence[object]]:
    place = made.workspace
    head = (
        csv_lines.text(made.number),
        made.status,
        made.month,
        "" if place is None else csv_lines.text(place.name),
        "" if place is None else csv_lines.text(place.legal_name),
    )
    for line in made.lines:
        kind = "correction" if line.is_correction else "usage"
        used = (line.count, _plain(line.credits), _plain(line.price), line.per)
        item = (kind, line.sku, line.month)
        yield (*head, *item, *used, _plain(line.amount), made.currency)
    if made.tax is not None:
        rate = (None, None, _plain(made.tax.rate_percent), "percent")
        item = ("tax", csv_lines.text(made.tax.label), made.month)
        yield (*head, *item, *rate, _plain(made.tax.amount), made.currency)
    total = (made.count, _plain(made.credits), None, None)
    yield (*head, "total", None, made.month, *total, _plain(made.total), made.currency)


def _plain(number: Number) -> str:
    return f"{Decimal(number):f}"


def archive(desk: Desk, sheets: Sequence[Sheet], month: Month) -> Answer:
    """All statements of a month as PDF and CSV, sent while they are set."""
    file = f"statements-{months.text(month)}.zip"
    return Answer(
        _zipped(desk, sheets, months.text(month)),
        headers=(("content-disposition", f'attachment; filename="{file}"'),),
        media_type=ZIP,
    )


class _Outlet(io.RawIOBase):
    """What was written since it was taken last: an archive is sent piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload] # any buffer
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


async def _zipped(desk: Desk, sheets: Sequence[Sheet], folder: str) -> AsyncIterator[bytes]:
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as made:  # written only
        for sheet in sheets:
            for ending in ("pdf", "csv"):
                data = await content(desk, sheet, FORMS[ending])
                file = zipfile.ZipInfo(f"{folder}/{name_of(sheet.statement)}.{ending}", _LONG_AGO)
                file.compress_type = zipfile.ZIP_DEFLATED
                file.external_attr = 0o644 << 16
                await asyncio.to_thread(made.writestr, file, data)
                yield outlet.taken()
    yield outlet.taken()
