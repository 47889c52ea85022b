"""Every setting once: its name, meaning, unit, default and bounds. The environment is read here.

Each may also come from a file: `PREPAID_OPERATOR_KEY_FILE=/run/secrets/operator`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

OPERATOR_KEY_MIN = 16


class SettingError(Exception):
    """A setting is missing or wrong; the message says which, and what to do."""


@dataclass(frozen=True)
class Settings:
    """What an operator can set. The field's name in capitals, after PREPAID_, is the variable."""

    #: SQLite file or PostgreSQL server: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME
    database_url: str = "sqlite:///./prepaid.db"
    #: Address the server listens on
    host: str = "127.0.0.1"
    #: Port the server listens on; 0 takes a free one
    port: int = 8080
    #: The operator's key, at least 16 characters; sent as x-operator-key
    operator_key: str = ""
    #: Header that tags a request with a workspace
    workspace_header: str = "x-topograph-workspace-id"
    #: Where the service is reached from outside, for links
    public_url: str = "http://127.0.0.1:8080"
    #: Batching writers per process (PostgreSQL only)
    lanes: int = 1
    #: debug, info, warning or error
    log_level: str = "info"


_BOUNDS = {"port": (0, 65_535), "lanes": (1, 8)}
_LOG_LEVELS = ("debug", "info", "warning", "error")


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the environment.

    Raises:
        SettingError: a value is not of its kind, out of bounds, or its file cannot be read.
    """
    values: dict[str, str | int] = {}
    for field in fields(Settings):
        text = _text(environ, f"PREPAID_{field.name.upper()}")
        if text is not None:
            values[field.name] = _number(field.name, text) if field.type is int else text
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def check_for_production(settings: Settings) -> None:
    """Refuse to serve with a missing or guessable secret.

    Raises:
        SettingError: says which setting, and how to make a good one.
    """
    if len(settings.operator_key) < OPERATOR_KEY_MIN:
        message = (
            f"PREPAID_OPERATOR_KEY must be set, with at least {OPERATOR_KEY_MIN} characters; "
            'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
        raise SettingError(message)


def _text(environ: Mapping[str, str], name: str) -> str | None:
    path = environ.get(f"{name}_FILE")
    if path is None:
        return environ.get(name)
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError as error:
        message = f"{name}_FILE: {path} cannot be read: {error.strerror}"
        raise SettingError(message) from error


def _number(name: str, text: str) -> int:
    low, high = _BOUNDS[name]
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        message = f"PREPAID_{name.upper()} must be a whole number from {low} to {high}"
        raise SettingError(message)
    return int(text)


def _check(settings: Settings) -> None:
    if settings.log_level not in _LOG_LEVELS:
        message = f"PREPAID_LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}"
        raise SettingError(message)
    if not re.fullmatch(r"[a-z0-9-]{1,64}", settings.workspace_header):
        message = "PREPAID_WORKSPACE_HEADER must be a lower-case header name"
        raise SettingError(message)
