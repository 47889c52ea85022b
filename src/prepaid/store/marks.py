"""How long the mark of a batch is kept, and how long after it was lost a COMMIT is asked for.

A mark that is not there says "it took no effect" only while it could not have been deleted.
"""

from typing import Final

from prepaid.domain.instants import DAY, Span

KEPT: Final[Span] = 7 * DAY
ASKED: Final[Span] = 6 * DAY
