"""`make bench`: every benchmark in turn, each beside its own baseline, and one table at the end.

    python -m benchmarks [NAME ...]

One PostgreSQL serves all of them; see `databases`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import databases, figures

EACH = (
    "charge_http",
    "charge_pgbench",
    "ledger_alone",
    "window_cost",
    "batch_metering",
    "usage_report",
    "export",
    "deliveries",
    "delivery_history",
    "pages",
    "start",
    "proxy",
)
OF_ONE_DATABASE = ("proxy",)  # it is told which, and is run on each kind


def run(name: str, where: dict[str, str]) -> bool:
    """Run one; whether it failed."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    return subprocess.run(command, env=os.environ | where, check=False).returncode != 0


def main() -> int:
    """Run them; the number of those that failed."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder, databases.server() as url:
        told = Path(folder) / "figures"
        told.touch()
        os.environ[databases.SERVER] = url
        where = {figures.FILE: str(told), databases.SERVER: url}
        for name in sys.argv[1:] or EACH:
            print(f"\n== {name}", flush=True)
            if name not in OF_ONE_DATABASE:
                failed += run(name, where)
                continue
            for kind in databases.KINDS:
                with databases.empty(kind) as one:
                    failed += run(name, where | {databases.SERVER: one})
        print("\n" + figures.table(told))
    return failed


if __name__ == "__main__":
    sys.exit(main())
