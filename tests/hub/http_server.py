"""A small threaded HTTP/1.1 server for tests: keep-alive, ranges by sendfile, TLS, and answers that go
wrong where they are told to. It logs every request, with the bytes of the file that really left.
"""

import gzip
import os
import socket
import ssl
import struct
import threading
import time
import urllib.parse

HEAD_BYTES_MAX = 64 * 1024
PIECE_BYTES = 64 * 1024
SENDFILE_BYTES = 1 << 20
REASONS = {200: "OK", 206: "Partial Content", 301: "Moved Permanently", 302: "Found", 304: "Not Modified",
           307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
           403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 416: "Range Not Satisfiable",
           429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}


class Request:
    """`path` is as sent, still percent-encoded; `headers` has lower-case names."""

    def __init__(self, method, target, headers, body, peer):
        self.method, self.target, self.headers, self.body, self.peer = method, target, headers, body, peer
        self.path, _, query = target.partition("?")
        self.query = urllib.parse.parse_qs(query, keep_blank_values=True)

    def flag(self, name):
        return self.query.get(name, [""])[-1].lower() in ("true", "1")

    @property
    def token(self):
        words = self.headers.get("authorization", "").split(None, 1)
        return words[1] if len(words) == 2 and words[0].lower() == "bearer" else None


class LogRow:
    """What one request was, and what it was given."""

    def __init__(self, server, request):
        self.server, self.method, self.target, self.path = server, request.method, request.target, request.path
        self.range = request.headers.get("range")
        self.headers = dict(request.headers)
        self.authorized = "authorization" in request.headers
        self.status = None
        self.subject = ""  # "org/name/path/of/file", where the request is about one
        self.stages = ()
        self.sent = None  # (first, end) of the file's bytes that were handed to the kernel
        self.asked = None  # (first, end) of what was asked for, as the answer understood it

    def as_json(self):
        return {key: value for key, value in vars(self).items() if key not in ("server", "headers")} | {
            "server": self.server, "headers": sorted(self.headers)}


class Answer:
    """A status, headers and a body: `content` from `first` on for `length` bytes, or a `stream` of pieces.

    What follows below the line are the ways in which it can go wrong on its way.
    """

    def __init__(self, status, headers=(), body=b"", content=None):
        self.status, self.headers = status, [(name, str(value)) for name, value in headers]
        self.body, self.content, self.stream = body, content, None
        self.first, self.length = 0, content.size if content else len(body)
        self.subject, self.stages = "", ()
        # ----
        self.drop_after = None  # bytes of the body after which the connection ends
        self.reset = False  # end it with a reset instead of an ordinary end
        self.corrupt_at = []  # offsets in the file of bytes that are sent inverted
        self.bytes_per_second = None
        self.declared_length = None
        self.hang = False  # send nothing at all until the server is closed

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def set(self, name, value):
        self.drop(name)
        if value is not None:
            self.headers.append((name, str(value)))

    def drop(self, name):
        self.headers = [(key, value) for key, value in self.headers if key.lower() != name.lower()]

    def compress(self):
        """gzip, whatever was asked for; of a file's bytes what the range selects."""
        plain = self.content.read(self.first, self.length) if self.content else self.body
        self.body, self.content = gzip.compress(plain, 1), None
        self.first, self.length = 0, len(self.body)
        self.set("Content-Encoding", "gzip")


def parse_range(text, size):
    """(first, end) of a single `bytes=` range, clamped; None for no range; "bad" outside the file."""
    if not text or not text.startswith("bytes=") or "," in text:
        return None
    first, dash, last = text[len("bytes="):].strip().partition("-")
    if not dash or not (first + last).isdigit():
        return None
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(size, int(last) + 1) if last else size
    return (begin, end) if begin < end else "bad"


def select_range(request, answer):
    """Turns a 200 with a file into the 206 or 416 that the Range header asks for. If-Range is honoured."""
    if_range = request.headers.get("if-range")
    if answer.status != 200 or answer.content is None or (if_range and if_range != answer.header("ETag")):
        return
    answer.set("Accept-Ranges", "bytes")
    size = answer.content.size
    found = parse_range(request.headers.get("range"), size)
    if found == "bad":
        answer.status, answer.content, answer.body, answer.length = 416, None, b"", 0
        answer.set("Content-Range", f"bytes */{size}")
    elif found:
        answer.status = 206
        answer.first, answer.length = found[0], found[1] - found[0]
        answer.set("Content-Range", f"bytes {found[0]}-{found[1] - 1}/{size}")


class Dropped(Exception):
    """The connection is to be ended here."""


