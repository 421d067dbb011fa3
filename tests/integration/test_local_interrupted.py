"""An `up` that is killed at any step of its first run leaves nothing that breaks the next."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.local.stack import down, up
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

_UP = """
import sys
from pathlib import Path
from orchestration.local.stack import up
from orchestration.settings import Settings
up(Settings(_env_file=None, home=Path(sys.argv[1])))
"""

# What is there at a step of the first `up`, in order; what an earlier one finished stays.
_STEPS = (
    ("servers/postgres.new-*/data/global", signal.SIGKILL),
    ("servers/postgres/tmp", signal.SIGKILL),
    ("servers/mysql.new-*/data/mysql", signal.SIGINT),
    ("servers/mysql.new-*/data/mysql", signal.SIGKILL),
    ("servers/mongo.new-*/data/WiredTiger", signal.SIGKILL),
    ("servers/mongo/tmp", signal.SIGKILL),
)


@pytest.fixture
def settings() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="softcart-interrupted-") as folder:
        Path(folder).chmod(0o755)
        bare = Settings(
            _env_file=None,
            home=Path(folder) / "home",
            postgres_url=None,
            mysql_url=None,
            mongo_url=None,
        )
        try:
            yield bare
        finally:
            down(bare, delete_data=True)


def _interrupt_when(home: Path, pattern: str, how: signal.Signals) -> bool:
    """Start `up` and end it as soon as the pattern matches; False when it ended before that."""
    process = subprocess.Popen([sys.executable, "-c", _UP, str(home)], stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if any(home.glob(pattern)):
            process.send_signal(how)
            process.wait()
            return True
        time.sleep(0.002)
    return False


def test_up_works_after_being_interrupted_at_every_step(settings: Settings) -> None:
    reached = [_interrupt_when(settings.home, *step) for step in _STEPS]
    assert all(reached), reached
    running = up(settings)
    with connect_postgres(running) as postgres:
        assert postgres.execute("select 1").fetchone() == (1,)
    connect_mysql(running).close()
    connect_mongo(running).client.close()
    assert sorted(path.name for path in (settings.home / "servers").iterdir()) == [
        "mongo",
        "mysql",
        "postgres",
    ]
