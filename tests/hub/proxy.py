"""A forward proxy for tests: tunnels for https (CONNECT), forwarded requests for http. It logs first lines."""

import socket
import threading
import urllib.parse

PIECE_BYTES = 65536


class Proxy:
    """On an ephemeral port of loopback until closed; `lines` are the requests' first lines, `heads` the whole."""

    def __init__(self):
        self.lines, self.heads = [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept_all, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

    def accept_all(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        """One request, then whatever both sides say until one of them ends: enough for tests."""
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(PIECE_BYTES)
                if not more:
                    return
                head += more
            first, _, rest = head.partition(b"\r\n")
            self.lines.append(first.decode())
            self.heads.append(head.decode("latin-1"))
            method, target, version = first.decode().split(" ")
            place = urllib.parse.urlsplit(target if "://" in target else f"//{target}")
            with socket.create_connection((place.hostname, place.port or 80), timeout=30) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    path = place.path + (f"?{place.query}" if place.query else "")
                    # One request a connection, so that the next one is seen here too.
                    server.sendall(f"{method} {path} {version}\r\nConnection: close\r\n".encode() + rest)
                self.both_ways(client, server)

    @staticmethod
    def both_ways(client, server):
        def copy(source, target):
            try:
                while True:
                    piece = source.recv(PIECE_BYTES)
                    if not piece:
                        break
                    target.sendall(piece)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        up = threading.Thread(target=copy, args=(client, server), daemon=True)
        up.start()
        copy(server, client)
        try:
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        up.join()
