"""A process that counts together with others; run by `test_shared_metrics.py`, one line each.

`FOLDER`, then lines: `tell {figures}` copies them, `text` prints the sum of all as one JSON line.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from prepaid import settings
from prepaid.web.metrics import Reading
from prepaid.web.shared_metrics import Folder, SharedMetrics

FIGURES: dict[str, float] = {"waiting": 0, "age": 0, "done": 0, "timeout": 0}


def read() -> Iterable[Reading]:
    """The figures as they were last told."""
    yield "gauge", "prepaid_waiting", "Waiting", FIGURES["waiting"]
    yield "gauge_of_all", "prepaid_age", "Age", FIGURES["age"]
    yield "counter", "prepaid_done", "Done", FIGURES["done"]
    yield "counter", "prepaid_failed", "Failed, by class", {"timeout": FIGURES["timeout"]}


def main() -> None:
    """Do as the lines say."""
    folder = sys.argv[1]
    settings.hand_on("PROMETHEUS_MULTIPROC_DIR", folder)
    metrics = SharedMetrics(read, Folder(Path(folder)))
    for line in sys.stdin:
        word, _, rest = line.partition(" ")
        answer = ""
        if word == "tell":
            FIGURES.update(json.loads(rest))
            metrics.tell()
        elif word == "answered":
            metrics.answered(int(rest))
        else:
            answer = metrics.text().decode()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
