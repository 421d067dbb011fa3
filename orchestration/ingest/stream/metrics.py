"""A stream's figures as Prometheus reads them, over HTTP on this machine only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final, NamedTuple, get_args

from orchestration.errors import SoftcartError
from orchestration.ingest.stream.figures import State, StreamFigures

_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class _Metric(NamedTuple):
    name: str
    kind: str
    help: str
    value: Callable[[StreamFigures], float | None]


_METRICS: Final = (
    _Metric(
        "lag_seconds",
        "gauge",
        "Age of the moment up to which raw has all that the source has committed.",
        lambda figures: figures.lag_seconds,
    ),
    _Metric(
        "heartbeat_timestamp_seconds",
        "gauge",
        "When the stream last showed that it lives.",
        lambda figures: figures.heartbeat_at.timestamp(),
    ),
    _Metric(
        "waiting_rows",
        "gauge",
        "Row changes that were read and are not in raw yet.",
        lambda figures: figures.waiting_rows,
    ),
    _Metric(
        "row_changes_total",
        "counter",
        "Row changes written to raw.",
        lambda figures: figures.row_changes,
    ),
    _Metric(
        "transactions_total",
        "counter",
        "Transactions of the source written to raw.",
        lambda figures: figures.transactions,
    ),
    _Metric(
        "batches_total",
        "counter",
        "Batches written to raw.",
        lambda figures: figures.batches,
    ),
    _Metric(
        "batch_seconds_total",
        "counter",
        "Time spent on writing batches.",
        lambda figures: figures.batch_seconds,
    ),
    _Metric(
        "last_batch_rows",
        "gauge",
        "Row changes of the last batch.",
        lambda figures: figures.batch_rows,
    ),
)


def exposition(sources: Iterable[StreamFigures]) -> str:
    """Return the figures in Prometheus' text format."""
    sources = list(sources)
    lines: list[str] = []
    for metric in _METRICS:
        name = f"softcart_stream_{metric.name}"
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
        for figures in sources:
            value = metric.value(figures)
            if value is not None:
                lines.append(f'{name}{{source="{figures.source}"}} {float(value)!r}')
    name = "softcart_stream_state"
    lines += [f"# HELP {name} What the stream does: 1 for that state.", f"# TYPE {name} gauge"]
    for figures in sources:
        lines += [
            f'{name}{{source="{figures.source}",state="{state}"}} {int(figures.state == state)}'
            for state in get_args(State)
        ]
    return "\n".join([*lines, ""])


@contextmanager
def served(sources: Iterable[StreamFigures], port: int) -> Iterator[None]:
    """Answer `GET /metrics` on 127.0.0.1 for the block.

    Raises:
        SoftcartError: The port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/metrics":
                self.send_error(404)
                return
            body = exposition(sources).encode()
            self.send_response(200)
            self.send_header("Content-Type", _CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError:
        raise SoftcartError(
            f"Port {port} on 127.0.0.1 is taken, so metrics cannot be served there",
            remedy="Name another with --metrics-port",
        ) from None
    thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
