"""Which processes count as a private server, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.local.account import Account
from orchestration.local.files import telling_lines
from orchestration.local.process import ProcessGroup

_PROGRAM = "serve-nothing"


@contextmanager
def _running(folder: Path, *arguments: str, before: str = "") -> Iterator[int]:
    """Run a script of the name, as an interpreter with the script's path behind it."""
    script = folder / _PROGRAM
    script.write_text(f"{before}\necho ready\nwhile :; do read line; done\n")
    process = Account.own().popen(
        ["/bin/sh", script, *arguments],
        folder=folder,
        output=subprocess.PIPE,
        stdin=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def test_a_server_is_its_program_on_its_data_folder(tmp_path: Path) -> None:
    group = ProcessGroup(_PROGRAM, tmp_path)
    assert group.server() is None
    with _running(tmp_path, f"--datadir={tmp_path}", "--port=1234") as pid:
        server = group.server()
        assert server is not None
        assert (server.pid, server.option("port")) == (pid, "1234")
        assert ProcessGroup(_PROGRAM, tmp_path / "other").server() is None
        assert ProcessGroup("another-program", tmp_path).server() is None
    assert group.server() is None


def test_stop_is_clean_when_the_server_follows_the_signal(tmp_path: Path) -> None:
    with _running(tmp_path, str(tmp_path)) as pid:
        assert ProcessGroup(_PROGRAM, tmp_path).stop(signal.SIGTERM, seconds=10)
        assert not _exists(pid)


def test_stop_kills_what_does_not_follow(tmp_path: Path) -> None:
    with _running(tmp_path, str(tmp_path), before="trap '' TERM"):
        group = ProcessGroup(_PROGRAM, tmp_path)
        assert not group.stop(signal.SIGTERM, seconds=0.2)
        assert group.server() is None


def test_stop_without_a_server_does_nothing(tmp_path: Path) -> None:
    assert ProcessGroup(_PROGRAM, tmp_path).stop(signal.SIGTERM, seconds=0)


def test_lines_that_name_an_error_are_told_before_advice() -> None:
    output = (
        b"creating files\nFATAL: No space left on device.\n\nsee https://example.org for more\n"
    )
    assert telling_lines(output) == "    FATAL: No space left on device"
    assert telling_lines(b"all quiet\n") == "    all quiet"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
