"""Words to the person at the terminal."""

import typer
from rich.console import Console
from rich.markup import escape

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a line."""
    _out.print(text)


def warn(message: str) -> None:
    """Say what wants looking at, beside what the command prints."""
    _err.print(f"[bold yellow]prepaid:[/] warning: {escape(message)}")


def fail(message: str, code: int = 1) -> typer.Exit:
    """Say what is wrong and what to do; the caller raises what this returns."""
    _err.print(f"[bold red]prepaid:[/] {escape(message)}")
    return typer.Exit(code)
