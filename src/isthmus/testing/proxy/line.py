"""Ending a connection rudely."""

import asyncio
import os
import socket
import struct

#: Discard what is not sent and send RST: what a crashed machine or a firewall does.
_AT_ONCE = struct.pack("ii", 1, 0)


def reset(transport: asyncio.WriteTransport | None) -> None:
    """Reset a connection: the other end sees `connection reset by peer`."""
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        # Not every event loop lets its own socket be changed, so a second handle of it is.
        with socket.socket(fileno=os.dup(sock.fileno())) as handle:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()
