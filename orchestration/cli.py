"""The `softcart` command: thin, every subcommand calls one function of the package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from orchestration.console import console, error_console, progress_bars
from orchestration.errors import SoftcartError
from orchestration.predict import DAYS

app = typer.Typer(
    name="softcart",
    help="SoftCart warehouse: move, model and prove the shop's data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# Set by the callback before a subcommand runs; main() reads it when one fails.
_options = {"debug": False}

# The exit code with which Typer ends a command that Ctrl-C stopped.
_INTERRUPTED = 130


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
    """Show each server, whose it is and how it is; and how far raw is behind the shop.

    \b
    Example:
        softcart status
    """
    from orchestration.ingest.stream.show import status_text
    from orchestration.ingest.stream.status import read_status
    from orchestration.local.show import status_lines
    from orchestration.local.status import status
    from orchestration.settings import Settings

    states = status(Settings.load(private_servers=False))
    console.print(status_lines(states), soft_wrap=True)
    if any(state.server == "postgres" and state.state == "running" for state in states):
        console.print(status_text(read_status(Settings.load())), end="", soft_wrap=True)


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


@app.command("ingest")
def _ingest(
    table: Annotated[
        list[str] | None,
        typer.Option("--table", help="A table or collection, `orders` or `oltp.orders`; repeat."),
    ] = None,
    changes: Annotated[
        bool,
        typer.Option(
            "--changes",
            help="Copy nothing, but follow the sources' logs to the present, and files.",
        ),
    ] = False,
    replay_quarantine: Annotated[
        bool, typer.Option("--replay-quarantine", help="Only try the rows set aside again.")
    ] = False,
) -> None:
    """Copy MySQL and MongoDB into the raw tables, and read new web files: what differs is written.

    While `softcart stream` runs, this waits until it makes way, and it goes on from there.

    \b
    Example:
        softcart ingest --table orders --table order_items
        softcart ingest --changes
    """
    from orchestration.ingest.run import run_ingest
    from orchestration.ingest.show import faults_text, ingest_table, notes_text
    from orchestration.ingest.stream.run import run_changes
    from orchestration.settings import Settings

    if changes and (table or replay_quarantine):
        raise typer.BadParameter(
            "it follows all tables and goes with no other option", param_hint="--changes"
        )
    with progress_bars() as report:
        settings = Settings.load()
        if changes:
            done = run_changes(settings, report=report)
        else:
            done = run_ingest(
                settings, tables=table, replay_quarantine=replay_quarantine, report=report
            )
    console.print(ingest_table(done))
    if notes := notes_text(done):
        console.print(notes)
    if not done.succeeded:
        error_console.print(faults_text(done))
        raise typer.Exit(code=1)


@app.command("stream")
def _stream(
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Serve Prometheus' /metrics on 127.0.0.1 there."),
    ] = None,
) -> None:
    """Follow the shop's changes into the raw tables, within seconds, until Ctrl-C or SIGTERM.

    It waits for servers that are away, and lets other ingests have their turn.

    \b
    Example:
        softcart stream
        softcart stream --metrics-port 13900
    """
    import signal

    from orchestration.ingest.stream.metrics import served
    from orchestration.ingest.stream.run import Stream
    from orchestration.ingest.stream.show import shown
    from orchestration.settings import Settings

    stream = Stream(Settings.load())
    figures = stream.figures.values()
    for number in (signal.SIGINT, signal.SIGTERM):
        # The batch is finished; a second Ctrl-C does not wait for that.
        signal.signal(number, lambda number, _: _end(stream.end, number))
    with (
        served(figures, metrics_port) if metrics_port else nullcontext(),
        shown(console, figures) as (show, tell),
    ):
        stream.run(show, tell)


def _end(end: Callable[[], None], number: int) -> None:
    import signal

    signal.signal(number, signal.default_int_handler)
    end()


@app.command("run")
def _run() -> None:
    """Run the main job: ingest, dbt build on each target, then the key figures.

    \b
    Example:
        softcart run
    """
    from orchestration.ingest.show import faults_text, ingest_table
    from orchestration.pipeline import run_pipeline
    from orchestration.promote.show import notes_text, promote_table
    from orchestration.settings import Settings
    from orchestration.summary_show import builds_text, summary_text

    with progress_bars() as report:
        done = run_pipeline(Settings.load(), report)
    console.print(ingest_table(done.ingest))
    if done.promote:
        console.print(promote_table(done.promote))
        if notes := notes_text(done.promote):
            console.print(notes)
    if done.summary:
        console.print(summary_text(done.summary, now=datetime.now(UTC)))
    console.print(builds_text(done.dbt))
    if not done.ingest.succeeded:
        error_console.print(faults_text(done.ingest))
        raise typer.Exit(code=1)


promote_app = typer.Typer(
    help="Copy the refined layer to another engine, where marts are built on it.",
    no_args_is_help=True,
)
app.add_typer(promote_app, name="promote")


@promote_app.command("db2")
def _promote_db2(
    full: Annotated[
        bool, typer.Option("--full", help="Compare every row, not only what the run touches.")
    ] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Compare every row, and write anew the keys that differ."),
    ] = False,
) -> None:
    """Bring Db2 to what staging, snapshots and seeds are now: what changed, all at once.

    \b
    Example:
        softcart promote db2
        softcart promote db2 --repair
    """
    from orchestration.promote.db2.run import promote
    from orchestration.promote.show import differences_text, notes_text, promote_table
    from orchestration.settings import Settings

    with progress_bars() as report:
        done = promote(Settings.load(), report, full=full, repair=repair)
    console.print(promote_table(done))
    if notes := notes_text(done):
        console.print(notes)
    if not done.succeeded:
        error_console.print(differences_text(done))
        raise typer.Exit(code=1)


predict_app = typer.Typer(
    help="Fit models to the marts and publish what they expect.", no_args_is_help=True
)
app.add_typer(predict_app, name="predict")


@predict_app.command("lifetime")
def _predict_lifetime(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days ahead.")] = DAYS,
) -> None:
    """Predict what each customer will buy, then build the marts that tell of it.

    \b
    Example:
        softcart predict lifetime
        softcart predict lifetime --days 90
    """
    from orchestration.predict.run import predict_and_build
    from orchestration.predict.show import lifetimes_text
    from orchestration.settings import Settings

    with progress_bars() as report:
        done = predict_and_build(Settings.load(), report, days=days)
    console.print(lifetimes_text(done))


@app.command("docs")
def _docs(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1 to listen on.")
    ] = 13080,
    target: Annotated[
        Literal["local", "prod"], typer.Option(help="The target whose marts they describe.")
    ] = "local",
) -> None:
    """Write the dbt docs from the built warehouse and serve them on this machine, until Ctrl-C.

    \b
    Example:
        softcart docs --port 13081
        softcart docs --target prod
    """
    from orchestration.settings import Settings
    from orchestration.transform import run_dbt
    from orchestration.ui import require_free_port, serve_docs

    settings = Settings.load()
    require_free_port(port, "softcart docs")
    run_dbt(settings, ["docs", "generate"], target=target)
    serve_docs(settings, port, target)


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


simulate = typer.Typer(
    help="Make the shop sell: a history first, then live traffic.", no_args_is_help=True
)
app.add_typer(simulate, name="simulate")


@simulate.command("history")
def _simulate_history(
    scale: Annotated[float, typer.Option(help="Size: 1.0 is 1,000,000 order lines.")] = 0.1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 1,
    end: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day after the last day.")
    ] = None,
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Do nothing if the shop has rows already.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Empty the shop first: its rows are lost.")
    ] = False,
) -> None:
    """Fill the empty shop with two years of made-up sales, all or nothing.

    \b
    Example:
        softcart simulate history --scale 0.1 --seed 7
    """
    from orchestration.settings import Settings
    from orchestration.simulator.history import DEFAULT_END, simulate_history
    from orchestration.simulator.shop import is_filled
    from orchestration.simulator.show import history_table

    settings = Settings.load()
    if if_empty and is_filled(settings):
        console.print("The shop has rows already; nothing to do.")
        return
    with progress_bars() as report:
        summary = simulate_history(
            settings,
            scale=scale,
            seed=seed,
            report=report,
            end=end.date() if end else DEFAULT_END,
            replace=replace,
        )
    console.print(history_table(summary))


@simulate.command("traffic")
def _simulate_traffic(
    events: Annotated[int, typer.Option(min=1, help="How many things happen.")] = 200,
    seed: Annotated[int, typer.Option(help="The same shop and seed give the same events.")] = 1,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Events per second; as fast as can be if unset.")
    ] = None,
) -> None:
    """Let the shop live on: orders, edits, shipping, returns, price changes, real deletes.

    \b
    Example:
        softcart simulate traffic --events 200
    """
    from orchestration.settings import Settings
    from orchestration.simulator.show import traffic_table
    from orchestration.simulator.traffic import simulate_traffic

    with progress_bars() as report:
        summary = simulate_traffic(
            Settings.load(), events=events, seed=seed, report=report, rate=rate
        )
    console.print(traffic_table(summary))


load = typer.Typer(help="Load a real data set into the shop.", no_args_is_help=True)
app.add_typer(load, name="load")


@load.command("online-retail")
def _load_online_retail(
    file: Annotated[Path, typer.Argument(help="The CSV, plain or compressed (.xz, .gz).")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Load nothing if a line is malformed.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Empty the shop first: its rows are lost.")
    ] = False,
) -> None:
    """Load UCI Online Retail into the empty shop, and say where each of its rows went.

    \b
    Example:
        softcart load online-retail online_retail.csv.xz
    """
    from orchestration.settings import Settings
    from orchestration.simulator.online_retail import load_online_retail
    from orchestration.simulator.show import load_tables

    with progress_bars() as report:
        loaded = load_online_retail(Settings.load(), file, report, strict=strict, replace=replace)
    console.print(load_tables(loaded))


def main() -> None:
    """Run the command; a fault ends as one message on stderr and an exit code that is not 0."""
    try:
        # Says itself what is wrong with the arguments; all but a fault ends as SystemExit.
        app()
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            error_console.print("Stopped. Nothing half-done is visible; the same command goes on.")
        raise
    except SoftcartError as error:
        if _options["debug"]:
            error_console.print_exception()
        error_console.print(
            "[bold red]Error:[/]", escape(f"{error.what}.\n{error.remedy}."), soft_wrap=True
        )
        sys.exit(1)
    except Exception as error:
        if _options["debug"]:
            error_console.print_exception()
        # Its text stays out: a driver's message may quote a row.
        error_console.print(
            f"[bold red]Error:[/] An unforeseen {type(error).__name__}, a fault of softcart.\n"
            "Repeat with `softcart --debug ...` and report the stack trace.",
            soft_wrap=True,
        )
        sys.exit(1)
