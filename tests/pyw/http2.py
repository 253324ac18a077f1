# SPDX-License-Identifier: Apache-2.0
"""A cleartext HTTP/2 connection that gives the test as much control of the protocol as a slow client needs."""
import socket

import h2.config
import h2.connection
import h2.events

TIMEOUT = 20


class Http2Connection:
    """`window`: how many bytes of a response the server may send before the test calls read_more()."""

    def __init__(self, port, window=65535, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(("127.0.0.1", port))
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.flush()
        self.statuses, self.bodies, self.ended, self.resets = {}, {}, set(), {}
        self.unacknowledged = {}

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.socket.close()

    def close(self):
        self.socket.close()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def start(self, method, path, headers=(), end=True):
        """Return the number of the stream."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [(":method", method), (":path", path), (":scheme", "http"),
                                      (":authority", "127.0.0.1"), *headers], end_stream=end)
        self.bodies[stream] = bytearray()
        self.unacknowledged[stream] = 0
        self.flush()
        return stream

    def send(self, stream, data, end=False):
        """Send as much as the server's window allows, and the rest as the window opens."""
        while data or end:
            size = min(len(data), self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if data and not size:
                self.receive()
                continue
            self.h2.send_data(stream, data[:size], end_stream=end and size == len(data))
            self.flush()
            data = data[size:]
            if not data:
                return

    def receive(self):
        """Handle the next data from the server. False: it closed the connection."""
        data = self.socket.recv(65536)
        for event in self.h2.receive_data(data) if data else ():
            self.take(event)
        self.flush()
        return bool(data)

    def take(self, event):
        if isinstance(event, h2.events.ResponseReceived):
            self.statuses[event.stream_id] = int(dict(event.headers)[":status"])
        elif isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id] += event.data
            self.unacknowledged[event.stream_id] += event.flow_controlled_length
        elif isinstance(event, h2.events.StreamEnded):
            self.ended.add(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self.resets[event.stream_id] = event.error_code

    def wait_head(self, stream):
        while stream not in self.statuses and self.receive():
            pass
        return self.statuses[stream]

    def read_more(self, stream):
        """Open the window again for all received data."""
        size, self.unacknowledged[stream] = self.unacknowledged[stream], 0
        if size and stream not in self.ended:
            self.h2.acknowledge_received_data(size, stream)
            self.flush()

    def read_all(self, stream):
        """Return the body, and whether it is complete."""
        while stream not in self.ended and stream not in self.resets:
            self.read_more(stream)
            if not self.receive():
                break
        return bytes(self.bodies[stream]), stream in self.ended and stream not in self.resets
