"""From `prepaid serve` on an existing SQLite file to its first answer, and its memory when idle.

python -m benchmarks.start [ROUNDS]
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import databases, figures
from benchmarks.charge_pgbench import serving

START_S = 1.5
MEMORY_MIB = 120
IDLE_S = 3.0


def resident_mib(pid: int) -> float:
    """Memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    (kibibytes,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return int(kibibytes) / 1024


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    starts, memory = [], []
    with databases.database("sqlite") as url, tempfile.TemporaryDirectory() as folder:
        # As after an installation: the byte code is there.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        for number in range(-1, rounds):
            begun = time.perf_counter()
            with serving(url, 1) as (_port, pid):
                took = time.perf_counter() - begun
                if number >= 0:
                    time.sleep(IDLE_S)
                    starts.append(took)
                    memory.append(resident_mib(pid))
    start, most = statistics.median(starts), max(memory)
    name = "start of `serve` to its first answer"
    figures.tell(name, f"{start:.2f} s", f"<= {START_S} s", is_met=start <= START_S)
    name = "resident memory, idle"
    figures.tell(name, f"{most:.0f} MiB", f"<= {MEMORY_MIB} MiB", is_met=most <= MEMORY_MIB)


if __name__ == "__main__":
    main()
