"""A command in the queue, and how its caller is told. Knows nothing of batches."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from prepaid.domain.book import Outcome
from prepaid.domain.commands import Command

Answer = Callable[[Outcome | Exception], None]  # called once, in the loop


class Waiting(NamedTuple):
    """A command in the queue."""

    command: Command
    answer: Answer
    until: float  # when patience with the database ends, by the loop's clock

    def tell(self, result: Outcome | Exception) -> None:
        """What became of the command. A caller's own fault must not cost the others' answers."""
        try:
            self.answer(result)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            told = {"message": "an answer could not be given", "exception": error}
            asyncio.get_running_loop().call_exception_handler(told)


def resolve(future: "asyncio.Future[Outcome]", result: Outcome | Exception) -> None:
    """The answer to a caller that waits for a future."""
    if future.done():  # the caller has gone away; what was committed stays
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
