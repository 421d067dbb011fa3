"""Apache Derby's Network Server, private to a test run."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path

from derby.proxy import Proxy
from orchestration.local.port import LOOPBACK, any_free_port

DATABASE = "WIRE"
USER = "softcart"
_JARS = tuple(Path(f"/usr/share/java/{name}.jar") for name in ("derby", "derbynet", "derbytools"))
_START_SECONDS = 60.0
_PORTS_TO_TRY = 5


def missing_programs() -> list[str]:
    """Return what of Derby is not on this machine."""
    jars = [str(jar) for jar in _JARS if not jar.exists()]
    return jars if shutil.which("java") else ["java", *jars]


class Derby:
    """A server with one database, behind a proxy that lets IBM's driver in.

    It ends with this process, however that ends.

    Args:
        folder: Its own; the database, the user's password and the logs are in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.password = secrets.token_urlsafe(12)
        self.proxy = Proxy()
        self._process: subprocess.Popen[bytes] | None = None
        folder.chmod(0o700)
        (folder / "derby.properties").write_text(
            "derby.connection.requireAuthentication=true\n"
            "derby.authentication.provider=BUILTIN\n"
            f"derby.user.{USER}={self.password}\n"
        )
        # Derby has no exchange of keys that the driver knows: the password goes as it is.
        (folder / "db2dsdriver.cfg").write_text(
            '<configuration><parameters><parameter name="Authentication" value="SERVER"/>'
            "</parameters></configuration>\n"
        )

    @property
    def url(self) -> str:
        """The database as SOFTCART_DB2_URL would name it."""
        return f"db2://{USER}:{self.password}@{LOOPBACK}:{self.proxy.port}/{DATABASE}"

    @property
    def environment(self) -> dict[str, str]:
        """What the driver must find in its process's environment before it is loaded."""
        return {"DB2DSDRIVER_CFG_PATH": str(self.folder)}

    def create_database(self) -> None:
        """Make the database, before the server starts."""
        script = (
            f"connect 'jdbc:derby:{DATABASE};create=true;user={USER};password={self.password}';"
        )
        with (self.folder / "create.log").open("w") as log:
            subprocess.run(
                self._java("org.apache.derby.tools.ij"),
                cwd=self.folder,
                input=script.encode(),
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
            )

    def start(self) -> None:
        """Start the server with the data that it had, and wait until it is ready."""
        for _ in range(_PORTS_TO_TRY):
            self.proxy.server_port = any_free_port()
            if self._start():
                return
        raise RuntimeError(f"Derby does not start: {self._log()[-2000:]}")

    def _start(self) -> bool:
        """Start it once; False if it ended instead, as when another took its port meanwhile."""
        port = str(self.proxy.server_port)
        command = self._java("org.apache.derby.drda.NetworkServerControl")
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig=KILL", *command),
                    *("start", "-noSecurityManager", "-h", LOOPBACK, "-p", port),
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_SECONDS
        while f"ready to accept connections on port {port}" not in self._log():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                return False
            time.sleep(0.05)
        return True

    def kill(self) -> None:
        """End the server in the middle of what it does (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _java(self, main_class: str) -> list[str]:
        return [
            "java",
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Duser.language=en",
            f"-Dderby.system.home={self.folder}",
            *("-cp", os.pathsep.join(map(str, _JARS)), main_class),
        ]

    @property
    def _log_file(self) -> Path:
        return self.folder / "server.log"

    def _log(self) -> str:
        return self._log_file.read_text(errors="replace")
