"""The figures as Prometheus reads them."""

from __future__ import annotations

import socket
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from orchestration.errors import SoftcartError
from orchestration.ingest.stream.figures import StreamFigures
from orchestration.ingest.stream.metrics import exposition, served


def test_each_source_has_each_figure_under_its_name_and_unit() -> None:
    oltp, catalog = StreamFigures("oltp"), StreamFigures("catalog", state="waiting")
    oltp.note_batch(rows=120, transactions=7, seconds=0.5)
    oltp.note_batch(rows=30, transactions=3, seconds=0.25)
    oltp.note_current(oltp.heartbeat_at)
    lines = exposition([oltp, catalog]).splitlines()
    assert 'softcart_stream_row_changes_total{source="oltp"} 150.0' in lines
    assert 'softcart_stream_transactions_total{source="oltp"} 10.0' in lines
    assert 'softcart_stream_batch_seconds_total{source="oltp"} 0.75' in lines
    assert 'softcart_stream_state{source="catalog",state="waiting"} 1' in lines
    assert 'softcart_stream_state{source="catalog",state="following"} 0' in lines
    # What is not known is left out, and not 0: no lag would be good news.
    lags = [line for line in lines if line.startswith("softcart_stream_lag_seconds")]
    assert [line.partition("}")[0] for line in lags] == [
        'softcart_stream_lag_seconds{source="oltp"'
    ]
    # Each name is told of once, before its values.
    helps = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert len(helps) == len(set(helps))
    assert all(line.startswith(("# HELP ", "# TYPE ", "softcart_stream_")) for line in lines)


def test_they_are_served_on_this_machine_alone_while_the_stream_runs() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    figures = StreamFigures("oltp")
    with served([figures], port):
        figures.note_batch(rows=5, transactions=1, seconds=0.1)
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert 'row_changes_total{source="oltp"} 5.0' in answer.read().decode()
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://127.0.0.1:{port}/")
        with pytest.raises(SoftcartError, match="is taken"), served([figures], port):
            pass
    with served([figures], port):
        pass
