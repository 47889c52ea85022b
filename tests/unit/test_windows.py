"""The rolling window alone, against a sum taken afresh in continuous time."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain import windows
from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, Instant
from prepaid.domain.windows import PERIOD_MAX, PERIOD_MIN, ROWS_KEPT, Slice, Window, cut

START: Instant = 20_000 * DAY
SEEDS = 40
HISTORIES = 500  # per seed: 20 000 in all
STEPS = 12
PERIODS = (PERIOD_MIN, 7 * MINUTE, HOUR, 90 * MINUTE, DAY, PERIOD_MAX)
JUMPS = (1, SECOND, PERIOD_MIN - 1, PERIOD_MIN, HOUR, 3 * HOUR, DAY, 29 * DAY, PERIOD_MAX, 40 * DAY)


class Rows:
    """The rows of one scope and their hourly sums, as a store keeps them."""

    def __init__(self) -> None:
        self.at: Counter[Instant] = Counter()
        self.hours: Counter[int] = Counter()

    def add(self, at: Instant, amount: int) -> None:
        self.at[at] += amount
        self.hours[at // HOUR] += amount

    def total(self, span: Slice | None) -> int:
        """By the ladder."""
        micros = 0
        for part in cut(span) if span else ():
            if part.is_hours:
                micros += sum(v for k, v in self.hours.items() if part.after <= k < part.until)
            else:
                micros += sum(v for k, v in self.at.items() if part.after < k <= part.until)
        return micros

    def prune(self, now: Instant, tail: Instant) -> None:
        """Drop what is older than 31 days and behind the frontier."""
        for at in [at for at in self.at if at <= min(tail, now - ROWS_KEPT)]:
            self.hours[at // HOUR] -= self.at.pop(at)


class History:
    """A window and its rows through random steps; `spent` remembers everything for ever."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.now = START + dice.randrange(DAY)
        self.rows = Rows()
        self.spent: list[tuple[Instant, int]] = []
        self.window = windows.opened(1, 0, dice.choice(PERIODS), self.now)

    def live(self) -> None:
        for _ in range(STEPS):
            self.now += self.dice.choice(JUMPS)
            self._move(self.window.period)
            self.check()
            step = self.dice.choice((self.charge, self.charge, self.undo, self.past, self.change))
            step()
            self.check()
            if self.dice.random() < 0.3:
                self.rows.prune(self.now, self.window.tail)

    def check(self) -> None:
        low = self.now - self.window.period
        assert self.window.sum == sum(v for at, v in self.spent if low < at <= self.now)

    def charge(self) -> None:
        self._count(self.now, self.dice.randint(1, 9))

    def undo(self) -> None:
        """Part of a charge comes back, or it becomes dearer, at the charge's own time."""
        if self.spent:
            at, amount = self.dice.choice(self.spent)
            self._count(at, self.dice.randint(-amount if amount > 0 else 0, 3))

    def past(self) -> None:
        """An import; at the edges of the window more often than chance would have it."""
        edge = self.now - self.window.period
        times = (edge - 1, edge, edge + 1, self.now - self.dice.randrange(ROWS_KEPT + DAY))
        self._count(self.dice.choice(times), self.dice.randint(1, 9))

    def change(self) -> None:
        """Another period, forwards or back."""
        self._move(self.dice.choice(PERIODS))

    def _move(self, period: int) -> None:
        span = windows.passed(self.window, self.window.tail, self.now - period)
        windows.move(self.window, self.now, period, self.rows.total(span))

    def _count(self, at: Instant, amount: int) -> None:
        """As the book does: what is older than 31 days leaves no row."""
        self.spent.append((at, amount))
        if at > self.now - ROWS_KEPT:
            self.rows.add(at, amount)
            windows.add(self.window, at, amount)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_window_is_the_sum_in_continuous_time(seed: int) -> None:
    """Through charges, corrections, imports, other periods, idle months and pruning."""
    for number in range(HISTORIES):
        name = f"{seed}:{number}"
        history = History(random.Random(name))
        try:
            history.live()
        except AssertionError as error:
            error.add_note(f"history {name}")
            raise


instants = st.integers(START, START + 40 * DAY)


@given(instants, instants, st.lists(instants, max_size=30))
def test_the_pieces_of_a_slice_hold_each_row_once(a: int, b: int, times: list[int]) -> None:
    low, high = sorted((a, b))
    times += [low, low + 1, high, high + 1]
    pieces = cut(Slice(1, 0, low, high))
    for at in times:
        held = [
            part.after <= at // HOUR < part.until
            if part.is_hours
            else part.after < at <= part.until
            for part in pieces
        ]
        assert sum(held) == (low < at <= high)


@given(instants, instants)
def test_a_slice_reads_less_than_two_hours_of_single_rows(a: int, b: int) -> None:
    """However long it is: the rest are whole hours, at most 24 a day."""
    low, high = sorted((a, b))
    pieces = cut(Slice(1, 0, low, high))

    assert sum(part.until - part.after for part in pieces if not part.is_hours) < 2 * HOUR
    assert len(pieces) in (1, 3)


def test_a_row_leaves_exactly_when_it_is_one_period_old() -> None:
    window = windows.opened(1, 0, HOUR, START)
    windows.add(window, START, 5)
    span = windows.passed(window, window.tail, START - 1)
    assert span is not None
    windows.move(window, START + HOUR - 1, HOUR, 0)
    assert window.sum == 5

    assert windows.passed(window, window.tail, START) is None
    windows.move(window, START + HOUR, HOUR, 0)
    assert window.sum == 0


def test_nothing_is_asked_of_the_store_when_every_row_is_out_or_nothing_moved() -> None:
    window = Window(1, 0, HOUR, 7, START - HOUR, START, windows.opened(1, 0, 1, 1).alarm)

    assert windows.passed(window, window.tail, window.tail) is None
    assert windows.passed(window, window.tail, START) is None
    assert windows.passed(window, window.tail, START - 1) == Slice(1, 0, START - HOUR, START - 1)


def test_a_correction_behind_the_frontier_changes_nothing() -> None:
    window = windows.opened(1, 0, HOUR, START)
    windows.add(window, START - HOUR, 5)
    assert window.sum == 0

    windows.add(window, START - HOUR + 1, 5)
    assert window.sum == 5
