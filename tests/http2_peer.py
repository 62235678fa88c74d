"""A client that says over HTTP/2 what no library would: frames of its own making, and no message has to be whole."""

import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1

# What HTTP/2 has as error of a stream whose sender is to calm down; gRPC takes it for RESOURCE_EXHAUSTED.
ENHANCE_YOUR_CALM = 11

_FIRST_WINDOW = 65535


def _literal(text):
    """An HPACK string that is neither compressed nor remembered."""
    assert len(text) < 127
    return bytes([len(text)]) + text


def _header(name, value):
    return b"\0" + _literal(name) + _literal(value)


class Http2Peer:
    """One connection with one stream, number 1."""

    def __init__(self, path, timeout, connection=None):
        """Connects to `path`, or takes over `connection`, on which nothing was said yet."""
        self._socket = connection or socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        if connection is None:
            self._socket.connect(path)
        self._socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self._send(SETTINGS, 0, 0, b"")
        self._received = b""
        # How much of a body the server still takes, of this stream and of all.
        self._windows = {0: _FIRST_WINDOW, 1: _FIRST_WINDOW}
        # RST_STREAM's error code, or the status that the trailers name; None while neither has come.
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
        """The prefix of a message that has, or claims to have, this length."""
        self.send(b"\0" + struct.pack(">I", length))

    def send(self, data):
        """A piece of the body, as soon as the server takes it; False once the call is over."""
        while not self.is_over() and min(self._windows.values()) < len(data):
            self._receive()
        if self.is_over():
            return False
        self._send(DATA, 0, 1, data)
        for stream in self._windows:
            self._windows[stream] -= len(data)
        return True

    def end_request(self):
        """Says that the body is complete."""
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
            # gRPC does not compress the value, and it is the first that the connection has.
            self.status = int(payload.partition(b"grpc-status\1")[2][:1])
        elif kind == GOAWAY:
            raise ConnectionError(f"the server ends the connection: {payload!r}")

    def _take_settings(self, payload):
        for place in range(0, len(payload), 6):
            identifier, value = struct.unpack(">HI", payload[place:place + 6])
            if identifier == 4:
                self._windows[1] += value - _FIRST_WINDOW
        self._send(SETTINGS, ACK, 0, b"")
