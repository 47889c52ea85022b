"""What a letter is: facts that know how they are viewed, and the page that its link opens."""

from msgspec import Struct

from prepaid.domain.accounts import Tag

Fact = tuple[str, str]


class Page(Struct, frozen=True):
    """A page of the dashboard."""

    action: str  # what its link says
    path: str  # below the dashboard of an account
    is_of_account: bool = True  # False: below the dashboard itself


BILLING = Page("Open the Billing page", "billing")
WEBHOOKS = Page("Open the Webhooks page", "webhooks")


class View(Struct, frozen=True):
    """A letter as its template sees it."""

    template: str
    words: dict[str, str]  # what the sentences are made with
    facts: tuple[Fact, ...]  # name and value, shown as a table
    page: Page = BILLING  # where the link leads


class Letter(Struct, frozen=True, kw_only=True):
    """One kind of letter. Its fields are read from what is kept of its cause, as JSON.

    A billing letter's cause is the payload that the webhook carries too, so the two never
    disagree; a notice's cause is a flat object of strings.
    """

    names: Tag | None = None  # not in the cause: what the workspace it means is called now

    def view(self) -> View:
        """As its template sees it."""
        raise NotImplementedError
