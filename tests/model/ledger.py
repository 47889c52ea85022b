"""Every charge and every balance change in two lists. Knows nothing of tiers, keys or names."""

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import Seq, WorkspaceNumber
from prepaid.domain.instants import Instant, Span
from prepaid.domain.refusals import Refusal
from tests.model.facts import GLOBAL, ModelCharge, ModelEntry

COUNTED = ("held", "settled")  # released and expired charges are no usage


class Ledger:
    """The account's money: what happened, and every figure summed afresh from that."""

    def __init__(self) -> None:
        self.charges: list[ModelCharge] = []
        self.entries: list[ModelEntry] = []

    @property
    def balance(self) -> Micros:
        """The sum of all entries, always."""
        return sum(entry.amount for entry in self.entries)

    def write(self, seq: Seq, kind: str, amount: Micros, charge: Seq | None) -> None:
        """Append a balance change; a change of zero is none."""
        if amount:
            self.entries.append(ModelEntry(seq, kind, amount, self.balance + amount, charge))

    def add(self, charge: ModelCharge) -> None:
        """Take a new charge's amount."""
        self.charges.append(charge)
        self.write(charge.seq, "hold", -charge.amount, charge.seq)

    def change(self, seq: Seq, kind: str, charge: ModelCharge, amount: Micros) -> None:
        """Give the charge a new amount, at its own time; the balance moves by the difference."""
        self.write(seq, kind, charge.amount - amount, charge.seq)
        charge.amount = amount

    def find(self, seq: Seq) -> ModelCharge:
        """The charge whose reserve had this number.

        Raises:
            Refusal: `404 not_found`.
        """
        for charge in self.charges:
            if charge.seq == seq:
                return charge
        raise Refusal("not_found", f"charge {seq} does not exist")

    def due(self, now: Instant) -> list[ModelCharge]:
        """Holds whose time is over, in expiry order."""
        holds = [
            (charge.expires_at, charge.seq, charge)
            for charge in self.charges
            if charge.status == "held"
            and charge.expires_at is not None
            and charge.expires_at <= now
        ]
        return [charge for _, _, charge in sorted(holds, key=lambda hold: hold[:2])]

    def spend(self, scope: WorkspaceNumber, period: Span, at: Instant) -> Micros:
        """Amounts of the scope's charges with `at - period < reserved_at <= at`."""
        return sum(
            charge.amount
            for charge in self.charges
            if at - period < charge.reserved_at <= at and scope in (GLOBAL, charge.workspace)
        )

    def usage(
        self, start: Instant, end: Instant
    ) -> dict[tuple[WorkspaceNumber, str], tuple[int, Micros]]:
        """Count and micro-credits per workspace and SKU of charges reserved in `[start, end)`.

        Workspace 0 is the account-wide bucket. A row without a counted charge is left out.
        """
        rows: dict[tuple[WorkspaceNumber, str], tuple[int, Micros]] = {}
        for charge in self.charges:
            if start <= charge.reserved_at < end and charge.status in COUNTED:
                row = (charge.workspace or 0, charge.sku)
                count, total = rows.get(row, (0, 0))
                rows[row] = (count + 1, total + charge.amount)
        return rows
