"""Faults: what a test hub does wrong on purpose, and where.

    hub.fault("drop", path="model.safetensors", after=1_000_000, times=1)
    hub.fault("status", stage="tree", status=429, retry_after=2, times=3)

A fault applies to answers at its `stage` ("info", "tree", "resolve", "cache", "storage", "bytes": whichever
answer carries the file's contents, or "any") whose `repo` and `path` match its patterns; `times` limits how
often, `skip` lets the first ones pass, `method` narrows it ("GET", but "*" for faults of no particular file).
KINDS lists the kinds, with what each takes.
"""

import fnmatch
import itertools
import json
import threading

from repositories import Content

ENDLESS_PIECE = b" " * 65536


class Fault:
    def __init__(self, kind, repo="*", path="*", stage=None, method=None, times=None, skip=0, **values):
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(sorted(KINDS))}")
        self.kind, self.repo, self.path = kind, repo, path
        self.function, default_stage, default_method = KINDS[kind]
        self.stage, self.method = stage or default_stage, method or default_method
        self.times, self.skip, self.values = times, skip, values
        self.applied = 0
        self.lock = threading.Lock()
        self.function(None, None, self, **values)  # refuses unknown values where the fault is made

    def matches(self, request, answer):
        if self.stage != "any" and self.stage not in answer.stages:
            return False
        if self.method not in ("*", request.method):
            return False
        repo, path = getattr(answer, "repo_name", ""), getattr(answer, "file_path", "")
        return fnmatch.fnmatchcase(repo, self.repo) and fnmatch.fnmatchcase(path, self.path)

    def take_turn(self):
        with self.lock:
            if self.skip > 0:
                self.skip -= 1
                return False
            if self.times is not None and self.applied >= self.times:
                return False
            self.applied += 1
            return True

    def apply(self, request, answer):
        if self.matches(request, answer) and self.take_turn():
            self.function(request, answer, self, **self.values)


# Each kind is a function (request, answer, fault, values…), called with None for both where the fault is
# made, to check the values' names. It changes the answer before a range of it is selected, or (`late`
# below) after.

def drop(_request, answer, _fault, after=0, reset=False):
    """The connection ends after that many bytes of the body."""
    if answer:
        answer.drop_after, answer.reset = after, reset


def corrupt(request, answer, fault, at=0):
    """The byte at that offset of the file is sent inverted. An answer that does not hold it is no turn."""
    if answer is None:
        return
    if answer.content and answer.first <= at < answer.first + answer.length:
        answer.corrupt_at.append(at)
    else:
        with fault.lock:
            fault.applied -= 1


def slow(_request, answer, _fault, bytes_per_second=100_000):
    """As slow as that."""
    if answer:
        answer.bytes_per_second = bytes_per_second


def hang(_request, answer, _fault):
    """Nothing comes, and the connection stays open."""
    if answer:
        answer.hang = True


def status(_request, answer, _fault, status=500, retry_after=None, code=None, message=None):
    """Another status, as the Hub words errors."""
    if answer is None:
        return
    text = message or {429: "We had to rate limit you", 500: "Internal Error"}.get(status, "failed on purpose")
    answer.status, answer.content, answer.stream = status, None, None
    answer.body = json.dumps({"error": text}).encode()
    answer.first, answer.length = 0, len(answer.body)
    answer.headers = [("Content-Type", "application/json"), ("X-Error-Message", text)]
    if code:
        answer.set("X-Error-Code", code)
    if retry_after is not None:
        answer.set("Retry-After", retry_after)
        answer.set("RateLimit", f'"api";r=0;t={retry_after}')


def no_range(request, _answer, _fault):
    """Range is ignored: always the whole file, with status 200."""
    if request:
        request.headers.pop("range", None)


