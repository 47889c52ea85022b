"""Each house rule can fail, and fails only where it should."""

from pathlib import Path

import pytest

from tests.house import checks

OPENING = '"""Owns an example."""\n'
LOOSE_END = "TO" + "DO"


def function_of(lines: int) -> str:
    return "def long() -> None:\n" + "    print()\n" * (lines - 1)


BROKEN = [
    (checks.long_module, "tests/a.py", "x = 1\n" * 251),
    (checks.long_function, "tests/a.py", function_of(51)),
    (checks.long_function, "benchmarks/a.py", "async " + function_of(51)),
    (checks.long_function, "src/prepaid/a.py", "class A:\n  " + function_of(51)),
    (checks.long_line, "tests/a.py", "#" * 101),
    (checks.left_open, "src/prepaid/a.py", f"x = 1  # {LOOSE_END}: two\n"),
    (checks.left_open, "src/prepaid/a.py", "x = 1  # FIX" + "ME\n"),
    (checks.left_open, "src/prepaid/a.py", f"x = 1  # {'X' * 3}\n"),
    (checks.no_opening, "src/prepaid/a.py", "# Owns nothing.\nx = 1\n"),
    (checks.no_opening, "src/prepaid/web/__init__.py", ""),
    (checks.foreign_in_domain, "src/prepaid/domain/a.py", "import sqlalchemy as sa\n"),
    (checks.foreign_in_domain, "src/prepaid/domain/a.py", "from time import monotonic\n"),
    (checks.foreign_in_domain, "src/prepaid/domain/a.py", "import os.path\n"),
    (checks.foreign_in_domain, "src/prepaid/domain/a.py", "def f():\n    import random\n"),
    (checks.impure_in_domain, "src/prepaid/domain/a.py", "now = datetime.now(UTC)\n"),
    (checks.impure_in_domain, "src/prepaid/domain/a.py", "now = datetime.datetime.now()\n"),
    (checks.impure_in_domain, "src/prepaid/domain/a.py", "print(1)\n"),
    (checks.environment_read, "src/prepaid/web/a.py", "import os\nos.environ['A']\n"),
    (checks.environment_read, "src/prepaid/__main__.py", "import os\nos.getenv('A')\n"),
    (checks.environment_read, "src/prepaid/web/a.py", "from os import environ\n"),
]

KEPT = [
    (checks.long_module, "tests/a.py", "x = 1\n" * 250),
    (checks.long_function, "tests/a.py", function_of(50)),
    (checks.long_line, "tests/a.py", "é" * 100),
    (checks.left_open, "tests/a.py", f"x = 1  # {LOOSE_END}: tests may hold the word\n"),
    (checks.left_open, "src/prepaid/a.py", f"x = '{LOOSE_END}S'\n"),
    (checks.no_opening, "tests/a.py", "x = 1\n"),
    (checks.no_opening, "src/prepaid/a.py", OPENING),
    (checks.foreign_in_domain, "src/prepaid/domain/a.py", "import msgspec, datetime, bisect\n"),
    (checks.foreign_in_domain, "src/prepaid/domain/a.py", "from prepaid.domain import amounts\n"),
    (checks.foreign_in_domain, "src/prepaid/store/a.py", "import sqlalchemy, time\n"),
    (checks.impure_in_domain, "src/prepaid/domain/a.py", "datetime.fromtimestamp(1, UTC)\n"),
    (checks.impure_in_domain, "src/prepaid/web/a.py", "now = datetime.now(UTC)\n"),
    (checks.environment_read, "src/prepaid/settings.py", "import os\nos.environ['A']\n"),
    (checks.environment_read, "src/prepaid/store/a.py", "import os\nos.fsync(1)\n"),
]


@pytest.mark.parametrize(("check", "path", "text"), BROKEN)
def test_a_broken_rule_is_one_offence_at_its_place(
    check: checks.Check, path: str, text: str
) -> None:
    offences = list(check(checks.Module(path, text)))

    assert len(offences) == 1
    assert offences[0].startswith(f"{path}:")


@pytest.mark.parametrize(("check", "path", "text"), KEPT)
def test_a_rule_that_is_kept_is_silent(check: checks.Check, path: str, text: str) -> None:
    assert not list(check(checks.Module(path, text)))


def test_every_rule_is_tried_both_ways() -> None:
    assert {check for check, _, _ in BROKEN} == set(checks.CHECKS)
    assert {check for check, _, _ in KEPT} == set(checks.CHECKS)


def test_every_folder_is_read(tmp_path: Path) -> None:
    for folder in checks.FOLDERS:
        inner = tmp_path / folder / "inner"
        inner.mkdir(parents=True)
        (inner / "a.py").write_text(OPENING, "utf-8")

    found = [module.path for module in checks.modules(tmp_path)]

    assert found == ["benchmarks/inner/a.py", "src/inner/a.py", "tests/inner/a.py"]
