"""`make bench`: every benchmark in turn, each beside its own baseline in the same run."""

import subprocess
import sys

EACH = ("ledger_alone", "charge_http", "window_cost", "proxy", "deliveries")


def main() -> int:
    """Run them; the number of those that failed."""
    failed = 0
    for name in EACH:
        print(f"\n== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)
        failed += done.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
