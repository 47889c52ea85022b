"""One account kept in plain dictionaries, and random histories for it. Knows no database.

What a store does around the rule book, as short as it can be said: expire what is due at its own
time, move the windows to now, apply the commands, keep what has changed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from prepaid.domain import evaluation, handling, metering, windows
from prepaid.domain.accounts import Account, Directory, Tag, Workspace
from prepaid.domain.alarms import Alarm
from prepaid.domain.amounts import AMOUNT_MAX, CREDIT
from prepaid.domain.book import Book, Outcome, Stored
from prepaid.domain.charges import Charge
from prepaid.domain.commands import Command, Credit, Refund, Release, Reserve, Settle, Sweep
from prepaid.domain.entries import CHAIN_START, Entry
from prepaid.domain.ids import Seq
from prepaid.domain.instants import DAY, MINUTE, SECOND, Instant, Span
from prepaid.domain.refusals import Refusal
from prepaid.domain.usage import Cell
from prepaid.domain.windows import GLOBAL, Window

START: Instant = 20_000 * DAY
PRICES = {"report": 2 * CREDIT, "page": CREDIT // 100, "free": 0}
SPACES = ("default", "acme")

Result = Outcome | Refusal
Make = Callable[[int, Seq, Instant], Command]  # from the account, a charge of its, and the time


@dataclass(frozen=True)
class Batch:
    """Commands of one time, `gap` after the last batch; each names its charge by a place."""

    gap: Span
    commands: tuple[tuple[int, Make], ...]


class Shelf:
    """Everything that is kept of one account between batches."""

    def __init__(self, account: int, floor: int | None = None) -> None:
        self.account = Account(
            account, 1, False, floor, 0, 0, START, 0, CHAIN_START, None, Alarm(), False
        )
        self.directory = Directory(1, 1)
        self.directory.prices = dict(PRICES) | {"unlisted": None}
        self.directory.by_name["nowhere"] = None
        for number, name in enumerate(SPACES, 1):
            space = Workspace(number, name, name.title(), 1, False, None)
            self.directory.by_name[name] = self.directory.by_number[number] = space
            self.directory.tags[number, 1] = Tag(number, name, space.legal_name)
        self.charges: dict[Seq, Charge] = {}
        self.windows: dict[int, Window] = {}
        self.keys: dict[tuple[Any, str], Stored] = {}
        self.entries: list[Entry] = []
        self.spend: Counter[tuple[int, Instant]] = Counter()
        self.cells: Counter[Cell] = Counter()
        self.counts: Counter[Cell] = Counter()

    def concrete(self, batch: Batch, now: Instant) -> list[Command]:
        """The commands with the charges that exist before them; place -1 is one that does not."""
        known = sorted(self.charges) or [1]
        seqs = [10**6 if place < 0 else known[place % len(known)] for place, _ in batch.commands]
        return [
            make(self.account.id, seq, now)
            for seq, (_, make) in zip(seqs, batch.commands, strict=True)
        ]

    def apply(self, now: Instant, commands: Iterable[Command]) -> list[Result]:
        """One batch. A refusal is checked to have changed nothing at all."""
        book = Book(self.account, self.directory)
        book.charges, book.windows, book.keys = self.charges, self.windows, self.keys
        for held in self._due(now):
            assert held.expires_at is not None
            self._move(book, max(held.expires_at, self.account.at))
            metering.expire(book, held)
        self._move(book, max(now, self.account.at))
        results = [self._result(book, command) for command in commands]
        self._keep(book)
        return results

    def _due(self, now: Instant) -> list[Charge]:
        held = [charge for charge in self.charges.values() if charge.status == "held"]
        due = [charge for charge in held if (charge.expires_at or 0) <= now]
        return sorted(due, key=lambda charge: (charge.expires_at or 0, charge.seq))

    def _move(self, book: Book, now: Instant) -> None:
        book.tick(now)
        for scope in range(len(SPACES) + 1):
            period = self.directory.watch(scope).period
            opened = windows.opened(self.account.id, scope, period, now)
            window = self.windows.setdefault(scope, opened)
            part = windows.passed(window, window.tail, now - period)
            between = 0
            if part is not None:
                rows = ((at, n) for (place, at), n in self.spend.items() if place == scope)
                between = sum(n for at, n in rows if part.after < at <= part.until)
            evaluation.advance(book, scope, part, between)

    def _result(self, book: Book, command: Command) -> Result:
        before = _everything(book)
        try:
            return handling.apply(book, command)
        except Refusal as refusal:
            assert _everything(book) == before, command
            return refusal

    def _keep(self, book: Book) -> None:
        self.entries += book.new_entries
        self.spend.update(book.spend)
        for cell, (count, amount) in book.totals.sums().items():
            self.counts[cell] += count
            self.cells[cell] += amount

    @property
    def spent(self) -> int:
        """What the window of the whole account says."""
        return self.windows[GLOBAL].sum


def _everything(value: object) -> object:
    """All that a command could change in a book, copied as deep as it goes."""
    if isinstance(value, Mapping):
        return {key: _everything(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_everything(item) for item in value]
    if isinstance(value, Struct):
        return [_everything(getattr(value, name)) for name in value.__struct_fields__]
    if isinstance(value, set):
        return frozenset(value)
    return _everything(vars(value)) if hasattr(value, "__dict__") else value


keys = st.sampled_from((None, None, None, "k1", "k2", "k3"))
amounts = st.sampled_from((0, 1, CREDIT // 100, CREDIT, 3 * CREDIT, 50 * CREDIT, AMOUNT_MAX))
maybe_amounts = st.none() | amounts
ages = st.sampled_from((0, SECOND, 20 * MINUTE, DAY, 30 * DAY, 31 * DAY, 400 * DAY, 401 * DAY, -1))


@st.composite
def reserves(draw: st.DrawFn) -> Make:
    fields: dict[str, Any] = {
        "key": draw(keys),
        "workspace": draw(st.sampled_from((*SPACES, None, "nowhere"))),
        "sku": draw(st.sampled_from((*PRICES, "unlisted"))),
        "quantity": draw(st.sampled_from((1, 2, 10**6))),
        "credits": draw(maybe_amounts),
        "settle": draw(st.booleans()),
        "ttl": draw(st.sampled_from((SECOND, 15 * MINUTE, DAY))),
    }
    age = draw(st.none() | ages)
    if age is None:
        return lambda account, _seq, _now: Reserve(account=account, **fields)
    fields["settle"] = True
    return lambda account, _seq, now: Reserve(account=account, occurred_at=now - age, **fields)


@st.composite
def endings(draw: st.DrawFn) -> Make:
    verb, key, amount = draw(st.sampled_from("ssrf")), draw(keys), draw(maybe_amounts)
    quantity = None if amount is not None else draw(st.sampled_from((None, None, 1, 3)))

    def make(account: int, seq: Seq, _now: Instant) -> Command:
        if verb == "s":
            return Settle(account=account, charge=seq, key=key, credits=amount, quantity=quantity)
        if verb == "r":
            return Release(account=account, charge=seq, key=key)
        return Refund(account=account, charge=seq, key=key, credits=amount)

    return make


@st.composite
def others(draw: st.DrawFn) -> Make:
    amount = draw(st.sampled_from((0, 1, -1, 10 * CREDIT, 1_000 * CREDIT, -5 * CREDIT)))
    key = draw(keys)
    if draw(st.integers(0, 3)) == 0:
        return lambda account, _seq, _now: Sweep(account=account)
    return lambda account, _seq, _now: Credit(account=account, key=key, amount=amount, reason="é\n")


gaps = st.sampled_from((1, SECOND, 14 * MINUTE, 15 * MINUTE, DAY, 29 * DAY, 35 * DAY, 36 * DAY))
makes = st.one_of(reserves(), reserves(), endings(), endings(), others())
batches = st.builds(
    Batch, gaps, st.lists(st.tuples(st.integers(-1, 5), makes), min_size=1, max_size=6).map(tuple)
)
histories: st.SearchStrategy[Sequence[Batch]] = st.lists(batches, min_size=1, max_size=12)