def wrong_range(_request, answer, _fault, shift=1):
    """206, but of other bytes than were asked for, as Content-Range says."""
    if answer and answer.status == 206:
        size = answer.content.size
        answer.first = min(answer.first + shift, size - 1)
        answer.length = min(answer.length, size - answer.first)
        answer.set("Content-Range", f"bytes {answer.first}-{answer.first + answer.length - 1}/{size}")


def etag(_request, answer, _fault, value='"0000"'):
    """Another ETag, X-Linked-ETag included; None takes both away."""
    if answer:
        answer.set("ETag", value)
        answer.set("X-Linked-ETag", value if answer.header("X-Linked-ETag") else None)


def header(_request, answer, _fault, name="X-Test", value=None):
    """That header set, or with None taken away."""
    if answer:
        answer.set(name, value)


def content_length(_request, answer, _fault, delta=0):
    """Content-Length is off by that."""
    if answer:
        answer.declared_length = max(0, answer.length + delta)


def changes(_request, answer, _fault, contents=b"", announce=True):
    """Other contents from here on: with `skip=1` they change after the first answer. Where `announce`, the
    ETag and the size change too, as if somebody had pushed; otherwise nothing tells."""
    if answer is None:
        return
    answer.content = Content(contents.encode() if isinstance(contents, str) else contents)
    answer.first, answer.length = 0, answer.content.size
    if announce:
        answer.set("ETag", '"%s"' % answer.content.digests()[1])


def gzipped(request, answer, _fault):
    """Content-Encoding: gzip, although nobody asked for it; the whole, as servers do that compress."""
    if answer and (answer.content or answer.body):
        request.headers.pop("range", None)
        answer.compress()


def gzipped_range(_request, answer, _fault):
    """A range of which each is compressed by itself, as no server should."""
    if answer and answer.status == 206:
        answer.compress()


def lfs_pointer(_request, answer, fault):
    """The text of the LFS pointer in place of the contents."""
    if answer and getattr(answer, "file", None) and answer.file.pointer:
        changes(None, answer, fault, answer.file.pointer, announce=False)


def redirect_loop(request, answer, _fault, hops=None):
    """Redirects to itself for ever, or to ever new addresses where `hops` is "new"."""
    if answer is None:
        return
    target = request.path + (f"?hop={request.target.count('0') + len(request.target)}&{'0' * len(request.target)}"
                             if hops == "new" else "")
    redirect(request, answer, _fault, to=target)


def redirect(_request, answer, _fault, to="/"):
    """302 to that address."""
    if answer:
        answer.status, answer.body, answer.content, answer.length = 302, b"", None, 0
        answer.set("Location", to)


def expired(_request, answer, fault):
    """What a storage host says of a signed address whose time is over."""
    if answer:
        status(None, answer, fault, 403, message="Request has expired")
        answer.body = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
        answer.length = len(answer.body)
        answer.headers = [("Content-Type", "application/xml")]


def listed(answer, change):
    """Applies `change` to the JSON of an answer."""
    if answer and answer.status == 200:
        answer.body = json.dumps(change(json.loads(answer.body))).encode()
        answer.length = len(answer.body)


def entries(_request, answer, _fault, add=()):
    """More entries in the tree, and their names among the siblings: path traversal, absurd sizes."""
    def change(found):
        if isinstance(found, list):
            return found + list(add)
        found["siblings"] = found.get("siblings", []) + [{"rfilename": entry.get("path")} for entry in add]
        return found
    listed(answer, change)


def entry_values(_request, answer, _fault, of="*", values=None):
    """Other values in the tree's entries whose path matches `of`: {"size": 2**63}, {"oid": "zz"}."""
    listed(answer, lambda found: [dict(row, **(values or {})) if fnmatch.fnmatchcase(row["path"], of) else row
                                  for row in found])


def info_values(_request, answer, _fault, values=None):
    """Other values in what is said of the repository."""
    listed(answer, lambda found: dict(found, **(values or {})))


