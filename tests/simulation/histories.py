"""Random histories of one account: small amounts, near thresholds, at awkward moments."""

from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

from prepaid.domain.alarms import Tier
from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, Span

T = TypeVar("T")

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
class NextMonth:
    """Go to the first microsecond of the next month, or one beside it."""

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


@dataclass(frozen=True)
class Limit:
    """A spend limit of so many cents, within minutes or (None) the calendar month; or none."""

    workspace: str
    limit: tuple[int, int | None] | None


Step = Batch | Tick | Boundary | NextMonth | Configure | Override | Archive | Create | Limit


def weighted(*choices: tuple[int, st.SearchStrategy[T]]) -> st.SearchStrategy[T]:
    """One of some strategies, each so often; `one_of` takes the same one twice for one."""
    pool = [strategy for times, strategy in choices for _ in range(times)]
    return st.sampled_from(pool).flatmap(lambda strategy: strategy)


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
commands = weighted((3, charges), (2, undos), (1, credits), (1, imports))
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
limits = st.tuples(
    st.sampled_from((0, 10, 20, 30, 50, 80)), st.sampled_from((None, None, 5, 7, 60, 90, 43_200))
)
steps: st.SearchStrategy[Step] = weighted(
    (6, batches),
    (2, ticks),
    (1, boundaries),
    (1, st.builds(NextMonth, st.integers(-1, 1))),
    (1, st.builds(Configure, account_changes)),
    (1, st.builds(Override, named, st.one_of(override_changes, st.none()))),
    (1, st.builds(Limit, named, st.one_of(limits, st.none()))),
    (1, st.builds(Archive, st.sampled_from(WORKSPACES[1:]))),
    (1, st.builds(Create, st.sampled_from(WORKSPACES[1:]))),
)
histories = st.lists(steps, min_size=4, max_size=30)

# Much credit and tight limits from the start, so that it is they that refuse.
rich = Batch((Credit(10_000),))
tight = st.tuples(st.sampled_from((10, 20, 30)), st.sampled_from((None, 5, 7, 60, 90, 1_440)))
limited_names = st.sampled_from(("default", "acme", "acme", None))
small = st.sampled_from((0, 1, 2, 5, 9, 10, 11, 40))
minutes = st.sampled_from((MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR))
limited_charges = st.builds(
    Charge, limited_names, small, st.booleans(), minutes, st.sampled_from((None, None, "k1"))
)
limited_imports = st.builds(Import, limited_names, small, spans)
limited_undos = st.builds(
    Undo, st.sampled_from(("settle", "release", "refund")), which, st.one_of(st.none(), small)
)
limited_commands = weighted(
    (6, limited_charges), (2, limited_undos), (1, credits), (1, limited_imports)
)
limited_steps: st.SearchStrategy[Step] = weighted(
    (9, st.builds(Batch, st.lists(limited_commands, min_size=1, max_size=6).map(tuple))),
    (3, st.builds(Tick, minutes)),
    (1, ticks),
    (2, st.builds(Boundary, which, st.sampled_from((5, 7, 60, 90, 1_440)), st.integers(-1, 1))),
    (1, st.builds(NextMonth, st.integers(-1, 1))),
    (1, st.builds(Limit, st.sampled_from(("default", "acme")), st.one_of(st.none(), tight))),
    (1, st.sampled_from((Archive("acme"), Create("acme")))),
)
limited_histories = st.builds(
    lambda first, second, steps: [
        rich,
        Limit("default", first),
        Limit("acme", second),
        *steps,
    ],
    tight,
    tight,
    st.lists(limited_steps, min_size=4, max_size=30),
)
