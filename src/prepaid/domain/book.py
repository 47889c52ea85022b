"""One account opened under its lock: its state, and what the commands of a batch have changed."""

from msgspec import Struct

from prepaid.domain import usage, windows
from prepaid.domain.accounts import Account, Directory, Tag
from prepaid.domain.amounts import Micros
from prepaid.domain.charges import Charge
from prepaid.domain.commands import Route
from prepaid.domain.entries import Entry, Kind, chain
from prepaid.domain.freeing import Ladder
from prepaid.domain.ids import ACCOUNT_WIDE, Seq
from prepaid.domain.instants import Instant
from prepaid.domain.notifications import Notification
from prepaid.domain.proxied import Shelf
from prepaid.domain.refusals import not_found
from prepaid.domain.topups.state import TopupState
from prepaid.domain.topups.topup import Attempt
from prepaid.domain.windows import Window


class Outcome(Struct, frozen=True):
    """What a command did. The door renders its answer from this, and repeats it from this."""

    seq: Seq
    balance: Micros  # of the account after it
    charge: Charge | None = None
    tag: Tag | None = None
    entry: Entry | None = None
    replayed: bool = False
    topup: Attempt | None = None


class Stored(Struct, frozen=True):
    """An idempotency key in use: what was asked, and how to answer it again."""

    request: bytes
    seq: Seq
    at: Instant
    outcome: bytes | None  # None: rebuilt from the charge `seq`


class Book:
    """State of one account within one batch. Commands change it; the store writes the changes."""

    def __init__(self, account: Account, directory: Directory) -> None:
        self.account = account
        self.directory = directory
        self.now = account.at
        self.charges: dict[Seq, Charge] = {}
        self.windows: dict[int, Window] = {}
        self.ladders: dict[int, Ladder] = {}  # by scope, for refusals by a spend limit
        self.keys: dict[tuple[Route, str], Stored] = {}

        self.new_entries: list[Entry] = []
        self.new_charges: set[Seq] = set()
        self.changed_charges: set[Seq] = set()
        self.new_keys: dict[tuple[Route, str], Stored] = {}
        self.spend: dict[tuple[int, Instant], Micros] = {}
        self.totals = usage.Totals(account.id)
        self.notifications: list[Notification] = []
        self.topup: TopupState | None = None  # while top-ups cannot matter
        self.shelf = Shelf()
        self.wall: Instant = 0  # the real clock, without a sandbox's offset; for leases
        self._seq_before = account.seq
        self._due_before = account.holds_due

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be written."""
        account = self.account
        if self.shelf.is_changed or self.new_keys:
            return True
        if self.topup is not None and self.topup.is_changed:
            return True
        return account.seq != self._seq_before or account.holds_due != self._due_before

    def tick(self, now: Instant) -> None:
        """Let the account's time go on; it never goes back."""
        assert now >= self.account.at, "time of an account only goes on"
        self.now = self.account.at = now

    def next_seq(self) -> Seq:
        """The sequence number of the next change."""
        self.account.seq += 1
        return self.account.seq

    def charge(self, seq: Seq) -> Charge:
        """A charge of this account.

        Raises:
            Refusal: `404 not_found`.
        """
        found = self.charges.get(seq)
        if found is None:
            raise not_found("the charge")
        return found

    def tag(self, charge: Charge) -> Tag | None:
        """What answers say of the charge's workspace; None for the account-wide bucket."""
        if charge.workspace == ACCOUNT_WIDE:
            return None
        return self.directory.tags[charge.workspace, charge.version]

    def post(
        self,
        seq: Seq,
        kind: Kind,
        amount: Micros,
        charge: Seq | None = None,
        note: str | None = None,
    ) -> Entry | None:
        """Change the balance by a ledger entry; an amount of 0 leaves no line."""
        if amount == 0:
            return None
        account = self.account
        account.balance += amount
        entry = chain(
            account.chain,
            account=account.id,
            seq=seq,
            at=self.now,
            kind=kind,
            amount=amount,
            balance=account.balance,
            charge=charge,
            note=note,
        )
        account.chain = entry.hash
        self.new_entries.append(entry)
        return entry

    def add_charge(self, charge: Charge) -> None:
        """Keep a new charge."""
        self.charges[charge.seq] = charge
        self.new_charges.add(charge.seq)

    def change_charge(self, charge: Charge) -> None:
        """Keep the new state of a charge."""
        self.charges[charge.seq] = charge
        if charge.seq not in self.new_charges:
            self.changed_charges.add(charge.seq)

    def count(self, charge: Charge, requests: int, amount: Micros) -> None:
        """Count a change of usage at the charge's own time: in reports and in spend windows."""
        at = charge.reserved_at
        self.totals.add(at, charge.workspace, charge.sku, requests, amount)
        if amount == 0 or at <= self.now - windows.ROWS_KEPT:
            return
        for scope in self.directory.scopes(charge.workspace):
            windows.add(self.windows[scope], at, amount)
            self.spend[scope, at] = self.spend.get((scope, at), 0) + amount
