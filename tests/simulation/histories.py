"""Random histories of one account: small amounts, near thresholds, at awkward moments."""

from dataclasses import dataclass

from hypothesis import strategies as st

from prepaid.domain.alarms import Tier
from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, Span

WORKSPACES = ("default", "acme", "globex")


@dataclass(frozen=True)
class Charge:
    workspace: str | None
    cents: int
    settle: bool
    ttl: Span
    key: str | None


@dataclass(frozen=True)
class Import:
    workspace: str | None
    cents: int
    ago: Span


@dataclass(frozen=True)
class Undo:
    """Settle, release or refund the n-th charge, counted from the newest."""

    verb: str
    which: int
    cents: int | None


@dataclass(frozen=True)
class Credit:
    cents: int


@dataclass(frozen=True)
class Batch:
    """Commands that share one transaction, and so one time."""

    commands: tuple[Charge | Import | Undo | Credit, ...]


@dataclass(frozen=True)
class Tick:
    by: Span


@dataclass(frozen=True)
class Boundary:
    """Go to the very microsecond at which the n-th charge leaves a window."""

    which: int
    minutes: int
    off: int


@dataclass(frozen=True)
class Configure:
    changes: dict[str, object]


@dataclass(frozen=True)
class Override:
    workspace: str
    changes: dict[str, object] | None


@dataclass(frozen=True)
class Archive:
    workspace: str


@dataclass(frozen=True)
class Create:
    workspace: str


Step = Batch | Tick | Boundary | Configure | Override | Archive | Create

names = st.sampled_from((*WORKSPACES, "default", None))
cents = st.integers(0, 45)
periods = st.sampled_from((5, 7, 60, 90, 43_200))
which = st.integers(0, 6)
tiers = st.dictionaries(
    st.sampled_from(("warning", "critical", "depleted")),
    st.sampled_from((0, 10, 20, 30, 50, 80)),
    min_size=1,
    max_size=3,
).map(lambda found: tuple(Tier(name, value) for name, value in found.items()))

charges = st.builds(
    Charge,
    names,
    cents,
    st.booleans(),
    st.sampled_from((MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 24 * HOUR)),
    st.sampled_from((None, None, None, "k1", "k2")),
)
spans = st.sampled_from(
    (0, SECOND, 4 * MINUTE, 5 * MINUTE, HOUR, DAY, 30 * DAY, 31 * DAY, 90 * DAY)
)
imports = st.builds(Import, names, cents, spans)
undos = st.builds(
    Undo,
    st.sampled_from(("settle", "settle", "release", "release", "refund")),
    which,
    st.one_of(st.none(), cents),
)
credits = st.builds(Credit, st.sampled_from((-20, -5, 10, 30, 60, 200)))
commands = st.one_of(charges, charges, charges, undos, undos, credits, imports)
batches = st.builds(Batch, st.lists(commands, min_size=1, max_size=5).map(tuple))

ticks = st.builds(
    Tick,
    st.sampled_from([1, SECOND, *(n * MINUTE for n in (1, 4, 5, 15, 31, 59, 60, 61, 180))])
    | st.sampled_from([DAY, 29 * DAY, 36 * DAY]),
)
boundaries = st.builds(Boundary, which, periods, st.integers(-1, 1))
switches = (
    "low_balance_enabled",
    "global_high_usage_enabled",
    "high_usage_enabled",
    "low_balance_email_enabled",
    "global_high_usage_webhook_enabled",
)
account_changes = st.fixed_dictionaries(
    {},
    optional={name: st.booleans() for name in switches}
    | {
        "low_balance_tiers": tiers,
        "global_high_usage_tiers": tiers,
        "high_usage_tiers": tiers,
        "global_high_usage_period_minutes": periods,
        "high_usage_period_minutes": periods,
    },
).filter(bool)
override_changes = st.fixed_dictionaries(
    {},
    optional={
        "high_usage_enabled": st.one_of(st.none(), st.booleans()),
        "high_usage_tiers": st.one_of(st.none(), tiers),
        "high_usage_period_minutes": st.one_of(st.none(), periods),
    },
).filter(bool)
named = st.sampled_from(WORKSPACES)
steps = st.one_of(
    batches,
    batches,
    batches,
    batches,
    ticks,
    ticks,
    boundaries,
    st.builds(Configure, account_changes),
    st.builds(Override, named, st.one_of(override_changes, st.none())),
    st.builds(Archive, st.sampled_from(WORKSPACES[1:])),
    st.builds(Create, st.sampled_from(WORKSPACES[1:])),
)
histories = st.lists(steps, min_size=4, max_size=30)
