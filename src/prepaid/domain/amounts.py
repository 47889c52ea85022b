"""Amounts of credit. Everything inside is an integer of micro-credits; only this module rounds."""

from decimal import Decimal

from prepaid.domain.refusals import invalid

Micros = int  # micro-credits; 1 credit = 1 000 000
CREDIT: Micros = 1_000_000
CENT: Micros = 10_000  # 1 credit = 100 credit cents
AMOUNT_MAX: Micros = 10**15  # the largest single charge or grant
BALANCE_MAX: Micros = 10**18  # either way; sums stay within 64 bits
DECIMALS_MAX = 6  # of a credit: the finest amount is one micro-credit
_EXPONENT_MAX = 16  # keeps `int()` from building a number of a billion digits
_EXACT_SCALES = {CREDIT: 6, CENT: 4}


def from_credits(value: Decimal, field: str) -> Micros:
    """Micro-credits of an amount in credits, exactly.

    Args:
        value: credits, 0 … 10^9.
        field: the name of the wire field, for the message.

    Raises:
        Refusal: `invalid_request` when negative, too large, or finer than a micro-credit.
    """
    return _exact(value, CREDIT, field)


def from_cents(value: Decimal, field: str) -> Micros:
    """Micro-credits of an amount in credit cents, exactly; the sign is kept.

    Raises:
        Refusal: `invalid_request` when its size is above 10^15 micro-credits, or it is finer
            than one micro-credit.
    """
    if value.is_signed():
        return -_exact(value.copy_negate(), CENT, field)
    return _exact(value, CENT, field)


def cents(micros: Micros) -> int | Decimal:
    """Credit cents for the wire: an integer when whole, else the shortest exact decimal."""
    whole, rest = divmod(micros, CENT)
    return whole if rest == 0 else _decimal(micros, CENT)


def credit(micros: Micros) -> int | Decimal:
    """Credits for the wire: an integer when whole, else the shortest exact decimal."""
    whole, rest = divmod(micros, CREDIT)
    return whole if rest == 0 else _decimal(micros, CREDIT)


def credit_text(micros: Micros) -> str:
    """Credits with every digit and no exponent: the same number as `credit`, for files."""
    sign, (whole, rest) = "-" if micros < 0 else "", divmod(abs(micros), CREDIT)
    return f"{sign}{whole}.{rest:06d}".rstrip("0") if rest else f"{sign}{whole}"


def _decimal(micros: Micros, unit: Micros) -> Decimal:
    return Decimal(micros).scaleb(-_EXACT_SCALES[unit]).normalize()


def _exact(value: Decimal, unit: Micros, field: str) -> Micros:
    if not value.is_finite() or value.adjusted() > _EXPONENT_MAX:
        raise invalid(field, "must be a number of at most 10^9 credits")
    if value < 0:
        raise invalid(field, "must not be negative")
    places = _EXACT_SCALES[unit]
    micros = int(value.scaleb(places))
    # Arithmetic rounds beyond 28 digits, a comparison never does.
    if Decimal(micros).scaleb(-places) != value:
        raise invalid(field, f"has more than {places} decimals")
    if micros > AMOUNT_MAX:
        raise invalid(field, "must be at most 10^9 credits")
    return micros
