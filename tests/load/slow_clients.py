# SPDX-License-Identifier: Apache-2.0
"""Many clients that send and read slowly on real sockets, and a fast client that measures how the site is served
meanwhile. HTTP/1.1; pyw.http2 contains the HTTP/2 clients.
"""
import asyncio
import socket
import time

SMALL = 4096


class Tally:
    """The results of the fast client: the seconds of each request, and the errors."""

    def __init__(self):
        self.times = []
        self.failures = []

    def percentile(self, percent):
        return sorted(self.times)[min(len(self.times) - 1, len(self.times) * percent // 100)]


async def open_connection(port, receive_buffer=SMALL):
    """With a small buffer the server notices soon that the client does not read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    return await asyncio.open_connection(sock=connection, limit=receive_buffer)


async def slow_upload(port, path, size, seconds):
    """Send all but the last byte in small steps for `seconds`, and then the last byte. Return the bytes of the
    response.
    """
    reader, writer = await open_connection(port)
    end = time.monotonic() + seconds
    writer.write(b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (
        path.encode(), size))
    sent, step = 0, max(1, size // 50)
    while sent < size - 1 and time.monotonic() < end:
        piece = min(step, size - 1 - sent)
        writer.write(b"x" * piece)
        await writer.drain()
        sent += piece
        await asyncio.sleep(seconds / 50)
    writer.write(b"x" * (size - sent))
    response = await reader.read()
    writer.close()
    return response


async def slow_reader(port, path, seconds):
    """Read a little from time to time for `seconds`, and then the rest. Return the number of bytes."""
    reader, writer = await open_connection(port)
    writer.write(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
    end = time.monotonic() + seconds
    size = 0
    while time.monotonic() < end:
        data = await reader.read(100)
        size += len(data)
        if not data:
            break
        await asyncio.sleep(0.2)
    data = await reader.read(1 << 16)
    while data:
        size += len(data)
        data = await reader.read(1 << 16)
    writer.close()
    return size


async def fast_client(port, path, seconds, tally):
    """Send one request after the other, each on a new connection."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        try:
            reader, writer = await open_connection(port, 65536)
            writer.write(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
            response = await asyncio.wait_for(reader.read(), 20)
            writer.close()
            if not response.startswith(b"HTTP/1.1 200"):
                tally.failures.append(response[:100])
        except (OSError, asyncio.TimeoutError) as error:
            tally.failures.append(repr(error))
        tally.times.append(time.monotonic() - start)
        await asyncio.sleep(0.005)
