"""How the figures of several processes become one, and what is left of a process that is killed."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.checks import ROOT
from tests.ops.counted import samples

Begin = Callable[[], "Member"]


class Member:
    """One of the processes."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.web.metrics_member", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.sums()  # it has begun

    def tell(self, **figures: float) -> None:
        """What it now reads."""
        self._ask(f"tell {json.dumps(figures)}")

    def answered(self, status: int) -> None:
        """It has answered a request."""
        self._ask(f"answered {status}")

    def sums(self) -> dict[str, float]:
        """What it tells when it is asked."""
        return samples(self._ask("text"))

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return str(json.loads(self._process.stdout.readline()))


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts processes that count in one folder."""
    begun: list[Member] = []

    def one_more() -> Member:
        begun.append(Member(tmp_path))
        return begun[-1]

    yield one_more
    for member in begun:
        member.kill()


def test_parts_are_added_and_what_all_see_alike_is_not(begin: Begin) -> None:
    """The oldest delivery of one database is as old for each who looks."""
    first, second = begin(), begin()
    first.tell(waiting=3, age=70, done=5, timeout=1)
    second.tell(waiting=4, age=68, done=6, timeout=2)
    for member in (first, second, second):
        member.answered(201)

    assert first.sums() == second.sums()
    assert first.sums() == {
        "prepaid_waiting": 7,
        "prepaid_age": 70,
        "prepaid_done_total": 11,
        'prepaid_failed_total{class="timeout"}': 3,
        'prepaid_http_requests_total{status="201"}': 3,
    }


def test_a_figure_is_copied_as_it_grows_and_never_twice(begin: Begin) -> None:
    member, other = begin(), begin()
    for done in (2, 2, 7):
        member.tell(done=done, timeout=done)
    member.tell(waiting=9)
    member.tell(waiting=1)

    assert other.sums()["prepaid_done_total"] == 7
    assert other.sums()['prepaid_failed_total{class="timeout"}'] == 7
    assert other.sums()["prepaid_waiting"] == 1


def test_what_waited_in_a_killed_process_waits_no_more_and_what_it_did_stays_done(
    begin: Begin,
) -> None:
    """Nobody has to notice its end: the next question finds that it is gone."""
    dead, left = begin(), begin()
    dead.tell(waiting=500, age=900, done=5, timeout=1)
    dead.answered(503)
    left.tell(waiting=1, age=2, done=1)
    before = left.sums()
    dead.kill()
    after = left.sums()

    assert (before["prepaid_waiting"], before["prepaid_age"]) == (501, 900)
    assert (after["prepaid_waiting"], after["prepaid_age"]) == (1, 2)
    assert after["prepaid_done_total"] == 6
    assert after['prepaid_http_requests_total{status="503"}'] == 1


def test_the_next_process_counts_on_where_the_last_one_was(begin: Begin, tmp_path: Path) -> None:
    """A service that crashes all day must not fill the disk with what it once counted."""
    stays = begin()
    files = 0
    for _ in range(3):
        member = begin()
        member.tell(waiting=8, done=4, timeout=1)
        member.answered(201)
        files = files or len(list(tmp_path.iterdir()))
        member.kill()
    last = begin()

    assert last.sums() == stays.sums()
    assert last.sums()["prepaid_done_total"] == 12
    assert last.sums()['prepaid_failed_total{class="timeout"}'] == 3
    assert last.sums()['prepaid_http_requests_total{status="201"}'] == 3
    assert last.sums()["prepaid_waiting"] == 0
    assert len(list(tmp_path.iterdir())) == files