class Connection:
    """One client's connection: reads requests, asks the server's `answer`, sends what it says."""

    def __init__(self, server, sock, peer):
        self.server, self.sock, self.peer = server, sock, peer
        self.buffer = b""

    def serve(self):
        try:
            while self.serve_one():
                pass
        except (OSError, Dropped, ValueError):
            pass  # a client that goes away, or that speaks no HTTP, is nobody's failure but its own
        finally:
            self.sock.close()

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            more = self.sock.recv(PIECE_BYTES)
            if not more or len(self.buffer) > HEAD_BYTES_MAX:
                return None
            self.buffer += more
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head.decode("latin-1").split("\r\n")

    def read_body(self, headers):
        count = int(headers.get("content-length", 0))
        while len(self.buffer) < count:
            more = self.sock.recv(PIECE_BYTES)
            if not more:
                raise Dropped
            self.buffer += more
        body, self.buffer = self.buffer[:count], self.buffer[count:]
        return body

    def serve_one(self):
        lines = self.read_head()
        if lines is None:
            return False
        method, target, version = lines[0].split(" ")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        request = Request(method, target, headers, self.read_body(headers), self.peer)
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        with self.server.at_work():
            row = LogRow(self.server.label, request)
            answer = self.server.answer(request)
            row.status, row.subject, row.stages = answer.status, answer.subject, answer.stages
            self.server.log.append(row)
            self.send(request, answer, keep, row)
        return keep

    def send(self, request, answer, keep, row):
        if answer.hang:
            self.server.closing.wait()
            raise Dropped
        lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if answer.stream is not None:
            lines.append("Transfer-Encoding: chunked")
        elif answer.header("Content-Length") is None:
            length = answer.length if answer.declared_length is None else answer.declared_length
            lines.append(f"Content-Length: {length}")
        if not keep:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if request.method == "HEAD":
            self.sock.sendall(head)
        elif answer.stream is not None:
            self.send_stream(head, answer.stream)
        else:
            self.send_body(head, answer, row)

    def send_stream(self, head, stream):
        self.sock.sendall(head)
        for piece in stream:
            if self.server.closing.is_set():
                raise Dropped
            self.sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.sock.sendall(b"0\r\n\r\n")

    def send_body(self, head, answer, row):
        length = answer.length if answer.drop_after is None else min(answer.length, answer.drop_after)
        if answer.content is None:
            self.sock.sendall(head + answer.body[:length])
        else:
            row.asked = (answer.first, answer.first + answer.length)
            self.send_content(head, answer, length, row)
        if answer.drop_after is not None and answer.drop_after < answer.length:
            if answer.reset:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Dropped
        if answer.declared_length not in (None, answer.length):
            raise Dropped  # what the client still waits for will not come

    def send_content(self, head, answer, length, row):
        content, first = answer.content, answer.first
        plain = not answer.corrupt_at and not answer.bytes_per_second
        row.sent = (first, first)
        if plain and length <= PIECE_BYTES:
            self.sock.sendall(head + content.read(first, length))
            row.sent = (first, first + length)
            return
        self.sock.sendall(head)
        if plain and content.path and not isinstance(self.sock, ssl.SSLSocket):
            self.send_file(content.path, first, length, row)
            return
        done = 0
        while done < length:
            count = min(PIECE_BYTES, length - done, max(1, (answer.bytes_per_second or PIECE_BYTES * 20) // 20))
            piece = bytearray(content.read(first + done, count))
            for offset in answer.corrupt_at:
                if first + done <= offset < first + done + len(piece):
                    piece[offset - first - done] ^= 0xFF
            self.sock.sendall(piece)
            done += len(piece)
            row.sent = (first, first + done)
            if answer.bytes_per_second:
                time.sleep(len(piece) / answer.bytes_per_second)

    def send_file(self, path, first, length, row):
        with open(path, "rb") as file:
            done = 0
            while done < length:
                count = os.sendfile(self.sock.fileno(), file.fileno(), first + done, min(SENDFILE_BYTES, length - done))
                if count == 0:
                    raise Dropped  # the file has become shorter
                done += count
                row.sent = (first, first + done)


class HttpServer:
    """Listens on loopback until closed. Subclasses answer; `log` is shared where one is given."""

    label = "server"

    def __init__(self, host="127.0.0.1", port=0, log=None, tls=None, send_buffer_bytes=None):
        """`tls`: an ssl.SSLContext; `send_buffer_bytes`: a small one makes `sent` near what arrived."""
        self.log = [] if log is None else log
        self.tls, self.send_buffer_bytes = tls, send_buffer_bytes
        self.closing = threading.Event()
        self.connections = set()
        self.active, self.condition = 0, threading.Condition()
        self.listener = socket.create_server((host, port), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.origin = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self.acceptor = threading.Thread(target=self.accept_all, daemon=True)

    def start(self):
        self.acceptor.start()

    def answer(self, request):
        raise NotImplementedError

    def accept_all(self):
        while not self.closing.is_set():
            try:
                sock, peer = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_connection, args=(sock, peer), daemon=True).start()

    def serve_connection(self, sock, peer):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.send_buffer_bytes:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.send_buffer_bytes)
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        self.connections.add(sock)
        try:
            Connection(self, sock, peer).serve()
        finally:
            self.connections.discard(sock)

    def at_work(self):
        return AtWork(self)

    def wait_idle(self, seconds=30):
        """Until no request is being answered; after a client was killed, what it asked for has ended then."""
        with self.condition:
            if not self.condition.wait_for(lambda: self.active == 0, seconds):
                raise TimeoutError(f"{self.label} is still answering {self.active} requests")

    def close(self):
        self.closing.set()
        for sock in [self.listener, *self.connections]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()
        self.acceptor.join()


class AtWork:
    """Counts a request as being answered."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        with self.server.condition:
            self.server.active += 1

    def __exit__(self, *_):
        with self.server.condition:
            self.server.active -= 1
            self.server.condition.notify_all()
