"""The letter with which somebody signs in."""

from prepaid.adapters.letters.view import Letter, Page, View


class SignIn(Letter, frozen=True):
    """A link that works once."""

    token: str

    def view(self) -> View:
        """As its template sees it. The token stands in the link alone."""
        page = Page("Sign in", f"sign-in/{self.token}", is_of_account=False)
        return View("sign_in", {}, (), page)
