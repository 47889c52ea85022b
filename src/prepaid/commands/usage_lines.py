"""Request logs as files: each line becomes one charge of a batch, or the reason why it cannot.

Knows nothing of how charges are sent. What an amount, a time or a name may be is checked by the
API; here is only what a text file can get wrong before it.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, NamedTuple

from prepaid.web.routing import encode

FIELDS = ("occurredAt", "workspace", "sku", "quantity", "credits", "id")
METADATA = "metadata"
NOTHING = (None, "")
ITEM_BYTES_MAX = 100_000
CHUNK = 1 << 20

# What follows such an error may have been swallowed by it, so no line after it can be trusted.
QUOTE_LEFT_OPEN = ("unexpected end of data", "field larger than field limit")

_WHOLE = re.compile(r"-?[0-9]{1,12}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


class BadFile(Exception):
    """The file as a whole cannot be imported; the message says why."""


class Fault(NamedTuple):
    """A line that is not charged."""

    line: int
    field: str
    reason: str


class Item(NamedTuple):
    """A line as an item of a batch."""

    line: int
    body: bytes  # JSON


@dataclass(frozen=True)
class Source:
    """A request log, and what its columns are called."""

    path: Path
    account: str
    columns: Mapping[str, str]  # ours → the file's, where they differ
    sha256: str
    lines: int  # line ends in the file

    def items(self, after: int = 0) -> Iterator[Item | Fault]:
        """The lines with a number above `after`, in order.

        Raises:
            BadFile: from here on the file makes no sense.
        """
        reader = _csv_rows if self.path.suffix.lower() == ".csv" else _json_rows
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            has_ids: bool | None = None
            for line, row in reader(text, self.columns):
                if isinstance(row, Fault):
                    if line > after:
                        yield row
                    continue
                has_ids = "id" in row if has_ids is None else has_ids
                if line > after:
                    yield self._item(line, row, has_ids=has_ids)

    def _item(self, line: int, row: dict[str, object], *, has_ids: bool) -> Item | Fault:
        if row.get("occurredAt") in NOTHING:
            return Fault(line, "occurredAt", "is required")
        if has_ids and row.get("id") in NOTHING:
            return Fault(line, "id", "is empty, though the first line has one")
        body: dict[str, object] = {
            "accountId": self.account,
            "idempotencyKey": str(row["id"]) if has_ids else f"{self.sha256[:32]}-{line}",
        }
        metadata = row.get(METADATA)
        if isinstance(metadata, dict):
            row = row | {METADATA: {name: _word(value) for name, value in metadata.items()}}
        for name in ("occurredAt", "sku", "quantity", "credits", METADATA):
            if row.get(name) not in NOTHING:
                body[name] = row[name]
        if row.get("workspace", "") != "":  # null is the account-wide bucket, as in the API
            body["workspace"] = row["workspace"]
        try:
            data = encode(body)
        except (UnicodeEncodeError, OverflowError, TypeError):
            return Fault(line, "line", "is not UTF-8 text")
        if len(data) > ITEM_BYTES_MAX:
            return Fault(line, "line", f"is longer than {ITEM_BYTES_MAX} bytes")
        return Item(line, data)


def source(path: Path, account: str, columns: Mapping[str, str]) -> Source:
    """A file as a source: read once, for its hash and length.

    Raises:
        BadFile: it cannot be read, its ending is unknown, or a named column is missing.
    """
    if path.suffix.lower() not in {".csv", ".jsonl", ".ndjson"}:
        message = f"{path} must end in .csv, .jsonl or .ndjson"
        raise BadFile(message)
    digest, lines = hashlib.sha256(), 0
    try:
        with path.open("rb") as data:
            while chunk := data.read(CHUNK):
                digest.update(chunk)
                lines += chunk.count(b"\n")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise BadFile(message) from error
    return Source(path, account, columns, digest.hexdigest(), lines)


def _word(value: object) -> object:
    """A value of the metadata as text; lists and objects are left for the API to refuse."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | Decimal) else value


