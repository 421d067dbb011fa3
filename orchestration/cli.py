"""The `softcart` command: thin, every subcommand calls one function of the package."""

from __future__ import annotations

import sys
from typing import Annotated

import click
import typer
from rich.markup import escape

from orchestration.console import console, error_console, progress_bars
from orchestration.errors import SoftcartError

app = typer.Typer(
    name="softcart",
    help="SoftCart warehouse: move, model and prove the shop's data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# Set by the callback before a subcommand runs; main() reads it when one fails.
_options = {"debug": False}


@app.callback()
def _common(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the stack trace of a fault.")
    ] = False,
) -> None:
    _options["debug"] = debug


@app.command("up")
def _up() -> None:
    """Start a private server for each server whose URL is not set; repeat it at any time.

    \b
    Example:
        softcart up
    """
    from orchestration.local.stack import up
    from orchestration.settings import Settings

    with progress_bars() as report:
        up(Settings.load(private_servers=False), report)
    _status()


@app.command("down")
def _down(
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Also remove their data, logs and passwords.")
    ] = False,
) -> None:
    """Stop the private servers; their data stays, and servers of yours are not touched.

    \b
    Example:
        softcart down
        softcart down --delete-data
    """
    from orchestration.local.stack import down
    from orchestration.settings import Settings

    with progress_bars() as report:
        stopped = down(Settings.load(private_servers=False), report, delete_data=delete_data)
    console.print(f"{stopped} private servers stopped.")
    if delete_data:
        console.print("Their data is deleted.")


@app.command("status")
def _status() -> None:
    """Show each server: whose it is, whether it answers, its version, address and size.

    \b
    Example:
        softcart status
    """
    from orchestration.local.show import status_lines
    from orchestration.local.status import status
    from orchestration.settings import Settings

    states = status(Settings.load(private_servers=False))
    console.print(status_lines(states), soft_wrap=True)


@app.command("env")
def _env() -> None:
    """Print shell lines that point other programs, above all dbt, at the same servers.

    Holds passwords: let the shell read it, do not show it.

    \b
    Example:
        eval "$(softcart env)" && dbt build
    """
    from orchestration.local.show import shell_lines
    from orchestration.settings import Settings
    from orchestration.transform import dbt_environment

    settings = Settings.load()
    typer.echo(shell_lines(settings, dbt_environment(settings)))


@app.command("doctor")
def _doctor() -> None:
    """Check settings, servers, grants, disk and dbt; says what to do about each fault.

    \b
    Example:
        softcart doctor
    """
    from orchestration.doctor.examine import examine
    from orchestration.local.show import finding_text
    from orchestration.settings import Settings

    failed = False
    for finding in examine(Settings.load()):
        console.print(finding_text(finding), soft_wrap=True)
        failed = failed or finding.level == "fail"
    if failed:
        raise typer.Exit(code=1)


@app.command("ui")
def _ui(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1 to listen on.")
    ] = 13000,
) -> None:
    """Serve the Dagster UI on this machine only, with its schedules and sensors, until Ctrl-C.

    \b
    Example:
        softcart ui --port 13001
    """
    from orchestration.settings import Settings
    from orchestration.ui import serve_ui

    serve_ui(Settings.load(), port)


def main() -> None:
    """Run the command; a fault ends as one message on stderr and an exit code that is not 0."""
    try:
        exit_code = app(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        error_console.print("Stopped. Nothing half-done is visible; the same command goes on.")
        sys.exit(130)
    except SoftcartError as error:
        if _options["debug"]:
            error_console.print_exception()
        error_console.print(
            "[bold red]Error:[/]", escape(f"{error.what}.\n{error.remedy}."), soft_wrap=True
        )
        sys.exit(1)
    sys.exit(exit_code if isinstance(exit_code, int) else 0)
