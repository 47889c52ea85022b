"""Where the browser is, and how it is started so that it speaks to nobody but us."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # as root, as in CI, there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str:
    """Path of Chromium.

    Raises:
        AssertionError: there is none; the pages are not left untried.
    """
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise AssertionError("no Chromium here; on Debian or Ubuntu: apt-get install chromium")
