"""The account as a command meets it: its money, its place in time, and what its names mean."""

from msgspec import Struct

from prepaid.domain import alerting
from prepaid.domain.alarms import Alarm
from prepaid.domain.alerting import Config, Override, Watch
from prepaid.domain.amounts import Micros
from prepaid.domain.ids import ACCOUNT_WIDE, AccountId, Seq, WorkspaceNumber, parse_owned
from prepaid.domain.instants import Instant, Span
from prepaid.domain.limits import Limit
from prepaid.domain.refusals import Refusal, invalid
from prepaid.domain.topups.state import Terms
from prepaid.domain.windows import GLOBAL


class Account(Struct):
    """The account's row, under its lock. Changed in place by the commands of one batch."""

    id: AccountId
    epoch: int  # raised by every change of keys, workspaces, own prices, rules and closing
    closed: bool
    floor: Micros | None  # minimum balance; None: the balance must be above zero
    clock_offset: Span  # of a sandbox account's test clock
    seq: Seq  # of the last change
    at: Instant  # time of the last batch
    balance: Micros
    chain: bytes  # hash of the last ledger entry
    holds_due: Instant | None  # no open hold expires before this
    alarm: Alarm  # of the low-balance tiers
    topup_on: bool  # auto top-up is switched on
    topup: bytes | None = None  # packed `Standing`; None before the first attempt


class Workspace(Struct, frozen=True):
    """A sub-account. `version` numbers its legal names, so that old answers can be repeated."""

    number: WorkspaceNumber
    name: str
    legal_name: str
    version: int
    archived: bool
    override: Override | None
    limit: Limit | None = None


class Tag(Struct, frozen=True):
    """What an answer says of the workspace a charge was tagged with."""

    number: WorkspaceNumber
    name: str
    legal_name: str


class Directory:
    """What names mean in one account at one epoch. Filled by the store, under the lock."""

    def __init__(self, epoch: int, price_epoch: int) -> None:
        self.epoch = epoch
        self.price_epoch = price_epoch
        self.config = Config()
        self.terms: Terms | None = None  # of top-ups; None until they matter
        self.by_name: dict[str, Workspace | None] = {}  # active ones; None: there is none
        self.by_number: dict[WorkspaceNumber, Workspace] = {}
        self.tags: dict[tuple[WorkspaceNumber, int], Tag] = {}  # by legal-name version
        self.prices: dict[str, Micros | None] = {}  # None: the SKU has no price
        self.keys: dict[int, str] = {}  # key number → its scope; revoked ones have none
        self._watches: dict[int, Watch] = {}

    @property
    def low_balance(self) -> Watch:
        """The rules for the balance."""
        watch = self._watches.get(-1)
        if watch is None:
            watch = self._watches[-1] = alerting.low_balance(self.config)
        return watch

    def watch(self, scope: int) -> Watch:
        """The rules for the spend of a scope: the account (0) or a workspace."""
        found = self._watches.get(scope)
        if found is None:
            found = self._watches[scope] = self._resolve(scope)
        return found

    def limit(self, scope: int) -> Limit | None:
        """The spend limit of a scope; only workspaces have one."""
        return None if scope == GLOBAL else self.by_number[scope].limit

    def scopes(self, workspace: WorkspaceNumber) -> tuple[int, ...]:
        """The scopes a charge counts in: archived ones and the account-wide bucket have none."""
        if workspace == ACCOUNT_WIDE or self.by_number[workspace].archived:
            return (GLOBAL,)
        return (GLOBAL, workspace)

    def _resolve(self, scope: int) -> Watch:
        if scope == GLOBAL:
            return alerting.global_pass(self.config)
        return alerting.workspace_pass(self.config, self.by_number[scope].override)


def unknown_workspace(name: str) -> Refusal:
    """`400 workspace_not_found`. Requests name a workspace by its name, never by its id."""
    message = f"this account has no workspace named {name!r}; "
    by_id = "workspaces are tagged by name, not by id"
    message += "create it first" if parse_owned("ws", name) is None else by_id
    return Refusal("workspace_not_found", message, invalid("workspace", "is unknown").details)
