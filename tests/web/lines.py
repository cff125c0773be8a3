"""Plain sockets to a server: what is sent is sent byte for byte, and what comes back is read answer by answer."""

import re
import socket

ANSWER = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
SECONDS = 10.0


def asked(head: bytes, more: bytes = b"", body: bytes = b"") -> bytes:
    """A request for the server's own host, which stands for HOST until it is sent."""
    return head + b"\r\nHost: HOST\r\n" + more + b"\r\n" + body


class Line:
    """One connection. `told` is what came over it, answer by answer, until it is closed or says no more."""

    def __init__(self, host: str) -> None:
        name, _, port = host.partition(":")
        self.host = host
        self.socket = socket.create_connection((name, int(port)), SECONDS)
        self.read = b""
        self.answered = b""  # the last answer, whole
        self.is_closed = False

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, text: bytes) -> None:
        try:
            self.socket.sendall(text.replace(b"HOST", self.host.encode()))
        except OSError:  # it hung up before all of it was sent
            self.is_closed = True

    def answer(self) -> int:
        """The status of the next answer, read to its end; 0 when the line is dead."""
        while b"\r\n\r\n" not in self.read and self._more():
            pass
        found = ANSWER.match(self.read)
        if found is None:
            return 0
        head, _, rest = self.read.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        wanted = int(length[1]) if length else 0
        while len(rest) < wanted and self._more():
            rest = self.read.partition(b"\r\n\r\n")[2]
        self.answered, self.read = head + b"\r\n\r\n" + rest[:wanted], rest[wanted:]
        return int(found[1])

    def _more(self) -> bool:
        try:
            part = self.socket.recv(65_536)
        except ConnectionError:
            part = b""
        self.is_closed = self.is_closed or not part
        self.read += part
        return bool(part)
