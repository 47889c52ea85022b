"""What reading commands print: a table for people, JSON and CSV for programs."""

import csv
import sys
from collections.abc import Iterable, Sequence

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prepaid.web.routing import encode

WIDE = 1_000  # when nobody looks: a line is cut for no one


def show_json(value: object) -> None:
    """Print a value as indented JSON; amounts keep every digit."""
    typer.echo(msgspec.json.format(encode(value), indent=2).decode())


def show_csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as CSV."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def show_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Sequence[str] = (),
    title: str | None = None,
) -> None:
    """Print rows as a table; the columns named in `numbers` are set to the right."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in numbers else "left")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDE)
    console.print(table)


def show_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print one thing: a name and a value per line."""
    listed = [(name, value) for name, value in facts if value is not None]
    width = max(len(name) for name, _ in listed)
    for name, value in listed:
        typer.echo(f"{name:<{width}}  {value}")
