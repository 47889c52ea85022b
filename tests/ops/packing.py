"""Dockerfile, .dockerignore, compose file and unit as values, read without what would run them."""

import json
import re
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import typer.main
import yaml
from typer.core import TyperGroup

from prepaid.__main__ import app
from prepaid.settings import Settings
from tests.house.checks import ROOT

UNIT = ROOT / "packaging" / "systemd" / "prepaid@.service"
SETTINGS = {f"PREPAID_{field.name.upper()}" for field in fields(Settings)}
#: What nobody may read beside the service.
SECRETS = {
    "PREPAID_DATABASE_URL",
    "PREPAID_OPERATOR_KEY",
    "PREPAID_SECRET_KEY",
    "PREPAID_SECRET_KEY_OLD",
    "PREPAID_SMTP_URL",
    "PREPAID_STRIPE_API_KEY",
    "PREPAID_STRIPE_WEBHOOK_SECRET",
}
SECONDS = {"s": 1, "m": 60}


class Instruction(NamedTuple):
    """One of a Dockerfile."""

    word: str
    rest: str


def instructions() -> list[list[Instruction]]:
    """Those of each stage; what comes before the first FROM is left out."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    stages: list[list[Instruction]] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            stages.append([])
        if stages:
            stages[-1].append(Instruction(word, rest))
    return stages


def last(word: str) -> str:
    """What the image that runs says last in this instruction."""
    return [one.rest for one in instructions()[-1] if one.word == word][-1]


def healthcheck() -> list[str]:
    """The program that asks whether the container is healthy, with its arguments."""
    program: list[str] = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
    return program


def environment() -> dict[str, str]:
    """What the image that runs sets."""
    return dict(re.findall(r"(\w+)=(\S+)", last("ENV")))


def is_sent(path: str) -> bool:
    """Whether the builder gets this file of the checkout: the last pattern that fits decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            name = pattern.removeprefix("!")
            parts = path.split("/")
            above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
            anywhere = name.startswith("**/")
            names = parts if anywhere else above
            if any(fnmatchcase(one, name.removeprefix("**/")) for one in names):
                sent = pattern.startswith("!")
    return sent


def composed() -> dict[str, Any]:
    """The compose file; what YAML merges is merged."""
    made: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return made


def ours() -> dict[str, dict[str, Any]]:
    """The services of the compose file that run Prepaid."""
    return {
        name: service
        for name, service in composed()["services"].items()
        if service["image"] == "prepaid"
    }


def unit(key: str) -> list[str]:
    """Every value that the unit gives to a key, those that are commented out too."""
    return re.findall(rf"^#?{key}=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)


def words() -> set[str]:
    """The commands there are."""
    found = typer.main.get_command(app)
    assert isinstance(found, TyperGroup)
    return set(found.commands)


def seconds(text: str) -> int:
    """`30s`, `1m` or `30` in seconds."""
    return int(text.rstrip("sm")) * SECONDS.get(text[-1], 1)
