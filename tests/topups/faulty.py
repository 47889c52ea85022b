"""A way to the provider on which anything can happen, at every named step."""

import os
from collections.abc import Callable

from prepaid.domain.book import Outcome
from prepaid.domain.commands import AnswerTopup, Command
from prepaid.domain.topups.answers import Answer, Found, Unreachable
from prepaid.domain.topups.topup import Attempt
from prepaid.sandbox.payments import SandboxPayments
from prepaid.store.vault import Vault

STEPS = ("before ask", "after ask", "before credit", "after credit")
Fault = Callable[[str], None]  # told of each step; may raise, or end the process


def die(code: int) -> Callable[[str], Fault]:
    """End the process at a step, without a goodbye."""

    def at(wanted: str) -> Fault:
        def fault(step: str) -> None:
            if step == wanted:
                os._exit(code)

        return fault

    return at


class FaultyProvider(SandboxPayments):
    """The sandbox behind a line that breaks before or after an ask."""

    def __init__(self, inside: SandboxPayments, fault: Fault) -> None:
        super().__init__()
        self._inside = inside
        self._fault = fault
        self.is_lost = False  # what was asked is done, and its answer does not arrive
        self.is_away = False  # nothing that is asked arrives

    async def charge(self, attempt: Attempt) -> Answer:
        self._fault("before ask")
        if self.is_away:
            return Unreachable("no_connection", lost=False)
        answer = await self._inside.charge(attempt)
        self._fault("after ask")
        return Unreachable("timeout", lost=True) if self.is_lost else answer

    async def look_up(self, attempt: Attempt) -> Found:
        self._fault("look up")
        return await self._inside.look_up(attempt)

    async def cancel(self, payment: str) -> Answer:
        self._fault("cancel")
        return await self._inside.cancel(payment)


def break_vault(vault: Vault, fault: Fault) -> None:
    """The process may end just before and just after an answer is committed."""
    submit = vault.submit

    async def faulty(command: Command) -> Outcome:
        if not isinstance(command, AnswerTopup):
            return await submit(command)
        fault("before credit")
        outcome = await submit(command)
        fault("after credit")
        return outcome

    vault.submit = faulty  # type: ignore[method-assign]
