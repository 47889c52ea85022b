"""What was measured, beside what was promised: lines that `make bench` gathers into one table."""

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

FILE = "PREPAID_BENCH_FIGURES"


class Figure(NamedTuple):
    """One promise."""

    name: str
    found: str
    target: str
    is_met: bool | None  # None: not measured, and `found` says why


def tell(name: str, found: str, target: str, *, is_met: bool | None) -> None:
    """Say it now, and again in the table."""
    figure = Figure(name, found, target, is_met)
    sys.stdout.write(line(figure) + "\n")
    sys.stdout.flush()
    if path := os.environ.get(FILE):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(figure) + "\n")


def line(figure: Figure) -> str:
    """One line of the table."""
    mark = {True: "met", False: "MISSED", None: "skipped"}[figure.is_met]
    return f"{figure.name:52} {figure.found:44} {figure.target:22} {mark}"


def table(path: Path) -> str:
    """Every figure that was told."""
    told = [Figure(*json.loads(one)) for one in path.read_text("utf-8").splitlines()]
    head = f"{'figure':52} {'found':44} {'target':22}"
    return "\n".join([head, "-" * 128, *map(line, told)])
