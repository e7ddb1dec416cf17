"""Every fault of the test hub does what its name says, seen by an ordinary HTTP client; so a test that
survives a fault survived it, and not its absence.
"""

import gzip
import hashlib
import http.client
import json
import os
import pathlib
import sys
import time
import unittest
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
from faults import KINDS  # noqa: E402: the path is set above
from test_hub import Repository, TestHub  # noqa: E402

WEIGHTS = bytes(range(256)) * 800  # 204,800 bytes
CONFIG = b'{"model_type": "bert"}\n'
SUBJECT = "org/name/model.safetensors"


class Answer:
    def __init__(self, raw, body, error):
        self.status, self.headers, self.body, self.error = raw.status, raw.headers, body, error

    def __getitem__(self, name):
        return self.headers.get(name)


def fetch(url, method="GET", bytes_max=1 << 30, body=None, **headers):
    """One request, no redirect followed; what came before a connection broke is kept."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=20)
    connection.request(method, url[len(f"{place.scheme}://{place.netloc}"):], body=body,
                       headers={name.replace("_", "-"): value for name, value in headers.items()})
    raw = connection.getresponse()
    body, error = b"", None
    try:
        while len(body) < bytes_max:
            piece = raw.read1(65536)
            if not piece:
                break
            body += piece
    except (http.client.HTTPException, OSError) as problem:
        error = problem
    if error is None and raw.length:
        error = http.client.IncompleteRead(body, raw.length)
    connection.close()
    return Answer(raw, body, error)


class Case(unittest.TestCase):
    def setUp(self):
        self.repository = Repository("org/name")
        self.sha = self.repository.commit({"model.safetensors": WEIGHTS, "config.json": CONFIG, "empty.txt": b""})
        self.hub = TestHub([self.repository], tokens={"hf_ann": "ann"})
        self.addCleanup(self.hub.close)

    def resolve(self, path="model.safetensors", method="GET", **headers):
        """The first answer of /resolve."""
        return fetch(f"{self.hub.url}/org/name/resolve/main/{path}", method, **headers)

    def contents(self, path="model.safetensors", **headers):
        """The answer that carries the contents."""
        answer = self.resolve(path)
        while answer["Location"]:
            answer = fetch(urllib.parse.urljoin(self.hub.url, answer["Location"]), **headers)
        return answer

    def api(self, path, **more):
        return fetch(f"{self.hub.url}/api/models/org/name{path}", **more)

    def tree(self, **more):
        return self.api("/tree/main?recursive=true", **more)


class WithoutFaults(Case):
    def test_ids_are_git_s(self):
        # As `git hash-object`, `git mktree` and git-lfs compute them.
        other = Repository("org/other")
        sha = other.commit({"a/hello.txt": b"hello\n", "w.bin": b"hello\n"})
        files, folders = other.commits[sha].files, other.commits[sha].folders
        self.assertEqual(files["a/hello.txt"].oid, "ce013625030ba8dba906f756967f9e9ca394464a")
        self.assertEqual(folders["a"], "aaa96ced2d9a1c8e72c56b253a0e2fe78393feb7")
        self.assertEqual(files["w.bin"].sha256, hashlib.sha256(b"hello\n").hexdigest())
        self.assertEqual(Repository("org/none").commit({}), other_empty_commit())

    def test_where_files_come_from(self):
        answer = self.resolve(method="HEAD")
        file = self.repository.commits[self.sha].files["model.safetensors"]
        self.assertEqual((answer.status, answer["X-Repo-Commit"], answer["X-Linked-ETag"], answer["X-Linked-Size"]),
                         (302, self.sha, f'"{file.sha256}"', str(len(WEIGHTS))))
        self.assertTrue(answer["Location"].startswith(self.hub.storage.origin))
        self.assertEqual(self.contents().body, WEIGHTS)
        self.assertNotIn(file.sha256, self.contents()["ETag"])
        small = self.resolve("config.json")
        self.assertEqual((small.status, small["Location"][:1]), (307, "/"))
        self.assertEqual(self.contents("config.json").body, CONFIG)
        self.assertEqual(self.resolve("empty.txt").status, 200)

    def test_ranges(self):
        part = self.contents(Range="bytes=100-199")
        self.assertEqual((part.status, part.body, part["Content-Range"]),
                         (206, WEIGHTS[100:200], f"bytes 100-199/{len(WEIGHTS)}"))
        self.assertEqual(self.contents(Range=f"bytes={len(WEIGHTS) - 5}-999999").body, WEIGHTS[-5:])
        self.assertEqual(self.contents(Range="bytes=-5").body, WEIGHTS[-5:])
        self.assertEqual(self.contents(Range="bytes=999999-").status, 416)
        self.assertEqual(self.contents(Range="bytes=0-1", If_Range='"other"').status, 200)
        self.assertEqual(self.hub.bytes_sent(SUBJECT)[0], (100, 200))
        self.assertEqual(self.hub.bytes_twice(SUBJECT), 100 + 5 + 5)  # one answer was the whole file

    def test_a_signed_address(self):
        address = self.resolve()["Location"]
        self.assertEqual(fetch(address).status, 200)
        self.assertEqual(fetch(address, Authorization="Bearer hf_ann").status, 400)
        self.assertTrue(self.hub.token_seen_by_storage())
        self.assertEqual(fetch(address.replace("Signature=", "Signature=0")).status, 403)
        self.assertEqual(fetch(address.replace("Expires=1", "Expires=9")).status, 403)
        self.hub.pages.storage.seconds = -1
        self.assertIn(b"expired", fetch(self.resolve()["Location"]).body)

    def test_control(self):
        control = self.hub.url + "/_control/"
        fetch(control + "faults", "POST", body=b'{"kind": "status", "stage": "tree", "status": 503}')
        self.assertEqual(self.tree().status, 503)
        self.assertEqual(fetch(control + "faults", "POST", body=b'{"kind": "nonsense"}').status, 400)
        [row] = json.loads(fetch(control + "log").body)
        self.assertEqual((row["status"], row["stages"], row["authorized"]), (503, ["tree", "api"], False))
        fetch(control + "faults", "DELETE")
        self.assertEqual(self.tree().status, 200)


def other_empty_commit():
    empty_tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    text = (f"tree {empty_tree}\nauthor Test <test@localhost> 0 +0000\ncommitter Test <test@localhost> 0 +0000\n\n"
            "Add files").encode()
    return hashlib.sha1(b"commit %d\0" % len(text) + text).hexdigest()


class OfFiles(Case):
    def test_drop(self):
        self.hub.fault("drop", after=1000, times=1)
        first = self.contents()
        self.assertEqual((first.body, type(first.error)), (WEIGHTS[:1000], http.client.IncompleteRead))
        self.assertEqual(self.contents().body, WEIGHTS)
        self.assertEqual(self.hub.bytes_twice(SUBJECT), 1000)
        self.hub.fault("drop", after=5, reset=True)
        self.assertIsNotNone(self.contents().error)

    def test_corrupt(self):
        fault = self.hub.fault("corrupt", at=5000, times=1)
        self.assertEqual(self.contents(Range="bytes=0-4999").body, WEIGHTS[:5000])  # no turn: the byte is not in it
        spoilt = bytearray(WEIGHTS)
        spoilt[5000] ^= 0xFF
        self.assertEqual(self.contents().body, spoilt)
        self.assertEqual((self.contents().body, fault.applied), (WEIGHTS, 1))

    def test_slow(self):
        self.hub.fault("slow", bytes_per_second=1_000_000)
        begin = time.monotonic()
        self.assertEqual(self.contents().body, WEIGHTS)
        self.assertGreater(time.monotonic() - begin, 0.15)

    def test_hang(self):
        self.hub.fault("hang")
        address = self.resolve()["Location"]
        place = urllib.parse.urlsplit(address)
        connection = http.client.HTTPConnection(place.netloc, timeout=0.2)
        connection.request("GET", f"{place.path}?{place.query}")
        self.assertRaises(TimeoutError, connection.getresponse)
        connection.close()

    def test_status(self):
        self.hub.fault("status", stage="resolve", status=429, retry_after=7, skip=1, times=1)
        self.assertEqual(self.resolve().status, 302)
        limited = self.resolve()
        self.assertEqual((limited.status, limited["Retry-After"]), (429, "7"))
        self.assertEqual(self.resolve().status, 302)

    def test_no_range_and_wrong_range(self):
        self.hub.fault("no-range")
        self.assertEqual(self.contents(Range="bytes=5-9").status, 200)
        self.hub.clear()
        self.hub.fault("wrong-range", shift=3)
        part = self.contents(Range="bytes=5-9")
        self.assertEqual((part.body, part["Content-Range"]), (WEIGHTS[8:13], f"bytes 8-12/{len(WEIGHTS)}"))

    def test_headers(self):
        self.hub.fault("etag", value='"abc"')
        self.hub.fault("header", name="X-Repo-Commit")
        self.hub.fault("xet")
        answer = self.resolve()
        self.assertEqual((answer["X-Linked-ETag"], answer["X-Repo-Commit"]), ('"abc"', None))
        self.assertIn("xet-auth", answer["Link"])
        self.assertEqual(self.resolve("config.json")["ETag"], '"abc"')

    def test_content_length(self):
        self.hub.fault("content-length", delta=10, times=1)
        longer = self.contents()
        self.assertEqual((longer["Content-Length"], longer.body), (str(len(WEIGHTS) + 10), WEIGHTS))
        self.assertIsNotNone(longer.error)
        self.hub.fault("content-length", delta=-10)
        self.assertEqual(self.contents().body, WEIGHTS[:-10])

    def test_changes(self):
        other = b"x" * len(WEIGHTS)
        self.hub.fault("changes", contents=other, skip=1)
        first, second = self.contents(Range="bytes=0-9"), self.contents(Range="bytes=10-19")
        self.assertEqual((first.body, second.body), (WEIGHTS[:10], other[10:20]))
        self.assertNotEqual(first["ETag"], second["ETag"])

    def test_gzip(self):
        self.hub.fault("gzip")
        answer = self.contents()
        self.assertEqual((answer["Content-Encoding"], gzip.decompress(answer.body)), ("gzip", WEIGHTS))
        self.assertEqual(gzip.decompress(self.contents("config.json").body), CONFIG)
        self.assertEqual(self.contents(Range="bytes=5-9").status, 200)
        self.hub.clear()
        self.hub.fault("gzip-range")
        part = self.contents(Range="bytes=5-9")
        self.assertEqual((part.status, gzip.decompress(part.body)), (206, WEIGHTS[5:10]))

    def test_lfs_pointer(self):
        self.hub.fault("lfs-pointer")
        self.assertTrue(self.contents().body.startswith(b"version https://git-lfs"))
        self.assertEqual(self.contents("config.json").body, CONFIG)

    def test_redirects(self):
        self.hub.fault("redirect-loop", path="config.json")
        self.assertEqual(self.resolve("config.json")["Location"], "/org/name/resolve/main/config.json")
        self.hub.fault("redirect", path="empty.txt", to="file:///etc/passwd")
        self.assertEqual(self.resolve("empty.txt")["Location"], "file:///etc/passwd")
        self.hub.clear()
        self.hub.fault("redirect-loop", hops="new")
        first = self.resolve()["Location"]
        self.assertNotEqual(fetch(self.hub.url + first)["Location"], first)

    def test_expired(self):
        self.hub.fault("expired", times=1)
        self.assertEqual([self.contents().status, self.contents().status], [403, 200])


class OfListings(Case):
    def test_entries(self):
        self.hub.fault("entries", add=[{"type": "file", "path": "../../x", "size": 1, "oid": "0" * 40}])
        self.hub.fault("entry-values", of="config.json", values={"size": 2 ** 63})
        rows = {row["path"]: row for row in json.loads(self.tree().body)}
        self.assertIn("../../x", rows)
        self.assertEqual(rows["config.json"]["size"], 2 ** 63)

    def test_info_values(self):
        self.hub.fault("info-values", values={"sha": "../.."})
        self.assertEqual(json.loads(self.api("").body)["sha"], "../..")

    def test_many_entries(self):
        self.hub.fault("many-entries", count=20_000)
        rows = json.loads(self.tree().body)
        self.assertEqual((len(rows), len({row["path"] for row in rows})), (20_000, 20_000))
        self.hub.fault("many-entries", stage="info", count=20_000)
        self.assertEqual(len(json.loads(self.api("/revision/main").body)["siblings"]), 20_000)

    def test_endless_pages(self):
        self.hub.fault("endless-pages")
        first = self.tree()["Link"]
        self.assertNotEqual(fetch(first[1:first.index(">")])["Link"], first)

    def test_bodies(self):
        self.hub.fault("endless-body", times=1)
        self.assertGreaterEqual(len(self.api("", bytes_max=5_000_000).body), 5_000_000)
        self.hub.fault("deep-json", times=1, depth=1000)
        self.assertEqual(self.api("").body, b"[" * 1000 + b"]" * 1000)
        self.hub.fault("body", times=1)
        self.assertRaises(ValueError, json.loads, self.api("").body)


class OfTheTable(unittest.TestCase):
    def test_every_kind_is_tried_here(self):
        text = pathlib.Path(__file__).read_text(encoding="utf-8")
        self.assertEqual([kind for kind in KINDS if f'fault("{kind}"' not in text], [])

    def test_unknown_names_are_refused(self):
        hub = TestHub([Repository("org/name")])
        self.addCleanup(hub.close)
        self.assertRaises(ValueError, hub.fault, "nonsense")
        self.assertRaises(TypeError, hub.fault, "drop", byte=3)


if __name__ == "__main__":
    unittest.main()
