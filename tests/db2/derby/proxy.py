"""Stands between IBM's driver and Derby's Network Server, so that they understand each other."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO

from derby.drda import as_client_of_derby, as_server_for_ibm, read_dss
from orchestration.local.port import LOOPBACK

Rewrite = Callable[[bytes], bytes]


class Proxy:
    """Listens on a port of its own while it is entered."""

    def __init__(self) -> None:
        self.server_port = 0
        """Derby's, from its start on."""
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._left: int | None = None
        self._act: Callable[[], None] = lambda: None

    def __enter__(self) -> Proxy:
        _start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _close(self._listener)
        self.cut()

    def cut(self) -> None:
        """Break every connection, as a network does that fails."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for each in sockets:
            _close(each)

    def after(self, size: int, act: Callable[[], None]) -> None:
        """Call `act` once, before clients' next request is passed on after `size` bytes of them."""
        with self._lock:
            self._left, self._act = size, act

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection((LOOPBACK, self.server_port))
            except OSError:  # there is no server: to the client, a connection that ends at once
                _close(client)
                continue
            with self._lock:
                self._sockets |= {client, server}
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _start(self._pass_on, client, server, self._request)
            _start(self._pass_on, server, client, as_server_for_ibm)

    def _request(self, dss: bytes) -> bytes:
        with self._lock:
            due = self._left is not None and self._left <= 0
            self._left = None if due or self._left is None else self._left - len(dss)
        if due:
            self._act()
        return as_client_of_derby(dss)

    def _pass_on(self, source: socket.socket, sink: socket.socket, rewrite: Rewrite) -> None:
        # However it ends, the other side must see it end too.
        with contextlib.suppress(OSError, EOFError, ValueError), source.makefile("rb") as stream:
            while True:
                sink.sendall(rewrite(read_dss(lambda size: _read(stream, size))))
        with self._lock:
            self._sockets -= {source, sink}
        for each in (source, sink):
            _close(each)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _start(target: Callable[..., None], *args: object) -> None:
    threading.Thread(target=target, args=args, daemon=True).start()


def _close(each: socket.socket) -> None:
    # A thread that waits in accept() or recv() wakes by the first alone.
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
