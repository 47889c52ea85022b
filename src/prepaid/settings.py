"""Every setting once: its name, meaning, unit, default and bounds. The environment is read here.

Each may also come from a file: `PREPAID_OPERATOR_KEY_FILE=/run/secrets/operator`.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_network
from pathlib import Path

OPERATOR_KEY_MIN = 16
SECRET_KEY_MIN = 32
SANDBOX = "sandbox"  # in place of a mail server's URL, or of who takes the money


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
    #: Port on which metrics and health are told to anybody who reaches it; empty: none
    metrics_port: int | None = None
    #: The operator's key, at least 16 characters; sent as x-operator-key
    operator_key: str = ""
    #: Header that tags a request with a workspace
    workspace_header: str = "x-topograph-workspace-id"
    #: Routes file of the metering proxy; empty: the one that ships
    routes: str = ""
    #: Where the service is reached from outside, for links; empty: by host and port
    public_url: str = ""
    #: Proxies before the service whose x-forwarded-for is believed: 10.1.0.0/16,127.0.0.1 or *
    trusted_proxies: str = "127.0.0.1,::1"
    #: Batching writers per process (PostgreSQL only)
    lanes: int = 1
    #: Who takes the money of accounts that are no sandbox: stripe or sandbox; empty: nobody
    payments: str = ""
    #: Stripe's secret or restricted key
    stripe_api_key: str = ""
    #: Another server that speaks Stripe's API, for tests
    stripe_api_base: str = "https://api.stripe.com"
    #: Signing secret of the endpoint at Stripe that points to /v2/integrations/stripe/webhook
    stripe_webhook_secret: str = ""
    #: File in which sandbox payments are kept; empty: beside the SQLite file, else in memory
    sandbox_ledger: str = ""
    #: What secrets are encrypted with, at least 32 random characters
    secret_key: str = ""
    #: The key before it, while what it has encrypted is still kept
    secret_key_old: str = ""
    #: Server that takes our mail: smtps://user:password@host, smtp://host; empty: none is sent;
    #: sandbox: kept in memory and shown at /sandbox
    smtp_url: str = ""
    #: Who writes: billing@example.com, or Name <billing@example.com>
    mail_from: str = "Prepaid <prepaid@localhost>"
    #: Networks that webhooks may be sent to beside all public ones: 10.1.0.0/16,127.0.0.1
    webhook_allowed_cidrs: str = ""
    #: Whether webhooks may be sent without TLS: true or false
    webhook_allow_http: bool = False
    #: Folder with more fonts for statements: for Chinese, Japanese, Korean and other letters
    fonts: str = ""
    #: Days for which messages, their attempts, mail and answers of proxied requests are kept
    retention_days: int = 30
    #: debug, info, warning or error
    log_level: str = "info"

    @property
    def base_url(self) -> str:
        """Where the service is reached: what links begin with."""
        if self.public_url:
            return self.public_url
        host = "127.0.0.1" if self.host in _EVERY_ADDRESS else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


_PREFIX, _OF_FILE = "PREPAID_", "_FILE"
#: Not ours to read: examples and tests, and what Kubernetes tells of a service named prepaid.
_OTHERS = re.compile(
    r"PREPAID_(?:URL|KEY|SIMULATE|TEST_.*|SERVICE_HOST|SERVICE_PORT.*|PORT_[0-9]+_.*)"
)
_EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - read, not listened on
_BOUNDS = {
    "port": (0, 65_535),
    "metrics_port": (0, 65_535),
    "lanes": (1, 8),
    "retention_days": (4, 3_650),
}
_PAYMENTS = ("", "sandbox", "stripe")
_LOG_LEVELS = ("debug", "info", "warning", "error")


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the environment.

    Raises:
        SettingError: a value is not of its kind, out of bounds, or its file cannot be read.
    """
    values: dict[str, str | int | None] = {}
    for field in fields(Settings):
        text = _text(environ, f"PREPAID_{field.name.upper()}")
        if text is not None:
            values[field.name] = _READ[field.type](field.name, text)
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def unknown(environ: Mapping[str, str] = os.environ) -> list[str]:
    """What in the environment looks like a setting of ours and is none, each with what is like it.

    Nothing reads it, so a misspelt name would go unnoticed.
    """
    known = [_PREFIX + field.name.upper() for field in fields(Settings)]
    known += [name + _OF_FILE for name in known]
    strange = [name for name in environ if name.startswith(_PREFIX) and name not in known]
    return [_hint(name, known) for name in sorted(strange) if not _OTHERS.fullmatch(name)]


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} is no setting and is not read" + (f"; did you mean {near[0]}?" if near else "")


def hand_on(name: str, value: str) -> None:
    """Set what a library reads from the environment and takes from nowhere else."""
    os.environ[name] = value


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
    if len(settings.secret_key) < SECRET_KEY_MIN:
        message = (
            f"PREPAID_SECRET_KEY must be set, with at least {SECRET_KEY_MIN} characters, and kept:"
            " it encrypts the secrets of webhooks; make one with:"
            ' python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
        raise SettingError(message)


def missing(settings: Settings) -> list[str]:
    """The secrets that `serve` would refuse to start without, each with its least length."""
    least = {"operator_key": OPERATOR_KEY_MIN, "secret_key": SECRET_KEY_MIN}
    return [
        f"{_PREFIX}{name.upper()} (at least {length} characters)"
        for name, length in least.items()
        if len(getattr(settings, name)) < length
    ]


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


def _number_or_none(name: str, text: str) -> int | None:
    return _number(name, text) if text else None


def _truth(name: str, text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise SettingError(f"PREPAID_{name.upper()} must be true or false")
    return _TRUTHS[text.lower()]


def _as_it_is(_name: str, text: str) -> str:
    return text


_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
_READ: dict[object, Callable[[str, str], str | int | None]] = {
    int: _number,
    int | None: _number_or_none,
    bool: _truth,
    str: _as_it_is,
}


def _check(settings: Settings) -> None:
    if settings.payments not in _PAYMENTS:
        raise SettingError("PREPAID_PAYMENTS must be stripe, sandbox or empty")
    if settings.payments == "stripe":
        for name in ("stripe_api_key", "stripe_webhook_secret"):
            if not getattr(settings, name):
                raise SettingError(f"PREPAID_PAYMENTS=stripe needs PREPAID_{name.upper()}")
    for proxy in settings.trusted_proxies.split(","):
        if proxy.strip() not in {"", "*"} and not _is_network(proxy.strip()):
            message = f"PREPAID_TRUSTED_PROXIES: {proxy.strip()} is no address or network, nor *"
            raise SettingError(message)
    if settings.log_level not in _LOG_LEVELS:
        message = f"PREPAID_LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}"
        raise SettingError(message)
    if settings.fonts and not Path(settings.fonts).is_dir():
        raise SettingError(f"PREPAID_FONTS: {settings.fonts} is no folder")
    if not re.fullmatch(r"[a-z0-9-]{1,64}", settings.workspace_header):
        message = "PREPAID_WORKSPACE_HEADER must be a lower-case header name"
        raise SettingError(message)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
