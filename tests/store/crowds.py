"""Many callers at once: every one gets its outcome or its refusal, none is left waiting."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from prepaid.domain.book import Outcome
from prepaid.domain.refusals import Refusal


class Crowd(NamedTuple):
    """What the callers were told, in the order they asked."""

    outcomes: list[Outcome]
    refused: list[str]  # codes
    failed: list[BaseException]


async def crowd(calls: Iterable[Coroutine[Any, Any, Outcome]]) -> Crowd:
    """Let all of them ask at once."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [answer.code for answer in answers if isinstance(answer, Refusal)]
    failed = [
        answer
        for answer in answers
        if isinstance(answer, BaseException) and not isinstance(answer, Refusal)
    ]
    return Crowd([a for a in answers if isinstance(a, Outcome)], refused, failed)


def in_order(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """By sequence number, each number once and none left out."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.seq)
    seqs = [outcome.seq for outcome in ordered]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    return ordered


def check_falling(outcomes: Sequence[Outcome]) -> None:
    """Reserves of one amount: by sequence number, each balance is the last one less that."""
    ordered = in_order(outcomes)
    for before, after in pairwise(ordered):
        assert after.charge is not None
        assert after.balance == before.balance - after.charge.held
