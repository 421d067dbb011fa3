"""The command itself: what it says of wrong arguments, Ctrl-C and faults, and its exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import cli
from orchestration.errors import SoftcartError

_SOFTCART = str(Path(sys.executable).parent / "softcart")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Usage: softcart [OPTIONS] COMMAND [ARGS]..."),
        (["--nonsense"], "No such option: --nonsense"),
        (["nonsense"], "No such command 'nonsense'"),
        (["ui", "--port", "many"], "Invalid value for '--port'"),
        (["ingest", "--changes", "--table", "orders"], "Invalid value for --changes"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], said: str) -> None:
    done = subprocess.run([_SOFTCART, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "a fault of softcart" not in done.stderr


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "the same command goes on"),
        (SoftcartError("The disk is full", remedy="Make room"), 1, "Make room."),
        (RuntimeError("row of a customer"), 1, "An unforeseen RuntimeError"),
    ],
)
def test_an_end_before_the_end_is_told(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("orchestration.settings.Settings.load", fail)
    monkeypatch.setattr(sys, "argv", ["softcart", "status"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    told = capsys.readouterr().err
    assert said in told
    assert "row of a customer" not in told
