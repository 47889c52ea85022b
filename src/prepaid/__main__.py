"""The command line: `prepaid COMMAND`."""

import typer

from prepaid.commands import demo, serve

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(serve.migrate)


def main() -> None:
    """Run the command that was typed."""
    app()


if __name__ == "__main__":
    main()
