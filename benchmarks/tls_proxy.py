"""Ends TLS in front of a local service: `python -m benchmarks.tls_proxy ADDRESS PORT CERT KEY`.

Bytes pass as they are. Port 80 of the address passes too: a local service names its results by
`http://`, which peers follow.
"""

import asyncio
import ssl
import sys
from typing import cast

import uvloop


class Side(asyncio.Protocol):
    """One end of a passage; the other writes what it reads, and holds it back when it cannot."""

    transport: asyncio.Transport
    other: "Side | None" = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        assert self.other
        self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other:
            self.other.transport.resume_reading()


class Front(Side):
    """The peer's end; it waits for the service's."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.connecting = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        back = Side()
        await asyncio.get_running_loop().create_connection(lambda: back, "127.0.0.1", self.port)
        self.other, back.other = back, self
        back.transport.writelines(self.early)

    def data_received(self, data: bytes) -> None:
        if self.other:
            self.other.transport.write(data)
        else:
            self.early.append(data)


async def main(address: str, port: str, certificate: str, key: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Front(int(port)), address, 443, ssl=context)
    await loop.create_server(lambda: Front(int(port)), address, 80)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
