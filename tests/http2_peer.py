"""A client that speaks raw HTTP/2: it sends its own frames and may leave messages incomplete."""

import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1

# The HTTP/2 error code for a sender of too much (RFC 9113, section 7), which gRPC maps to RESOURCE_EXHAUSTED.
ENHANCE_YOUR_CALM = 11

_FIRST_WINDOW = 65535


def _literal(text):
    """Returns an HPACK string without compression or indexing."""
    assert len(text) < 127
    return bytes([len(text)]) + text


def _header(name, value):
    return b"\0" + _literal(name) + _literal(value)


class Http2Peer:
    """One connection with one stream, number 1."""

    def __init__(self, path, timeout, connection=None):
        """Connects to `path`, or takes over an unused `connection`."""
        self._socket = connection or socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        if connection is None:
            self._socket.connect(path)
        self._socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self._send(SETTINGS, 0, 0, b"")
        self._received = b""
        # The server's remaining flow-control windows: 0 is the connection's, 1 the stream's.
        self._windows = {0: _FIRST_WINDOW, 1: _FIRST_WINDOW}
        # RST_STREAM's error code, and the trailers' grpc-status; None until received.
        self.reset = None
        self.status = None

    def close(self):
        self._socket.close()

    def _send(self, kind, flags, stream, payload):
        self._socket.sendall(struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload)

    def call(self, method):
        """Begins a call of the method, "/hob.v1.Supervisor/Status"."""
        fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", method.encode()), (b":authority", b"x"),
                  (b"te", b"trailers"), (b"content-type", b"application/grpc")]
        self._send(HEADERS, END_HEADERS, 1, b"".join(_header(name, value) for name, value in fields))

    def begin_message(self, length):
        """Sends the prefix of a message that claims to have this length."""
        self.send(b"\0" + struct.pack(">I", length))

    def send(self, data):
        """Sends a piece of the body once the window allows it; returns False if the call is over."""
        while not self.is_over() and min(self._windows.values()) < len(data):
            self._receive()
        if self.is_over():
            return False
        self._send(DATA, 0, 1, data)
        for stream in self._windows:
            self._windows[stream] -= len(data)
        return True

    def end_request(self):
        """Ends the body."""
        self._send(DATA, END_STREAM, 1, b"")

    def is_over(self):
        return self.reset is not None or self.status is not None

    def await_end(self):
        while not self.is_over():
            self._receive()

    def _read(self, size):
        while len(self._received) < size:
            piece = self._socket.recv(65536)
            if not piece:
                raise ConnectionError("the server has hung up")
            self._received += piece
        result, self._received = self._received[:size], self._received[size:]
        return result

    def _receive(self):
        """Reads one frame."""
        head = self._read(9)
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        payload = self._read(int.from_bytes(head[:3], "big"))
        if kind == SETTINGS and not flags & ACK:
            self._take_settings(payload)
        elif kind == PING and not flags & ACK:
            self._send(PING, ACK, 0, payload)
        elif kind == WINDOW_UPDATE:
            self._windows[stream] += struct.unpack(">I", payload)[0]
        elif kind == RST_STREAM:
            self.reset = struct.unpack(">I", payload)[0]
        elif kind == HEADERS and flags & END_STREAM:
            # gRPC sends the value uncompressed, and literally because it is the connection's first.
            self.status = int(payload.partition(b"grpc-status\1")[2][:1])
        elif kind == GOAWAY:
            raise ConnectionError(f"the server ends the connection: {payload!r}")

    def _take_settings(self, payload):
        for place in range(0, len(payload), 6):
            identifier, value = struct.unpack(">HI", payload[place:place + 6])
            if identifier == 4:
                self._windows[1] += value - _FIRST_WINDOW
        self._send(SETTINGS, ACK, 0, b"")
