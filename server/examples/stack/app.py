#!/usr/bin/python3
"""Counts visits in PostgreSQL and in Redis. Serves HTTP on a Unix socket: app.py SOCKET."""

import contextlib
import http.server
import os
import select
import signal
import socket
import socketserver
import sys
import threading

import psycopg2

NAME = os.environ["HOB_DAEMON"]
# PGHOST and PGUSER tell it where to connect.
database = psycopg2.connect("")
database.autocommit = True


def redis(command):
    """Returns Redis's answer, a number."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("redis.sock")
        connection.sendall(command.encode() + b"\r\n")
        return int(connection.makefile().readline().removeprefix(":"))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            # Reports only on this process: restarting it does not help when PostgreSQL or Redis is slow.
            self.answer(503 if database.closed else 200, "")
            return
        with database.cursor() as cursor:
            cursor.execute("INSERT INTO visits DEFAULT VALUES RETURNING number")
            [number] = cursor.fetchone()
        own = redis(f"INCR {NAME}")
        self.answer(200, f"visit {number}; number {own} for {NAME}, process {os.getpid()}\n")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        with contextlib.suppress(BrokenPipeError):  # The client may have given up.
            self.end_headers()
            self.wfile.write(text.encode())

    def address_string(self):
        return "haproxy"  # The client of a Unix socket has no address.

    def log_request(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 128


def main(path):
    # All threads inherit this: TERM stays pending until the main thread takes it with sigwait().
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    server = Server(path, Handler)
    threading.Thread(target=server.serve_forever).start()
    signal.sigwait([signal.SIGTERM])
    # Without its socket, nothing new arrives. All that has arrived is answered: requests that are still in the queue, and
    # those in progress, for which server_close() waits.
    os.unlink(path)
    server.shutdown()
    while select.select([server], [], [], 0)[0]:
        server.handle_request()
    server.server_close()


main(sys.argv[1])
