"""A TCP proxy before the S3 server that kills a process at its n-th write: before the server has
seen the write, or after the server has done it and before the process hears of it."""

import os
import re
import signal
import socket
import threading
from contextlib import suppress

WRITE = re.compile(rb"(PUT|POST|DELETE) (\S+) HTTP")
BUFFER = 256 * 1024


class Tripwire:
    """`url` is the endpoint to give; `arm` sets the trap for the next process."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.writes: list[str] = []
        self.killed = False
        self._trap: tuple[int, bool] | None = None
        self._pid: int | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, number: int | None, before: bool = True) -> None:
        """Kill at write `number` (from 1); None only counts."""
        with self._lock:
            self.writes, self.killed, self._pid = [], False, None
            self._trap = None if number is None else (number, before)

    def aim(self, pid: int) -> None:
        self._pid = pid

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(self._server)
        sprung = threading.Event()  # the answer to this connection's write is the signal
        back = threading.Thread(target=self._answer, args=(server, client, sprung), daemon=True)
        back.start()
        with suppress(OSError), client, server:
            while data := client.recv(BUFFER):
                found = WRITE.match(data)
                if found and self._trips(found.group(2).decode(), sprung):
                    self._kill()
                    return
                server.sendall(data)

    def _trips(self, path: str, sprung: threading.Event) -> bool:
        """Whether to kill before this write; one to be killed after is marked on `sprung`."""
        with self._lock:
            self.writes.append(path)
            if self._trap is None or len(self.writes) != self._trap[0]:
                return False
            if self._trap[1]:
                return True
            sprung.set()
            return False

    def _answer(
        self, server: socket.socket, client: socket.socket, sprung: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := server.recv(BUFFER):
                if sprung.is_set() and not data.startswith(b"HTTP/1.1 100"):
                    self._kill()
                    return
                client.sendall(data)

    def _kill(self) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
                self.killed = True
