# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 on a raw socket: send exactly the given bytes, and distinguish complete from truncated responses."""
import json
import socket

TIMEOUT = 30


class Response:
    """A response. `complete` is False if the connection ended before the body did, according to its framing."""

    def __init__(self, version, status, reason, headers):
        self.version = version
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = b""
        self.complete = False
        self.framing = "none"
        self.interim = []

    def header(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "<Response %d %s %d bytes, %s, %s>" % (
            self.status, self.reason, len(self.body), self.framing, "complete" if self.complete else "CUT")


class Connection:
    """One connection. It reads no more bytes than the responses need."""

    def __init__(self, port, host="127.0.0.1", timeout=TIMEOUT, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.address = (host, port)
        self.socket.connect(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.ended = False
        self.was_reset = False

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Close with RST, like a client whose process dies with unread data."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_chunk(self, data):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def request(self, method, path, headers=(), body=None, chunked=False):
        """Send a request; `headers` are pairs. Return the response."""
        self.start(method, path, headers, body, chunked)
        return self.read_response(method)

    def start(self, method, path, headers=(), body=None, chunked=False):
        lines = ["%s %s HTTP/1.1" % (method, path)]
        headers = list(headers)
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ("Host", "%s:%d" % self.address))
        if chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        elif body is not None:
            headers.append(("Content-Length", str(len(body))))
        lines += ["%s: %s" % pair for pair in headers]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if not chunked:
            self.send(head + (body or b""))
            return
        self.send(head)
        for block in ([body] if isinstance(body, bytes) else body or []):
            if block:
                self.send_chunk(block)
        self.send(b"0\r\n\r\n")

    def _more(self):
        """Return False at the end of the connection, however it ended."""
        if self.ended:
            return False
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            self.was_reset = True
            data = b""
        self.ended = not data
        self.buffer += data
        return not self.ended

    def _line(self):
        while b"\n" not in self.buffer:
            if not self._more():
                return None
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def _take(self, size):
        """Return `size` bytes, or fewer at the end of the connection."""
        parts, missing = [], size
        while missing:
            if not self.buffer and not self._more():
                break
            part, self.buffer = self.buffer[:missing], self.buffer[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def read_head(self):
        """Return the next response head, or None if the connection ends first. Each 1xx has its own head."""
        line = self._line()
        if line is None:
            return None
        version, status, *reason = line.decode("latin-1").split(" ", 2)
        headers = []
        while True:
            line = self._line()
            if line is None:
                return None
            if not line:
                break
            name, value = line.decode("latin-1").split(":", 1)
            headers.append((name, value.strip()))
        return Response(version, int(status), reason[0] if reason else "", headers)

    def read_response(self, method="GET"):
        """Return the next final response with its body, and 1xx before it in .interim. None: the connection ended."""
        interim = []
        while True:
            response = self.read_head()
            if response is None:
                return None
            if response.status >= 200:
                break
            interim.append(response)
        response.interim = interim
        self._read_body(response, method)
        return response

    def _read_body(self, response, method):
        length = response.header("Content-Length")
        if method == "HEAD" or response.status in (204, 304):
            response.complete = True
        elif "chunked" in (response.header("Transfer-Encoding") or "").lower():
            response.framing = "chunked"
            response.complete = self._read_chunks(response)
        elif length is not None:
            response.framing = "length"
            response.body = self._take(int(length))
            response.complete = len(response.body) == int(length)
        else:
            response.framing = "close"
            while self._more():
                pass
            response.body, self.buffer = self.buffer, b""
            response.complete = not self.was_reset

    def read_chunk(self):
        """Return the bytes of the next chunk; b"" is the last one. None: the connection ended inside it."""
        line = self._line()
        if line is None:
            return None
        size = int(line.split(b";")[0], 16)
        data = self._take(size)
        if len(data) < size:
            self.partial = data
            return None
        return data if self._line() is not None else None

    def _read_chunks(self, response):
        parts = []
        self.partial = b""
        while True:
            data = self.read_chunk()
            if not data:
                response.body = b"".join(parts) + (self.partial if data is None else b"")
                return data is not None
            parts.append(data)

    def is_closed_by_server(self):
        """Return whether the server ends the connection within the socket's timeout."""
        try:
            while self._more():
                pass
        except socket.timeout:
            return False
        return True
