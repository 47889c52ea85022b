"""Price lists as files, JSON or CSV: what `prices export` writes, `prices load` reads."""

import csv
import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from prepaid.web.operator.prices import PriceShape
from prepaid.web.routing import encode

COLUMNS = ("sku", "credits", "unit", "description")


class BadPrices(Exception):
    """The file is no price list; the message says where."""


def read(file: Path) -> list[PriceShape]:
    """The prices of a file, by its ending. What they may be is checked by the API.

    Raises:
        BadPrices: the file cannot be read, or a line is no price.
    """
    kind = _kind(file)
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}"
        raise BadPrices(message) from error
    return _from_csv(file, text) if kind == ".csv" else _from_json(file, text)


def write(file: Path, prices: Sequence[PriceShape]) -> None:
    """Write prices, by the file's ending.

    Raises:
        BadPrices: the file cannot be written.
    """
    kind = _kind(file)
    try:
        if kind == ".json":
            file.write_bytes(msgspec.json.format(encode({"prices": prices}), indent=2) + b"\n")
            return
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows((p.sku, p.credits, p.unit, p.description) for p in prices)
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}"
        raise BadPrices(message) from error


def _kind(file: Path) -> str:
    kind = file.suffix.lower()
    if kind not in {".json", ".csv"}:
        message = f"{file} must end in .json or .csv"
        raise BadPrices(message)
    return kind


def _from_json(file: Path, text: str) -> list[PriceShape]:
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        message = f"{file} is no JSON: {error}"
        raise BadPrices(message) from error
    listed = found.get("prices") if isinstance(found, dict) else found
    if not isinstance(listed, list):
        message = f'{file} must be a list of prices, or {{"prices": [...]}}'
        raise BadPrices(message)
    return [_price(file, f"price {place}", price) for place, price in enumerate(listed, 1)]


def _from_csv(file: Path, text: str) -> list[PriceShape]:
    lines = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        return [_price(file, f"line {lines.line_num}", dict(line)) for line in lines]
    except csv.Error as error:
        message = f"{file}, line {lines.line_num}: {error}"
        raise BadPrices(message) from error


def _price(file: Path, place: str, value: object) -> PriceShape:
    if not isinstance(value, dict) or None in value or not value.keys() <= set(COLUMNS):
        message = f"{file}, {place}: must have {', '.join(COLUMNS)}, and nothing else"
        raise BadPrices(message)
    sku, amount = value.get("sku"), value.get("credits")
    try:
        price = Decimal(str(amount))
    except InvalidOperation as error:
        message = f"{file}, {place}: credits must be a number, not {amount!r}"
        raise BadPrices(message) from error
    if not isinstance(sku, str) or not price.is_finite():
        message = f"{file}, {place}: sku must be a text and credits a number"
        raise BadPrices(message)
    unit, description = value.get("unit") or "request", value.get("description") or ""
    return PriceShape(sku=sku, credits=price, unit=str(unit), description=str(description))
