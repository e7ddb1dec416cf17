#!/usr/bin/env python3
"""A Hugging Face Hub for tests: the real protocol on loopback, over repositories made from folders, with a
storage host of another origin, and with faults that can be switched on.

In a test:

    with TestHub([Repository.from_folder("org/name", folder)]) as hub:
        hub.fault("drop", path="model.safetensors", after=1000, times=1)
        ... hub.url ... hub.bytes_sent("org/name/model.safetensors") ... hub.token_seen_by_storage() ...

From a shell, until interrupted; prints one line of JSON with the addresses:

    test_hub.py --repo org/name=FOLDER[@COMMIT] [--rename OLD=org/name] [--fault '{"kind": "drop", …}']
                [--token TOKEN=USER] [--port N] [--prefix /hf]

While it runs: POST /_control/faults (a fault as JSON), DELETE /_control/faults, GET /_control/log,
DELETE /_control/log.
"""

import argparse
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from faults import Faults  # noqa: E402: the path is set above
from hub_pages import HubPages, Storage, error, json_answer  # noqa: E402
from http_server import HttpServer, select_range  # noqa: E402
from repositories import Repository  # noqa: E402

CONTROL = "/_control/"
STORAGE_HOST = "127.0.0.2"  # another host as well as another port, so that nobody takes the two for one


class FaultyServer(HttpServer):
    """Answers with what `pages` says, spoilt by what faults are on."""

    def __init__(self, label, pages, faults, **more):
        super().__init__(**more)
        self.label, self.pages, self.faults = label, pages, faults

    def answer(self, request):
        answer = self.pages.answer(request)
        self.faults.apply(request, answer, late=False)
        if request.method == "GET":
            select_range(request, answer)
        self.faults.apply(request, answer, late=True)
        return answer


class Controlled(FaultyServer):
    """The hub's own port, where a shell switches faults on and reads the log."""

    def answer(self, request):
        if not request.path.startswith(CONTROL):
            return super().answer(request)
        what = request.path[len(CONTROL):]
        if (request.method, what) == ("POST", "faults"):
            try:
                self.faults.add(**json.loads(request.body))
            except (TypeError, ValueError) as problem:
                return error(400, str(problem))
        elif (request.method, what) == ("DELETE", "faults"):
            self.faults.clear()
        elif (request.method, what) == ("GET", "log"):
            return json_answer([row.as_json() for row in self.log if not row.path.startswith(CONTROL)])
        elif (request.method, what) == ("DELETE", "log"):
            self.log.clear()
        else:
            return error(404, "no such control")
        return json_answer({})


class TestHub:
    """A hub and its storage host, from construction (or `with`) until close().

    `renames`: old name -> new; `tokens`: token -> user (Repository.readers names users); `prefix`: a path
    before everything; `resolve_cache`: whether small files come through a redirect on the same origin, as
    those of the public Hub do; `signed_seconds`: how long addresses of the storage host are good;
    `tls`: an ssl.SSLContext for both.
    """

    __test__ = False  # its name is no test's

    def __init__(self, repositories, renames=None, tokens=None, prefix="", resolve_cache=True, signed_seconds=3600,
                 port=0, tls=None, send_buffer_bytes=None):
        self.log, self.faults = [], Faults()
        self.pages = HubPages(repositories, dict(tokens or {}), dict(renames or {}), prefix, resolve_cache)
        more = {"log": self.log, "tls": tls, "send_buffer_bytes": send_buffer_bytes}
        self.hub = Controlled("hub", self.pages, self.faults, port=port, **more)
        self.storage = FaultyServer("storage", None, self.faults, host=STORAGE_HOST, **more)
        self.storage.pages = self.pages.storage = Storage(self.storage.origin, signed_seconds)
        self.pages.origin = self.hub.origin
        self.url = self.hub.origin + prefix
        self.hub.start()
        self.storage.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.hub.close()
        self.storage.close()

    def wait_idle(self):
        self.hub.wait_idle()
        self.storage.wait_idle()

    # ---- faults ----

    def fault(self, kind, **values):
        """Switches a fault on (faults.py has the kinds); `.applied` of what is returned counts its turns."""
        return self.faults.add(kind, **values)

    def clear(self):
        """Faults off, log empty."""
        self.faults.clear()
        self.log.clear()

    # ---- what the log tells ----

    def rows(self, subject=None, stage=None, method=None):
        return [row for row in list(self.log) if (subject is None or row.subject == subject)
                and (stage is None or stage in row.stages) and method in (None, row.method)]

    def bytes_sent(self, subject=None):
        """[(first, end)] of a file that left, in the order of the requests, once all of them have ended."""
        self.wait_idle()
        return [row.sent for row in self.rows(subject) if row.sent and row.sent[0] < row.sent[1]]

    def bytes_twice(self, subject):
        """How many bytes of a file left more than once."""
        twice, reached = 0, 0
        for first, end in sorted(self.bytes_sent(subject)):
            twice += max(0, min(reached, end) - first)
            reached = max(reached, end)
        return twice

    def bytes_total(self, subject=None):
        return sum(end - first for first, end in self.bytes_sent(subject))

    def token_seen_by_storage(self):
        return any(row.authorized for row in self.log if row.server == "storage")


# ---- from a shell ----


def repository_of(text):
    """org/name=FOLDER[@COMMIT]"""
    name, equals, folder = text.partition("=")
    folder, _, sha = folder.partition("@")
    if not equals or not os.path.isdir(folder):
        raise argparse.ArgumentTypeError(f"{text}: wanted is NAME=FOLDER[@COMMIT]")
    kind = "datasets" if name.startswith("datasets/") else "models"
    return Repository.from_folder(name[len("datasets/"):] if kind == "datasets" else name, folder, sha or None, kind=kind)


def pair(text):
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text}: wanted is KEY=VALUE")
    return key, value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", action="append", type=repository_of, default=[], metavar="NAME=FOLDER[@COMMIT]")
    parser.add_argument("--rename", action="append", type=pair, default=[], metavar="OLD=NEW")
    parser.add_argument("--token", action="append", type=pair, default=[], metavar="TOKEN=USER")
    parser.add_argument("--fault", action="append", type=json.loads, default=[], metavar="JSON")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--prefix", default="")
    arguments = parser.parse_args()
    with TestHub(arguments.repo, dict(arguments.rename), dict(arguments.token), arguments.prefix,
                 port=arguments.port) as hub:
        for fault in arguments.fault:
            hub.fault(**fault)
        print(json.dumps({"url": hub.url, "storage": hub.storage.origin}), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
