"""Sends a request log to the service in batches, and counts what became of every line.

A batch that got no answer, or found the service crowded, is sent again: its keys keep it from
being charged twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import Struct

from prepaid.commands.api import Api, Refused, Unreached
from prepaid.commands.database import Stopped
from prepaid.commands.usage_journal import Journal, Piece
from prepaid.commands.usage_lines import Fault, Item, Source
from prepaid.commands.usage_workspaces import Workspaces
from prepaid.domain.amounts import CENT
from prepaid.web.errors import Problem
from prepaid.web.shapes import Number

BATCH = "/v2/operator/charges/batch"
ITEMS_MAX = 1_000
BYTES_MAX = 900_000  # a body has at most 1 MiB
PAUSE_S = 0.1
PAUSE_MAX_S = 10.0
PATIENCE_S = 300.0  # how long one batch is tried while the service is away

CREATED = 201
CROWDED = 503
# These speak of one line. Anything else (401, 403, 404, 500) would be the same for every line.
OF_A_LINE = frozenset((400, 402, 409, 413, 422))
OUR_NAMES = {"Idempotency-Key": "id", "idempotencyKey": "id"}


class Body(Struct, frozen=True):
    """What is read of one result: a charge's amount, or what is wrong."""

    cents: Number = 0
    error: Problem | None = None


class Result(Struct, frozen=True):
    """What became of one item."""

    status: int
    body: Body
    replayed: bool = False


class Results(Struct, frozen=True):
    """What became of a batch."""

    results: list[Result]


@dataclass
class Tally:
    """What became of the lines so far, those of an interrupted import included."""

    on_fault: Callable[[Fault], None]
    line: int = 0  # the last one that is done
    read: int = 0
    charged: int = 0
    replayed: int = 0
    refused: int = 0
    micros: int = 0  # charged, now or before
    continued: int = 0  # lines that an interrupted import had done
    is_complete: bool = False

    def count(self, piece: Piece) -> None:
        """Add a piece that is committed."""
        self.line = piece.line
        self.read += piece.read
        self.charged += piece.charged
        self.replayed += piece.replayed
        self.refused += len(piece.refused)
        self.micros += piece.micros
        for fault in piece.refused:
            self.on_fault(fault)


@dataclass
class Import:
    """One run of an import."""

    api: Api
    source: Source
    journal: Journal
    tally: Tally
    workspaces: Workspaces | None  # makes unknown ones; None: they are refused
    piece_max: int = ITEMS_MAX
    on_piece: Callable[[int], None] = field(default=lambda _line: None)

    async def run(self) -> None:
        """Import every line that is not done yet.

        Raises:
            Stopped: the service said no to more than a line, or stayed away.
            BadFile: from some line on the file makes no sense; those before it are imported.
        """
        for piece in self.journal.pieces():
            self.tally.count(piece)
        self.tally.continued = self.tally.read
        items: list[Item] = []
        faults: list[Fault] = []
        size = 0
        for found in self.source.items(self.tally.line):
            full = len(items) + len(faults) >= self.piece_max
            if full or (isinstance(found, Item) and size + len(found.body) > BYTES_MAX):
                await self._piece(items, faults)
                items, faults, size = [], [], 0
            if isinstance(found, Item):
                items.append(found)
                size += len(found.body) + 1
            else:
                faults.append(found)
        if items or faults:
            await self._piece(items, faults)

    async def _piece(self, items: Sequence[Item], faults: Sequence[Fault]) -> None:
        results = await self._charge(items)
        refused = [*faults]
        for item in items:
            result = results[item.line]
            if result.status != CREATED:
                refused.append(_fault(item, result))
        done = [result for result in results.values() if result.status == CREATED]
        replayed = sum(result.replayed for result in done)
        piece = Piece(
            line=max(*(item.line for item in items), *(fault.line for fault in faults), 0),
            read=len(items) + len(faults),
            charged=len(done) - replayed,
            replayed=replayed,
            micros=int(sum(Decimal(result.body.cents) for result in done) * CENT),
            refused=sorted(refused),
        )
        self.journal.add(piece)
        self.tally.count(piece)
        self.on_piece(piece.line)

    async def _charge(self, items: Sequence[Item]) -> dict[int, Result]:
        """A final result for each item, by line."""
        results: dict[int, Result] = {}
        left, pause, waited = list(items), PAUSE_S, 0.0
        while left:
            answered, reason, after = await self._ask(left)
            again = []
            for item, result in zip(left, answered, strict=True):
                if result is None or result.status == CROWDED:
                    again.append(item)
                else:
                    results[item.line] = result
            if len(again) < len(left):
                pause, waited = PAUSE_S, 0.0
            if again:
                if waited > PATIENCE_S:
                    message = f"{reason}\nRun the same command again to go on from here."
                    raise Stopped(message)
                wait = max(pause, min(after, PAUSE_MAX_S))
                await asyncio.sleep(wait)
                pause, waited = min(2 * pause, PAUSE_MAX_S), waited + wait
            left = again
        if self.workspaces is not None:
            await self._charge_in_new_workspaces(items, results)
        return results

    async def _ask(self, items: Sequence[Item]) -> tuple[Sequence[Result | None], str, float]:
        """One batch; no result for an item means: send it again, for this reason."""
        body = b'{"charges":[' + b",".join(item.body for item in items) + b"]}"
        try:
            answered = (await self.api.ask("POST", BATCH, Results, body=body)).results
        except Refused as refused:
            if refused.status != CROWDED:
                raise
            return [None] * len(items), str(refused), refused.retry_after_s
        except Unreached as unreached:
            return [None] * len(items), str(unreached), 0
        reason = "the service is crowded"
        for item, result in zip(items, answered, strict=True):
            if result.status not in OF_A_LINE | {CREATED, CROWDED}:
                raise Stopped(f"line {item.line}: {_problem(result).message}")
        return answered, reason, 0

    async def _charge_in_new_workspaces(
        self, items: Sequence[Item], results: dict[int, Result]
    ) -> None:
        assert self.workspaces is not None, "asked for"
        unknown = [item for item in items if _is_unknown_workspace(results[item.line])]
        made = await self.workspaces.make(unknown)
        if made:
            maker, self.workspaces = self.workspaces, None
            try:
                results |= await self._charge(made)
            finally:
                self.workspaces = maker


def _is_unknown_workspace(result: Result) -> bool:
    return result.status != CREATED and _problem(result).code == "workspace_not_found"


def _problem(result: Result) -> Problem:
    return result.body.error or Problem("unknown", f"answered {result.status}")


def _fault(item: Item, result: Result) -> Fault:
    problem = _problem(result)
    if not problem.details:
        return Fault(item.line, "line", problem.message)
    name = problem.details[0].field
    return Fault(item.line, OUR_NAMES.get(name, name), problem.message)
