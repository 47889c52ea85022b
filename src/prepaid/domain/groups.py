"""What the commands of a group do: all or none, judged once; one sequence number per charge."""

from msgspec.structs import replace

from prepaid.domain import charges, limiting, metering, proxied
from prepaid.domain.amounts import Micros
from prepaid.domain.book import Book, Outcome
from prepaid.domain.charges import Charge
from prepaid.domain.commands import Release, Reserve, Settle
from prepaid.domain.instants import Instant
from prepaid.domain.metering import Purchase
from prepaid.domain.proxied import (
    KEY_KEPT,
    NEWS,
    ClaimLost,
    GroupLine,
    Opening,
    Paper,
    Part,
    PriceMoved,
    Proxied,
    ReserveGroup,
    SettleGroup,
)
from prepaid.domain.routing.answers import BILLED, FAILED


class GroupOutcome(Outcome, frozen=True):
    """What became of a group. `earlier` is there instead of charges when its key was in use."""

    charges: tuple[Charge, ...] = ()
    earlier: Proxied | None = None
    paper: Paper | None = None
    costs: tuple[Micros, ...] = ()  # by part
    wall: Instant = 0  # the real clock that leases go by, as the batch has read it


def reserve(book: Book, command: ReserveGroup) -> GroupOutcome:
    """Take credit for every line, or refuse them all.

    Raises:
        Refusal: it is not allowed, and nothing has changed.
    """
    metering.check_caller(book, command.api_key)
    earlier = _earlier(book, command.opening)
    if earlier is not None:
        return GroupOutcome(book.account.seq, book.account.balance, earlier=earlier, wall=book.wall)
    place = metering.workspace(book, command.workspace)
    words = proxied.metadata(command.request)
    bought = [_bought(book, command, line, words) for line in command.lines]
    total = sum(purchase.amount for _, purchase in bought)
    charges.check_affordable(total, book.account.balance, book.account.floor)
    limiting.check(book, place.tag, total)

    made = [metering.take(book, one, place, purchase) for one, purchase in bought]
    if command.opening is not None:
        book.shelf.keep(_opened(book, command.opening, made))
    return GroupOutcome(
        book.account.seq,
        book.account.balance,
        tag=place.tag,
        charges=tuple(made),
        wall=book.wall,
    )


def _earlier(book: Book, opening: Opening | None) -> Proxied | None:
    """The request the key stands for. One of which nothing came, or too long ago, is none."""
    if opening is None or opening.key is None:
        return None
    found = book.shelf.by_key.get((opening.route, opening.key))
    if found is None or found.state == "released" or book.now >= found.started_at + KEY_KEPT:
        return None
    found.asked.check_same(opening.asked)
    return found


def _bought(
    book: Book, command: ReserveGroup, line: GroupLine, metadata: str
) -> tuple[Reserve, Purchase]:
    # A repeat is free from the start: it neither needs credit nor rings for what it gives back.
    is_repeat = book.shelf.is_repeat(line.sku, line.mark, book.now)
    asked = Reserve(
        account=command.account,
        workspace=command.workspace,
        sku=line.sku,
        credits=0 if is_repeat else None,
        ttl=command.ttl,
        metadata=metadata,
        api_key=command.api_key,
    )
    price = book.directory.prices[line.sku]
    if line.expected is not None and price != line.expected:
        raise PriceMoved(line.sku)
    unit_price = None if is_repeat else price
    return asked, Purchase(unit_price, charges.price(asked, unit_price))


def _opened(book: Book, opening: Opening, made: list[Charge]) -> Proxied:
    return Proxied(
        account=book.account.id,
        id=opening.id,
        route=opening.route,
        key=opening.key,
        asked=opening.asked,
        started_at=book.now,
        state="in_flight",
        claim=opening.claim,
        due_at=book.wall + opening.lease,
        charges=tuple(charge.seq for charge in made),
    )


def settle(book: Book, command: SettleGroup) -> GroupOutcome:
    """End each charge as it is judged, then write what the costs make of the answer.

    Raises:
        Refusal: somebody else has given the request up, and nothing has changed.
    """
    kept = None
    if command.request is not None:
        kept = book.shelf.by_id.get(command.request)
        if kept is None or kept.claim != command.claim or kept.state in {"done", "released"}:
            raise ClaimLost
    taken_again = sum(_check_open(book, part) for part in command.parts)
    charges.check_depth(book.account.balance, taken_again)

    costs = tuple(_end(book, part) for part in command.parts)
    paper = command.writing(costs)
    if paper.event is not None and (_is_news(book, command) or command.is_completion):
        book.shelf.events.append(paper.event)
    if kept is not None:
        book.shelf.keep(_answered(book, kept, paper))
    return GroupOutcome(
        book.account.seq, book.account.balance, paper=paper, costs=costs, wall=book.wall
    )


def _is_news(book: Book, command: SettleGroup) -> bool:
    """Something in it was not told before, while repeats of it are free. From now on it is."""
    if command.news is None:
        return True
    new = [mark for mark in command.news if not book.shelf.is_repeat(NEWS, mark, book.now)]
    for mark in new:
        book.shelf.paid(NEWS, mark, book.now)
    return bool(new)


def _check_open(book: Book, part: Part) -> Micros:
    """What ending the part may take from the balance: its credit, if it was given back."""
    charge = book.charge(part.charge)
    if part.verdict != BILLED or charge.status != "expired":
        return 0
    charges.check_settleable(charge, book.now)
    return charge.held


def _end(book: Book, part: Part) -> Micros:
    """What the part costs."""
    account, charge = book.account.id, book.charge(part.charge)
    if charge.status in {"settled", "released"}:  # the operator has ended it by hand
        return charge.amount
    if part.verdict == FAILED:
        metering.release(book, Release(account=account, charge=part.charge))
        return 0
    if part.verdict != BILLED:
        return charge.amount
    if charge.unit_price is None or book.shelf.is_repeat(charge.sku, part.mark, book.now):
        metering.settle(book, Settle(account=account, charge=part.charge, credits=0))
        return 0
    metering.settle(book, Settle(account=account, charge=part.charge))
    if part.mark is not None:
        book.shelf.paid(charge.sku, part.mark, book.now)
    return charge.held


def _answered(book: Book, kept: Proxied, paper: Paper) -> Proxied:
    return replace(
        kept,
        state=paper.state,
        due_at=None if paper.again_in is None else book.wall + paper.again_in,
        context=paper.context,
        status=paper.status,
        headers=paper.headers,
        answer=paper.answer,
        answered_at=book.wall,
    )
