"""Where in a TOML text a key stands, so that a mistake can be shown. Reads lines, not values."""

import re
from collections.abc import Sequence

Keys = tuple[str | int, ...]  # table and key names, and positions in arrays of tables

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_TABLE = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]")
_KEY = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")
_SPLIT = re.compile(_NAME)


def line_of(text: str, keys: Sequence[str | int]) -> int:
    """The line, from 1, of a key; else of the innermost table or key around it; else 1."""
    lines = _index(text)
    wanted = tuple(keys)
    while wanted and wanted not in lines:
        wanted = wanted[:-1]
    return lines.get(wanted, 1)


def _index(text: str) -> dict[Keys, int]:
    lines: dict[Keys, int] = {}
    counts: dict[Keys, int] = {}  # of the tables in each array of tables
    table: Keys = ()
    quote = ""  # of the multi-line string we are in
    for number, line in enumerate(text.split("\n"), 1):
        was_inside = bool(quote)
        quote = _quote_after(line, quote)
        if was_inside:
            continue
        if head := _TABLE.match(line):
            table = _within(_names(head[2]), counts)
            if head[1] == "[[":
                place = counts[table] = counts.get(table, -1) + 1
                lines.setdefault(table, number)
                table = (*table, place)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            names = _names(key[1])
            for end in range(1, len(names) + 1):
                lines.setdefault((*table, *names[:end]), number)
    return lines


def _within(names: Sequence[str], counts: dict[Keys, int]) -> Keys:
    # `[routes.sku]` belongs to the latest of the tables `[[routes]]`.
    keys: Keys = ()
    for place, name in enumerate(names):
        keys = (*keys, name)
        if place + 1 < len(names) and keys in counts:
            keys = (*keys, counts[keys])
    return keys


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in _SPLIT.findall(dotted))


def _quote_after(line: str, quote: str) -> str:
    for mark in ('"""', "'''"):
        if quote in {"", mark} and line.count(mark) % 2:
            return "" if quote else mark
    return quote