Row = tuple[int, dict[str, object] | Fault]


def _csv_rows(text: IO[str], columns: Mapping[str, str]) -> Iterator[Row]:
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        message = f"the first line must name the columns: {error}"
        raise BadFile(message) from error
    names = _names(header, columns)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if any(words in str(error) for words in QUOTE_LEFT_OPEN):
                message = f"line {line}: a quote is left open ({error})"
                raise BadFile(message) from error
            yield line, Fault(line, "line", f"is not CSV: {error}")
            continue
        if cells is None:
            return
        if not cells:  # an empty line
            continue
        if len(cells) != len(header):
            yield line, Fault(line, "line", f"has {len(cells)} columns, not {len(header)}")
            continue
        yield line, _typed(line, names, cells)


def _names(header: list[str], columns: Mapping[str, str]) -> list[str | None]:
    """What each column of the file means to us; None for what is not used."""
    wanted = {columns.get(field, field): field for field in FIELDS}
    wanted |= {theirs: ours for ours, theirs in columns.items()}
    needed = [columns.get("sku", "sku"), columns.get("occurredAt", "occurredAt")]
    missing = [theirs for theirs in (*needed, *columns.values()) if theirs not in header]
    if missing:
        message = (
            f"there is no column {missing[0]!r}; the file has {', '.join(map(repr, header))}."
            " Name it with --column-map, like occurredAt=timestamp,sku=product"
        )
        raise BadFile(message)
    if len(set(header)) < len(header):
        message = "two columns have the same name"
        raise BadFile(message)
    return [
        wanted.get(theirs, theirs if theirs.startswith(f"{METADATA}.") else None)
        for theirs in header
    ]


def _typed(line: int, names: list[str | None], cells: list[str]) -> dict[str, object] | Fault:
    row: dict[str, object] = {}
    metadata: dict[str, object] = {}
    for name, text in zip(names, cells, strict=True):
        if name is None:
            continue
        if name.startswith(f"{METADATA}."):
            if text:
                metadata[name.removeprefix(f"{METADATA}.")] = text
        elif name == "quantity" and text:
            if not _WHOLE.fullmatch(text):
                return Fault(line, name, f"must be a whole number, not {text!r}")
            row[name] = int(text)
        elif name == "credits" and text:
            if not _NUMBER.fullmatch(text):
                return Fault(line, name, f"must be a number like 0.5, not {text!r}")
            row[name] = Decimal(text)
        else:
            row[name] = text
    return row | {METADATA: metadata} if metadata else row


def _json_rows(text: IO[str], columns: Mapping[str, str]) -> Iterator[Row]:
    renamed = {theirs: ours for ours, theirs in columns.items()}
    for line, words in enumerate(text, 1):
        if not words.strip():
            continue
        try:
            found = json.loads(words, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            yield line, Fault(line, "line", f"is not JSON: {error}")
            continue
        if not isinstance(found, dict):
            yield line, Fault(line, "line", "is not a JSON object")
            continue
        yield line, _object(found, renamed)


def _no_number(text: str) -> object:
    message = f"{text} is no number"
    raise ValueError(message)


def _object(found: dict[str, object], renamed: Mapping[str, str]) -> dict[str, object]:
    row: dict[str, object] = {}
    metadata: dict[str, object] = {}
    for theirs, value in found.items():
        name = renamed.get(theirs, theirs)
        if name.startswith(f"{METADATA}."):
            metadata[name.removeprefix(f"{METADATA}.")] = value
        elif name in FIELDS or name == METADATA:
            row[name] = value
    own = row.get(METADATA)
    if isinstance(own, dict):
        metadata = own | metadata
    metadata = {name: value for name, value in metadata.items() if value is not None}
    return row | {METADATA: metadata} if metadata else row
