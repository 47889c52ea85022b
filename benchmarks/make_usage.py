"""Makes a request log to import, its price list, and its exact totals by workspace and SKU.

    python -m benchmarks.make_usage FOLDER [--lines 100000] [--days 90] [--seed 1]

writes FOLDER/usage.csv, FOLDER/prices.json and FOLDER/totals.json. The same arguments make the
same files. Workspace `default` is written as an empty cell, as logs of untagged requests have it.
"""

import argparse
import csv
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

CREDIT = 1_000_000
WORKSPACES = 50
SKUS = 12
COUNTRIES = ("fra", "deu", "gbr", "esp", "ita", "nld")
KINDS = ("company-data", "shareholders")
ZONES = (UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-5, minutes=-30)))
HEADINGS = (
    "id", "occurredAt", "workspace", "sku", "quantity", "credits", "metadata.route", "latencyMs",
)  # fmt: skip


class Request(NamedTuple):
    """One line of the log, and what it costs."""

    cells: tuple[object, ...]
    workspace: str
    sku: str
    micros: int


def prices(seed: int) -> dict[str, int]:
    """Micro-credits per SKU, some of them fine: down to a single micro-credit."""
    dice = random.Random(seed)
    skus = [f"{country}-{kind}" for kind in KINDS for country in COUNTRIES][:SKUS]
    return {sku: dice.choice((1, 33_333, 125_000, 500_000, 1_250_000)) for sku in skus}


def requests(seed: int, lines: int, days: int, end: datetime) -> Iterator[Request]:
    """The log, oldest first."""
    dice = random.Random(seed)
    listed = prices(seed)
    skus, names = list(listed), ["default", *(f"client-{n:02}" for n in range(1, WORKSPACES))]
    # A few clients make most of the requests, as everywhere.
    weights = [1 / (place + 1) for place in range(WORKSPACES)]
    step = timedelta(days=days) / lines
    at = end - timedelta(days=days)
    for number in range(lines):
        at += step
        sku, workspace = dice.choice(skus), dice.choices(names, weights)[0]
        quantity = 1 if dice.random() < 0.8 else dice.randint(2, 40)
        own = dice.randrange(3 * CREDIT) if dice.random() < 0.05 else None
        cells = (
            f"req-{seed}-{number:07}",
            at.astimezone(dice.choice(ZONES)).isoformat(),
            "" if workspace == "default" else workspace,
            sku,
            "" if quantity == 1 else quantity,
            "" if own is None else f"{Decimal(own) / CREDIT:f}",
            f"/v2/{sku}",
            dice.randint(20, 4_000),
        )
        micros = listed[sku] * quantity if own is None else own
        yield Request(cells, workspace, sku, micros)


def write(folder: Path, seed: int, lines: int, days: int, end: datetime) -> dict[str, int]:
    """Write the three files; the number of lines and micro-credits in all."""
    folder.mkdir(parents=True, exist_ok=True)
    count: Counter[tuple[str, str]] = Counter()
    micros: Counter[tuple[str, str]] = Counter()
    with (folder / "usage.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADINGS)
        for request in requests(seed, lines, days, end):
            writer.writerow(request.cells)
            count[request.workspace, request.sku] += 1
            micros[request.workspace, request.sku] += request.micros
    listed = [
        {"sku": sku, "credits": float(Decimal(price) / CREDIT)}
        for sku, price in prices(seed).items()
    ]
    (folder / "prices.json").write_text(json.dumps({"prices": listed}, indent=2) + "\n", "utf-8")
    totals = [
        {"workspace": place[0], "sku": place[1], "count": count[place], "micros": micros[place]}
        for place in sorted(count)
    ]
    whole = {"lines": lines, "micros": micros.total()}
    text = json.dumps({**whole, "totals": totals}, indent=1)
    (folder / "totals.json").write_text(text + "\n", "utf-8")
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    parser.add_argument("--end", type=datetime.fromisoformat, default=today, help="with offset")
    wanted = parser.parse_args()
    whole = write(wanted.folder, wanted.seed, wanted.lines, wanted.days, wanted.end)
    print(f"{whole['lines']:,} lines, {Decimal(whole['micros']) / CREDIT} credits")


if __name__ == "__main__":
    main()
