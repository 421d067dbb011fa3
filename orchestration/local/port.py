"""Loopback ports."""

from __future__ import annotations

import errno
import socket

from orchestration.errors import SoftcartError

LOOPBACK = "127.0.0.1"
_PORTS_TO_TRY = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of the loopback interface now."""
    with socket.socket() as probe:
        # As servers do: a connection of an earlier server that lingers is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def first_free_port(start: int) -> int:
    """Return the first free port from `start` upwards."""
    for port in range(start, min(start + _PORTS_TO_TRY, 65536)):
        if is_free(port):
            return port
    raise SoftcartError(
        f"No free port from {start} to {start + _PORTS_TO_TRY - 1} on {LOOPBACK}",
        remedy="Stop programs that hold them, or set SOFTCART_POSTGRES_PORT, SOFTCART_MYSQL_PORT "
        "and SOFTCART_MONGO_PORT to free ports",
    )


def any_free_port() -> int:
    """Return a port that nobody expects to be taken, for a server that lives for a moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
