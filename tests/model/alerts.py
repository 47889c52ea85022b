"""Which tiers are armed, when they ring and when they are armed again.

Asks the ledger for balance and spend afresh each time. Knows nothing of commands.
"""

from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Config, Override
from prepaid.domain.amounts import CENT, Micros
from prepaid.domain.ids import Seq, WorkspaceNumber
from prepaid.domain.instants import Instant
from tests.model.facts import HIGH_USAGE, LOW_BALANCE, ModelNotification, TierKey
from tests.model.ledger import Ledger
from tests.model.watches import Watch, on_account, on_balance, on_workspace


class Alerts:
    """The state of every tier, and the notifications in the order in which they fired."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.config = Config()
        self.overrides: dict[WorkspaceNumber, Override] = {}
        self.workspaces: list[WorkspaceNumber] = []  # active ones
        self.disarmed: dict[TierKey, Instant] = {}  # when it fired; a tier not here is armed
        self.crossings: dict[tuple[str, WorkspaceNumber, str], int] = {}
        self.notifications: list[ModelNotification] = []
        self.time: Instant = 0  # of the last advance

    def watches(self) -> list[Watch]:
        """Every rule in force: the balance, the account, each active workspace."""
        spaces = [self._of_workspace(number) for number in self.workspaces]
        return [on_balance(self.config), on_account(self.config), *spaces]

    def armed_state(self, now: Instant) -> dict[TierKey, Instant | None]:
        """Per tier in force: None when armed, else when it fired, after step 1 at `now`."""
        disarmed = self._after_step_one(now)
        keys = [watch.key(tier) for watch in self.watches() for tier in watch.tiers]
        return {key: disarmed.get(key) for key in keys}

    def advance(self, now: Instant) -> None:
        """Step 1: let time pass, and re-arm what time has reversed or what has cooled down.

        Every scope is looked at. One that no command touched has spent nothing since, so looking
        now or when it is next touched gives the same.
        """
        assert now >= self.time, "an account's time never runs back"
        self.disarmed = self._after_step_one(now)
        self.time = now

    def credited(self) -> None:
        """A credit re-arms at once each balance tier that the balance is now above."""
        watch = on_balance(self.config)
        for tier in watch.tiers:
            if self.ledger.balance > tier.cents * CENT:
                self.disarmed.pop(watch.key(tier), None)

    def used(self, seq: Seq, workspace: WorkspaceNumber | None, *, high_usage: bool = True) -> None:
        """Steps 3 and 4, after billable usage at the time of the last advance."""
        touched = [on_balance(self.config)]
        if high_usage:
            touched.append(on_account(self.config))
            if workspace in self.workspaces:
                touched.append(self._of_workspace(workspace))
        place = 0
        for watch in touched:
            for tier in watch.in_firing_order():
                is_armed = watch.key(tier) not in self.disarmed
                if watch.switches[0] and is_armed and self._is_met(watch, tier):
                    self._ring(seq, place, watch, tier)
                    place += 1

    def configure(self, config: Config) -> None:
        """Put a configuration in force at the time of the last advance."""
        before = self.watches()
        self.config = config
        self._take_over(before)

    def override(self, workspace: WorkspaceNumber, override: Override | None) -> None:
        """Put a workspace's own rules in force, or take them away."""
        before = self.watches()
        self.overrides.pop(workspace, None)
        if override is not None:
            self.overrides[workspace] = override
        self._take_over(before)

    def archive(self, workspace: WorkspaceNumber) -> None:
        """Drop the workspace's rules and the state of its tiers."""
        self._forget(self._of_workspace(workspace), stay=set())
        self.workspaces.remove(workspace)
        self.overrides.pop(workspace, None)

    def _take_over(self, before: list[Watch]) -> None:
        # Tiers no longer in force lose their state. Where the rules changed, a high-usage tier
        # that stays is armed when the spend over the new period is below it.
        old = {watch.place: watch.rules() for watch in before}
        for watch in self.watches():
            if watch.rules() == old[watch.place]:
                continue
            stay = {
                watch.key(tier)
                for tier in watch.tiers
                if watch.kind == LOW_BALANCE or self._is_met(watch, tier)
            }
            self._forget(watch, stay)

    def _forget(self, watch: Watch, stay: set[TierKey]) -> None:
        self.disarmed = {
            key: fired_at
            for key, fired_at in self.disarmed.items()
            if (key.kind, key.scope) != watch.place or key in stay
        }

    def _after_step_one(self, now: Instant) -> dict[TierKey, Instant]:
        still = {}
        for watch in self.watches():
            for tier in watch.tiers:
                key = watch.key(tier)
                fired_at = self.disarmed.get(key)
                if fired_at is not None and not self._rearms(watch, tier, fired_at, now):
                    still[key] = fired_at
        return still

    def _rearms(self, watch: Watch, tier: Tier, fired_at: Instant, now: Instant) -> bool:
        cooled = now - fired_at >= watch.cool_down
        if watch.kind == LOW_BALANCE:
            return cooled and self.ledger.balance > tier.cents * CENT
        # No amount changed since the last advance: what is missing now has left the window.
        before, after = self._spend(watch, self.time), self._spend(watch, now)
        return after < tier.cents * CENT and (cooled or before >= tier.cents * CENT)

    def _is_met(self, watch: Watch, tier: Tier) -> bool:
        if watch.kind == HIGH_USAGE:
            return self._spend(watch, self.time) >= tier.cents * CENT
        return self.ledger.balance <= tier.cents * CENT

    def _ring(self, seq: Seq, place: int, watch: Watch, tier: Tier) -> None:
        counted = (watch.kind, watch.scope, tier.tier)
        self.crossings[counted] = self.crossings.get(counted, 0) + 1
        self.disarmed[watch.key(tier)] = self.time
        self.notifications.append(
            ModelNotification(
                seq=seq,
                place=place,
                kind=watch.kind,
                tier=tier.tier,
                scope=watch.scope,
                count=self.crossings[counted],
                fired_at=self.time,
                cents=tier.cents,
                balance=self.ledger.balance,
                spend=self._spend(watch, self.time) if watch.kind == HIGH_USAGE else None,
                period_minutes=watch.minutes,
            )
        )

    def _spend(self, watch: Watch, at: Instant) -> Micros:
        return self.ledger.spend(watch.scope, watch.period, at)

    def _of_workspace(self, number: WorkspaceNumber) -> Watch:
        return on_workspace(self.config, self.overrides.get(number), number)
