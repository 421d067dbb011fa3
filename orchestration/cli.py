"""The `softcart` command: thin, every subcommand calls one function of the package."""

from __future__ import annotations

import sys
from typing import Annotated

import click
import typer
from rich.markup import escape

from orchestration.console import error_console
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


@app.command("ui")
def _ui(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1 to listen on.")
    ] = 13000,
) -> None:
    r"""Serve the Dagster UI on this machine only, with its schedules and sensors, until Ctrl-C.

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
        error_console.print("[bold red]Error:[/]", escape(f"{error.what}.\n{error.remedy}."))
        sys.exit(1)
    sys.exit(exit_code if isinstance(exit_code, int) else 0)
