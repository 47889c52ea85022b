"""The command line: `prepaid COMMAND`."""

import typer

from prepaid import assembly
from prepaid.commands import (
    account_keys,
    accounts,
    backup,
    demo,
    doctor,
    mail,
    prices,
    serve,
    statements,
    usage,
    worker,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold keys
    help=__doc__,
)
app.command()(demo.demo)
app.command()(serve.serve)
app.command("worker")(worker.work)
app.command()(serve.migrate)
app.command()(doctor.doctor)
app.command()(backup.backup)
app.command()(statements.statements)
accounts.app.add_typer(account_keys.app, name="keys")
app.add_typer(accounts.app, name="accounts")
app.add_typer(mail.app, name="mail")
app.add_typer(prices.app, name="prices")
app.add_typer(usage.app, name="usage")


def main() -> None:
    """Run the command that was typed."""
    # What a command logs must not stand between the lines it prints.
    assembly.log_to_stderr("warning")
    app()


if __name__ == "__main__":
    main()