def many_entries(_request, answer, _fault, count=1_000_000):
    """So many files, all in one answer."""
    def pieces():
        yield b"[" if "tree" in answer.stages else answer.body.rstrip()[:-1] + b',"siblings":['
        for first in range(0, count, 500):
            rows = [{"type": "file", "path": f"f{n}", "rfilename": f"f{n}", "size": 1, "oid": f"{n:040x}"}
                    for n in range(first, min(count, first + 500))]
            yield (("," if first else "") + json.dumps(rows)[1:-1]).encode()
        yield b"]" if "tree" in answer.stages else b"]}"
    if answer and answer.status == 200:
        answer.stream = pieces()


def endless_pages(request, answer, _fault):
    """Each page of the tree names another one, all alike."""
    if answer and answer.status == 200:
        number = len(request.query.get("cursor", [""])[-1]) + 1
        answer.set("Link", f'<{answer.origin}{request.path}?recursive=true&cursor={"x" * number}>; rel="next"')


def endless_body(_request, answer, _fault, begin="["):
    """JSON that never ends."""
    if answer:
        answer.stream = itertools.chain([begin.encode()], itertools.repeat(ENDLESS_PIECE))


def deep_json(_request, answer, _fault, depth=100_000):
    """Brackets within brackets."""
    if answer:
        body_of(None, answer, None, "[" * depth + "]" * depth)


def body_of(_request, answer, _fault, text='{"sha": "12'):
    """That text in the body's place: broken JSON unless said otherwise."""
    if answer:
        answer.body, answer.content, answer.stream = text.encode(), None, None
        answer.length = len(answer.body)


def xet(_request, answer, _fault):
    """Xet is advertised, as the public Hub does, though there is no such service here."""
    if answer:
        answer.set("X-Xet-Hash", "ab" * 32)
        answer.set("X-Xet-Refresh-Route", "/api/models/none/xet-read-token/none")
        answer.set("Link", '<https://127.0.0.1:9/none>; rel="xet-auth"')


# kind -> (function, stage, method)
KINDS = {
    "drop": (drop, "bytes", "GET"),
    "corrupt": (corrupt, "bytes", "GET"),
    "slow": (slow, "bytes", "GET"),
    "hang": (hang, "bytes", "*"),
    "status": (status, "any", "*"),
    "no-range": (no_range, "bytes", "GET"),
    "wrong-range": (wrong_range, "bytes", "GET"),
    "etag": (etag, "resolve", "*"),
    "header": (header, "resolve", "*"),
    "content-length": (content_length, "bytes", "GET"),
    "changes": (changes, "bytes", "GET"),
    "gzip": (gzipped, "bytes", "GET"),
    "gzip-range": (gzipped_range, "bytes", "GET"),
    "lfs-pointer": (lfs_pointer, "bytes", "GET"),
    "redirect-loop": (redirect_loop, "resolve", "*"),
    "redirect": (redirect, "resolve", "*"),
    "expired": (expired, "storage", "GET"),
    "entries": (entries, "tree", "*"),
    "entry-values": (entry_values, "tree", "*"),
    "info-values": (info_values, "info", "*"),
    "many-entries": (many_entries, "tree", "*"),
    "endless-pages": (endless_pages, "tree", "*"),
    "endless-body": (endless_body, "info", "*"),
    "deep-json": (deep_json, "info", "*"),
    "body": (body_of, "info", "*"),
    "xet": (xet, "resolve", "*"),
}
# These look at the range that was selected; the others change what it is selected from.
LATE = {"drop", "corrupt", "wrong-range", "gzip-range", "content-length", "slow", "status", "expired", "hang", "redirect",
        "redirect-loop"}


class Faults:
    """Those switched on, in the order in which they were."""

    def __init__(self):
        self.list = []

    def add(self, kind, **values):
        fault = Fault(kind, **values)
        self.list.append(fault)
        return fault

    def clear(self):
        self.list = []

    def apply(self, request, answer, late):
        for fault in list(self.list):
            if (fault.kind in LATE) == late:
                fault.apply(request, answer)
