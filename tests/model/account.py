"""One account as the model sees it: commands in, answers or refusals out.

Owns the order of things: due holds, then the key, then the command, then who has to be told.
"""

from collections.abc import Mapping
from dataclasses import replace

from prepaid.domain.alerting import Config, Override
from prepaid.domain.amounts import Micros
from prepaid.domain.commands import Command, Sweep
from prepaid.domain.ids import DEFAULT, AccountId, Seq, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.domain.refusals import Refusal
from tests.model.facts import ModelAnswer, ModelEntry, ModelNotification, TierKey
from tests.model.till import Till

WHO_ASKED = frozenset({"account", "key", "api_key"})  # no part of what was asked

Request = tuple[tuple[str, object], ...]


class ModelAccount(Till):
    """An account from its opening, with an empty balance and the workspace `default`."""

    def __init__(
        self,
        account_id: AccountId,
        floor: Micros | None = None,
        prices: Mapping[str, Micros] | None = None,
    ) -> None:
        super().__init__(floor, prices or {})
        self.account_id = account_id
        self._workspace_last: WorkspaceNumber = DEFAULT - 1
        self._answers: dict[tuple[type[Command], str], tuple[Request, ModelAnswer]] = {}
        self.create_workspace("default")

    @property
    def entries(self) -> list[ModelEntry]:
        return self.ledger.entries

    @property
    def notifications(self) -> list[ModelNotification]:
        return self.alerts.notifications

    def usage(
        self, start: Instant, end: Instant
    ) -> dict[tuple[WorkspaceNumber, str], tuple[int, Micros]]:
        """Count and micro-credits per workspace (0: account-wide) and SKU in `[start, end)`."""
        return self.ledger.usage(start, end)

    def armed_state(self, now: Instant) -> dict[TierKey, Instant | None]:
        """Per tier in force: None when armed, else when it fired, after step 1 at `now`."""
        return self.alerts.armed_state(now)

    def create_workspace(self, name: str) -> WorkspaceNumber:
        """Open a workspace; a name that was archived is free again, its number is not."""
        if name in self.names:
            raise Refusal("workspace_exists", f"{name} exists")
        self._workspace_last += 1
        self.names[name] = self._workspace_last
        self.alerts.workspaces.append(self._workspace_last)
        return self._workspace_last

    def archive_workspace(self, name: str) -> None:
        """Close a workspace; from then on its charges count for the account only."""
        if name not in self.names:
            raise Refusal("not_found", f"{name} does not exist")
        if name == "default":
            raise Refusal("default_workspace", "default stays")
        number = self.names.pop(name)
        self.limits.put(number, None)
        self.alerts.archive(number)

    def limit(self, name: str, limit: tuple[int, int | None] | None) -> None:
        """Put a spend limit (cents, and minutes or None for the month) in force, or take it away.

        Changes nothing else, and has no number in the account's order.
        """
        if name not in self.names:
            raise Refusal("not_found", f"{name} does not exist")
        self.limits.put(self.names[name], limit)

    def configure(self, config: Config, now: Instant) -> Seq:
        """Put the merged configuration in force; its sequence number."""
        self.expire_due(now)
        seq = self.next_seq(now)
        self.alerts.configure(config)
        return seq

    def override(self, workspace_name: str, override: Override | None, now: Instant) -> Seq:
        """Put a workspace's own rules in force, or with None remove them."""
        self.expire_due(now)
        number = self.names.get(workspace_name)
        if number is None:
            raise Refusal("not_found", f"{workspace_name} does not exist")
        seq = self.next_seq(now)
        self.alerts.override(number, override)
        return seq

    def apply(self, command: Command, now: Instant) -> ModelAnswer:
        """Expire what is due at `now`, then do what was asked.

        Raises:
            Refusal: the answer is no; nothing but the expiry has happened.
        """
        assert command.account == self.account_id
        self.expire_due(now)
        if isinstance(command, Sweep):
            return ModelAnswer(self.seq, self.balance, None, 0)
        if command.key is None:
            return self.carry_out(command, now)
        request = tuple(
            (name, getattr(command, name))
            for name in command.__struct_fields__
            if name not in WHO_ASKED
        )
        stored = self._answers.get((type(command), command.key))
        if stored is None:
            answer = self.carry_out(command, now)
            self._answers[type(command), command.key] = (request, answer)
            return answer
        if stored[0] != request:
            raise Refusal("idempotency_key_reused", "the key was used for another request")
        return replace(stored[1], replayed=True)
