"""Messages between processes: JSON with its length in front, so that a half one is noticed."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

_LENGTH = struct.Struct("!Q")


def send(channel: socket.socket, message: Any) -> None:
    """Send one message; whatever JSON does not know goes as a kernel would send it."""
    from jupyter_client.jsonutil import json_default

    body = json.dumps(message, default=json_default).encode("ascii")
    channel.sendall(_LENGTH.pack(len(body)) + body)


def receive(channel: socket.socket, until: float | None = None) -> Any:
    """The next message, or None where the other side has ended; TimeoutError after ``until``."""
    head = _exactly(channel, _LENGTH.size, until)
    body = _exactly(channel, _LENGTH.unpack(head)[0], until) if head else None
    return json.loads(body) if body else None


def _exactly(channel: socket.socket, size: int, until: float | None) -> bytes | None:
    got = bytearray()
    while len(got) < size:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
        try:
            part = channel.recv(min(size - len(got), 1 << 20))
        except ConnectionError:
            return None
        if not part:
            return None
        got += part
    return bytes(got)
