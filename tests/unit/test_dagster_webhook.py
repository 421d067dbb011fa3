"""The failure webhook, against a real HTTP server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from orchestration.defs.sensors import failure_webhook
from orchestration.defs.webhook import post_json
from orchestration.errors import SoftcartError
from orchestration.settings import Settings

TOKEN = "t0ken-in-the-path"
PASSWORD = "pa55word-in-an-error"


class Receiver:
    """Answers each POST with the next of `answers`, the last for ever; keeps what it got."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.received: list[dict[str, Any]] = []
        self.requests = 0
        self.url = ""

    def next_answer(self) -> int:
        self.requests += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiver(*answers: int) -> Iterator[Receiver]:
    state = Receiver(*answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = state.next_answer()
            if answer < 300:
                assert self.headers["Content-Type"] == "application/json"
                state.received.append(json.loads(body))
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", state.url)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/hooks/{TOKEN}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_payload_arrives_as_json() -> None:
    with receiver(204) as hook:
        assert post_json(hook.url, {"event": "run_failed", "job": "größe"}) == 1
    assert hook.received == [{"event": "run_failed", "job": "größe"}]


@pytest.mark.parametrize("answer", [429, 500, 503])
def test_a_receiver_in_trouble_is_tried_again(answer: int) -> None:
    with receiver(answer, answer, 200) as hook:
        assert post_json(hook.url, {"n": 1}, first_wait_seconds=0.01) == 3
    assert hook.received == [{"n": 1}]


@pytest.mark.parametrize("answer", [301, 400, 403, 404])
def test_a_refusal_is_final_and_its_message_hides_the_url(answer: int) -> None:
    with receiver(answer) as hook, pytest.raises(SoftcartError) as error:
        post_json(hook.url, {"n": 1}, first_wait_seconds=0.01)
    assert hook.requests == 1
    assert str(answer) in str(error.value)
    assert TOKEN not in str(error.value)


def test_giving_up_takes_as_many_tries_as_allowed() -> None:
    with receiver(500) as hook, pytest.raises(SoftcartError, match="500"):
        post_json(hook.url, {"n": 1}, attempts=3, first_wait_seconds=0.01)
    assert hook.requests == 3


def test_a_receiver_that_never_answers_is_given_up() -> None:
    class Silent(HTTPServer):
        pass

    # Bound and listening, but nobody accepts: the kernel takes the connection, then silence.
    with (
        Silent(("127.0.0.1", 0), BaseHTTPRequestHandler) as server,
        pytest.raises(SoftcartError, match="no answer") as error,
    ):
        post_json(
            f"http://127.0.0.1:{server.server_port}/{TOKEN}",
            {"n": 1},
            attempts=2,
            first_wait_seconds=0.01,
            timeout_seconds=0.05,
        )
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize("url", [f"file:///{TOKEN}", f"ftp://host/{TOKEN}", TOKEN])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(SoftcartError, match="scheme") as error:
        post_json(url, {})
    assert TOKEN not in str(error.value)


@dg.asset
def breaks_with_a_secret() -> None:
    raise ValueError(f"could not connect to mysql://root:{PASSWORD}@host/softcart")


@dg.asset
def breaks_as_we_do() -> None:
    raise SoftcartError("No answer from mysql at shop:3306", remedy="Start the server")


@dg.asset
def does_not_tie() -> None:
    raise dg.Failure("dbt could not build marts: fct_orders__order_id__key")


def test_a_failed_run_is_told_with_nothing_secret(capfd: pytest.CaptureFixture[str]) -> None:
    sensor = failure_webhook(is_configured=True)
    with receiver(200) as hook, dg.DagsterInstance.ephemeral() as instance:
        settings = Settings(failure_webhook_url=SecretStr(hook.url), environment="ci")
        result = dg.materialize(
            [breaks_with_a_secret, breaks_as_we_do, does_not_tie],
            instance=instance,
            raise_on_error=False,
        )
        capfd.readouterr()
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name,
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
            resources={"settings": settings},
        ).for_run_failure()
        sensor(context)

    (payload,) = hook.received
    assert payload.pop("failed_at").endswith("+00:00")
    assert payload == {
        "event": "run_failed",
        "environment": "ci",
        "job": result.dagster_run.job_name,
        "run_id": result.run_id,
        "failed_steps": [
            {
                "step": "breaks_as_we_do",
                "error": "SoftcartError",
                "message": "No answer from mysql at shop:3306. Start the server.",
            },
            {"step": "breaks_with_a_secret", "error": "ValueError", "message": None},
            {
                "step": "does_not_tie",
                "error": "Failure",
                "message": "dbt could not build marts: fct_orders__order_id__key",
            },
        ],
    }
    logged = "".join(capfd.readouterr())
    assert result.run_id in logged
    assert TOKEN not in logged


def test_the_sensor_runs_by_itself_only_where_a_webhook_is_set() -> None:
    running, stopped = dg.DefaultSensorStatus.RUNNING, dg.DefaultSensorStatus.STOPPED
    assert failure_webhook(is_configured=True).default_status == running
    assert failure_webhook(is_configured=False).default_status == stopped
