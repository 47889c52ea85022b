"""The command line as someone types it, in this process, against a database of the test."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from prepaid.__main__ import app
from tests.kit.shop import OPERATOR_KEY, SECRET_KEY

_runner = CliRunner()


def prepaid(url: str, *words: object, code: int = 0, **environment: str) -> Result:
    """`prepaid WORDS` with the settings of a test; it must end with `code`, and no traceback."""
    settings = {
        "PREPAID_DATABASE_URL": url,
        "PREPAID_OPERATOR_KEY": OPERATOR_KEY,
        "PREPAID_SECRET_KEY": SECRET_KEY,
    } | environment
    result = _runner.invoke(app, [str(word) for word in words], env=settings)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def answer(url: str, *words: object, **environment: str) -> Any:
    """What a reading command prints as JSON."""
    return json.loads(prepaid(url, *words, "--json", code=0, **environment).stdout)


def new_account(url: str, *words: object) -> str:
    """The id of a new account."""
    made = answer(url, "accounts", "create", "Ada", *words)
    return str(made["id"])
