"""Whatever a provider does, and in whatever order its answers come: nobody is charged twice."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, Span
from prepaid.domain.topups import topup as topups
from prepaid.domain.topups.answers import Answer, Unreachable
from tests.unit.topup_world import AMOUNT, LOST, REFUSED, World

WAITS = st.sampled_from(("until due", "until too late", SECOND, 10 * MINUTE, 5 * HOUR, DAY))
WISHES = st.sampled_from(("paid", "declined", "pending"))
LAGS = st.integers(0, HOUR)


class Promises(RuleBasedStateMachine):
    """Anything may happen; after each event the promises hold, and at the end the sums agree."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @initialize(is_old=st.booleans())
    def begin(self, is_old: bool) -> None:
        """Half of all stories begin with an attempt that was tried in vain for a day."""
        if is_old:
            self.ask("paid", is_heard=False, answer="right")
            self.world.now += 23 * HOUR - MINUTE

    @rule(wait=WAITS)
    def wait(self, wait: str | Span) -> None:
        world = self.world
        if isinstance(wait, Span):
            world.now += wait
        for attempt in world.running:
            if wait == "until due":
                world.now = max(world.now, attempt.next_at or 0)
            if wait == "until too late":
                world.now = max(world.now, (attempt.asked_first_at or 0) + 23 * HOUR)
        world.check()

    @rule(amount=st.integers(1, 2 * AMOUNT))
    def spend(self, amount: int) -> None:
        self.world.balance -= amount
        self.world.check()

    @precondition(lambda self: self.world.due("ask"))
    @rule(wish=WISHES, is_heard=st.booleans(), answer=st.sampled_from(("right", LOST, "crash")))
    def ask(self, wish: str, is_heard: bool, answer: Unreachable | str) -> None:
        """The ask may not arrive, its answer may get lost, and the worker may die."""
        world, attempt = self.world, self.world.begin()
        assert attempt is not None
        heard = world.provider.ask(attempt.key, wish, world.now) if is_heard else REFUSED
        if answer == "crash":
            return
        said = answer if isinstance(answer, Unreachable) else heard
        world.keep(topups.answered(attempt, said, world.now))

    @precondition(lambda self: self.world.due("look_up"))
    @rule(lag=LAGS, is_up=st.booleans())
    def look_up(self, lag: Span, is_up: bool) -> None:
        world, attempt = self.world, self.world.due("look_up")
        assert attempt is not None
        if is_up:
            found = world.provider.find(attempt, world.now, lag)
            world.keep(topups.looked_up(attempt, found, world.now))
        else:
            world.keep(topups.answered(attempt, REFUSED, world.now))

    @precondition(lambda self: self.world.due("cancel"))
    @rule(is_up=st.booleans())
    def cancel(self, is_up: bool) -> None:
        world, attempt = self.world, self.world.due("cancel")
        assert attempt is not None
        answer = world.provider.cancel(attempt.key, world.now) if is_up else LOST
        world.keep(topups.payment_canceled(attempt, answer, world.now))

    @precondition(lambda self: self.world.provider.states)
    @rule(which=st.integers(0, 9), paid=st.booleans())
    def decide(self, which: int, paid: bool) -> None:
        keys = sorted(self.world.provider.states)
        self.world.provider.decide(keys[which % len(keys)], paid=paid, now=self.world.now)

    @precondition(lambda self: self.world.provider.states)
    @rule(which=st.integers(0, 9), what=st.sampled_from(("event", "stored", "lost")))
    def tell(self, which: int, what: str) -> None:
        """The provider's own event, or a worker that lost its lease, at any time and again."""
        provider = self.world.provider
        keys = sorted(provider.states)
        key = keys[which % len(keys)]
        answers = {"event": provider.now(key), "stored": provider.stored[key][1], "lost": LOST}
        self._tell(key, answers[what])

    @rule(enabled=st.booleans())
    def switch(self, enabled: bool) -> None:
        self.world.switch(enabled=enabled)

    def _tell(self, key: str, answer: Answer) -> None:
        attempt = next(a for a in self.world.attempts if a.key == key)
        self.world.keep(topups.answered(attempt, answer, self.world.now))

    @invariant()
    def at_most_one_attempt_is_running(self) -> None:
        assert len(self.world.running) <= 1

    @invariant()
    def every_effect_happens_once(self) -> None:
        world = self.world
        assert len(set(world.credited)) == len(world.credited)
        assert len(set(world.failed)) == len(world.failed)
        assert len(set(world.provider.charged)) == len(world.provider.charged)

    @invariant()
    def only_money_that_was_taken_is_credited(self) -> None:
        succeeded = {a.key for a in self.world.attempts if a.status == "succeeded"}
        assert succeeded == set(self.world.credited) <= set(self.world.provider.charged)

    @invariant()
    def what_is_canceled_was_never_asked_for(self) -> None:
        canceled = {a.key for a in self.world.attempts if a.status == "canceled"}
        assert canceled.isdisjoint(self.world.provider.states)

    def teardown(self) -> None:
        """In the end every payment is a credit, and every credit a payment."""
        world = self.world
        world.drain()
        for key in sorted(world.provider.states):
            self._tell(key, world.provider.now(key))
        assert sorted(world.credited) == sorted(world.provider.charged)
        assert not world.running


TestPromises = Promises.TestCase
TestPromises.settings = settings(max_examples=4 * settings().max_examples, stateful_step_count=30)
