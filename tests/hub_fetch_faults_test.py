"""`pannier fetch` against every fault of the test hub: what can be mended is, what cannot is named, and a
store never holds what upstream did not publish.
"""

import concurrent.futures
import os
import pathlib
import random
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
from fetching import (  # noqa: E402: the path is set above
    BLOCK_BYTES, CORRUPT, LIMIT, NETWORK, SANITIZED, STALE, UNSUPPORTED, UNTRUSTED, FetchCase)
from test_hub import Repository, TestHub  # noqa: E402

NAME = "org/name"
WEIGHTS = f"{NAME}/model.safetensors"
SIZE = 5 * BLOCK_BYTES + 12_345
MEMORY_MB_MAX = 64  # whatever a file's size
LISTING_MEMORY_MB_MAX = 400  # for the largest listing that is read at all
REFUSED = (CORRUPT, LIMIT, NETWORK, UNTRUSTED)
RANDOM = random.Random(20240229)
CONTENTS = RANDOM.randbytes(SIZE)
OTHER = RANDOM.randbytes(SIZE)


class Case(FetchCase):
    def setUp(self):
        super().setUp()
        self.repository = Repository(NAME)
        self.sha = self.repository.commit({"model.safetensors": CONTENTS, "config.json": b'{"model_type": "none"}\n'})
        self.hub = TestHub([self.repository])
        self.addCleanup(self.hub.close)

    def get(self, *options, **more):
        # The model is none that runs: what is tried here is how its bytes come.
        return self.fetch(self.hub, NAME, *options, **more)

    def assert_mended(self, again_bytes_max):
        """Fetched whole, and at most that many bytes of the large file more than once."""
        done = self.get()
        self.assert_holds(NAME, self.repository.commits[self.sha])
        self.assertLessEqual(self.hub.bytes_total(WEIGHTS) - SIZE, again_bytes_max)
        if not SANITIZED:
            self.assertLess(done.peak_mb, MEMORY_MB_MAX)
        return done

    def assert_refused(self, code, *words):
        done = self.get(expect=code)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assert_holds_nothing(NAME)
        return done


class Mended(Case):
    def test_a_dropped_connection(self):
        self.hub.fault("drop", path="model.safetensors", after=3_000_000, times=1)
        self.assert_mended(BLOCK_BYTES)

    def test_connections_that_drop_again_and_again(self):
        self.hub.fault("drop", path="model.safetensors", after=BLOCK_BYTES + 70_000)
        self.assert_mended(BLOCK_BYTES)

    def test_a_reset(self):
        self.hub.fault("drop", path="model.safetensors", after=3_000_000, reset=True, times=2)
        self.assert_mended(2 * BLOCK_BYTES)

    def test_a_corrupt_byte_is_named_and_fetched_again(self):
        self.hub.fault("corrupt", path="model.safetensors", at=2 * BLOCK_BYTES + 5, times=1)
        done = self.assert_mended(SIZE)
        self.assertIn("model.safetensors", done.stderr)

    def test_a_slow_server(self):
        self.hub.fault("slow", path="model.safetensors", bytes_per_second=8_000_000)
        self.assert_mended(0)

    def test_busy_servers(self):
        self.hub.fault("status", stage="info", status=503, times=1)
        self.hub.fault("status", stage="tree", status=500, times=1)
        self.hub.fault("status", stage="resolve", status=502, times=2)
        self.hub.fault("status", stage="storage", status=504, times=1)
        self.assert_mended(0)

    def test_a_rate_limit_says_how_long(self):
        self.hub.fault("status", stage="resolve", path="model.safetensors", status=429, retry_after=2, times=1)
        self.assertGreaterEqual(self.assert_mended(0).seconds, 2)

    def test_no_ranges(self):
        self.hub.fault("no-range")
        self.assert_mended(0)

    def test_no_ranges_and_a_drop(self):
        self.hub.fault("no-range")
        self.hub.fault("drop", path="model.safetensors", after=BLOCK_BYTES * 2, times=1)
        self.assert_mended(SIZE)

    def test_gzip_that_nobody_asked_for(self):
        self.hub.fault("gzip")
        self.get()
        self.assert_holds(NAME, self.repository.commits[self.sha])

    def test_signed_addresses_that_expire_midway(self):
        self.hub.fault("expired", skip=1, times=1)
        self.assert_mended(0)
        self.assertGreaterEqual(len(self.hub.rows(WEIGHTS, stage="resolve", method="GET")), 2)

    def test_xet_is_left_alone(self):
        self.hub.fault("xet")
        self.assert_mended(0)


class Refused(Case):
    def test_a_byte_that_is_always_corrupt(self):
        self.hub.fault("corrupt", path="model.safetensors", at=2 * BLOCK_BYTES + 5)
        self.assert_refused(CORRUPT, "model.safetensors")

    def test_a_small_file_that_is_always_corrupt(self):
        self.hub.fault("corrupt", path="config.json", at=3)
        self.assert_refused(CORRUPT, "config.json")

    def test_servers_that_stay_broken(self):
        """Side by side, as each waits its tries out."""
        def one(number, faults):
            with TestHub([self.repository]) as hub:
                for fault in faults:
                    hub.fault(**fault)
                return self.fetch(hub, NAME, store=self.folder / str(number), expect=NETWORK)

        cases = ([{"kind": "status", "stage": "info", "status": 500}], [{"kind": "status", "stage": "resolve", "status": 503}],
                 [{"kind": "drop", "after": 0}], [{"kind": "status", "stage": "tree", "status": 429}])
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            for number, done in enumerate(pool.map(one, range(len(cases)), cases)):
                self.assertGreater(done.seconds, 2, done)  # it has tried more than once
                self.assert_holds_nothing(NAME, self.folder / str(number))

    def test_a_rate_limit_that_is_too_long_to_wait_for(self):
        self.hub.fault("status", stage="resolve", status=429, retry_after=86_400)
        done = self.assert_refused(NETWORK, "lets no more requests through")
        self.assertLess(done.seconds, 60)

    def test_another_range_than_asked_for(self):
        self.hub.fault("wrong-range", path="model.safetensors")
        self.assert_refused(CORRUPT, "model.safetensors")

    def test_a_length_that_is_not_the_range_s(self):
        for delta in (1000, -1000):
            with self.subTest(delta):
                self.hub.clear()
                self.hub.fault("content-length", path="model.safetensors", delta=delta)
                self.assert_refused(CORRUPT, "model.safetensors")

    def test_ranges_that_are_compressed_by_themselves(self):
        self.hub.fault("gzip-range", path="model.safetensors")
        self.assert_refused((CORRUPT, UNSUPPORTED), "compress")

    def test_a_digest_other_than_the_listing_s(self):
        self.hub.fault("etag", path="model.safetensors", value=f'"{"ab" * 32}"')
        self.assert_refused(STALE, "model.safetensors")

    def test_another_commit(self):
        self.hub.fault("header", path="model.safetensors", name="X-Repo-Commit", value="c" * 40)
        self.assert_refused(STALE, "model.safetensors")

    def test_a_file_that_changes_midway(self):
        self.hub.fault("changes", path="model.safetensors", contents=OTHER, skip=1)
        self.assert_refused((STALE, CORRUPT), "model.safetensors")

    def test_a_file_that_changes_midway_and_nothing_tells(self):
        self.hub.fault("changes", path="model.safetensors", contents=OTHER, skip=1, announce=False)
        self.assert_refused(CORRUPT, "model.safetensors")

    def test_a_file_of_another_size(self):
        self.hub.fault("changes", path="model.safetensors", contents=CONTENTS + b"more")
        self.assert_refused((STALE, CORRUPT), "model.safetensors")

    def test_a_pointer_of_git_lfs_in_place_of_weights(self):
        self.hub.fault("lfs-pointer")
        self.assertRegex(self.assert_refused((CORRUPT, STALE)).stderr, "LFS")

    def test_redirects_in_a_circle(self):
        for hops in (None, "new"):
            with self.subTest(hops):
                self.hub.clear()
                self.hub.fault("redirect-loop", path="model.safetensors", hops=hops)
                self.assert_refused(REFUSED, "redirect")
                self.assertLess(len(self.hub.rows(stage="resolve")), 200)

    def test_redirects_to_where_nothing_should_be_read(self):
        for target in ("file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "//"):
            with self.subTest(target):
                self.hub.clear()
                self.hub.fault("redirect", path="model.safetensors", to=target)
                self.assert_refused((CORRUPT, NETWORK, UNTRUSTED, 2))


class HostileListings(Case):
    """What the API says is as little trusted as the files."""

    def assert_refused(self, code, *words):
        done = super().assert_refused(code, *words)
        self.assertLess(done.seconds, 120)
        if not SANITIZED:
            self.assertLess(done.peak_mb, LISTING_MEMORY_MB_MAX)
        self.assertEqual(self.hub.bytes_total(WEIGHTS), 0)
        return done

    def test_names_that_lead_out_of_the_folder(self):
        for path in ("../../escaped", "/escaped", "a/../../escaped", "a//b", ".", "a/./b", "nul\0byte", "a\\..\\b", "", "x" * 5000,
                     "model.safetensors/below"):
            with self.subTest(path):
                self.hub.clear()
                self.hub.fault("entries", add=[{"type": "file", "path": path, "size": 1, "oid": "0" * 40}])
                self.assert_refused((CORRUPT, LIMIT, 2))
        self.assertEqual([path for path in self.folder.rglob("*escaped*")], [])

    def test_one_name_twice(self):
        self.hub.fault("entries", add=[{"type": "file", "path": "config.json", "size": 1, "oid": "0" * 40}])
        self.assert_refused((CORRUPT, 2), "config.json")

    def test_a_million_files(self):
        self.hub.fault("many-entries", count=1_000_000)
        self.assert_refused(LIMIT)

    def test_a_million_siblings(self):
        self.hub.fault("many-entries", stage="info", count=1_000_000)
        self.assert_refused(LIMIT)

    def test_absurd_sizes(self):
        for size in (2 ** 63, 2 ** 64, -1, 1e300, "12", None):
            with self.subTest(size):
                self.hub.clear()
                self.hub.fault("entry-values", of="config.json", values={"size": size})
                self.assert_refused((CORRUPT, LIMIT))

    def test_more_than_the_disk_holds(self):
        self.hub.fault("entry-values", of="config.json", values={"size": 2 ** 52})
        self.assert_refused((CORRUPT, LIMIT, STALE, 11))

    def test_digests_that_are_none(self):
        for values in ({"oid": "zz"}, {"oid": None}, {"oid": "0" * 40, "lfs": {"oid": "../../x", "size": 1}}):
            with self.subTest(values):
                self.hub.clear()
                self.hub.fault("entry-values", of="config.json", values=values)
                self.assert_refused(CORRUPT)

    def test_a_commit_that_is_none(self):
        for sha in ("../../../escaped", "", "main", 7, "a" * 41):
            with self.subTest(sha):
                self.hub.clear()
                self.hub.fault("info-values", values={"sha": sha})
                self.assert_refused(CORRUPT)

    def test_broken_json(self):
        for stage in ("info", "tree"):
            for text in ('{"sha": "12', "", "null", "<html>", "[{}]"):
                with self.subTest(stage=stage, text=text):
                    self.hub.clear()
                    self.hub.fault("body", stage=stage, text=text)
                    self.assert_refused(CORRUPT)

    def test_deep_json(self):
        self.hub.fault("deep-json")
        self.assert_refused((CORRUPT, LIMIT))

    def test_endless_json(self):
        for stage in ("info", "tree"):
            with self.subTest(stage):
                self.hub.clear()
                self.hub.fault("endless-body", stage=stage)
                self.assert_refused(LIMIT)

    def test_endless_pages(self):
        self.hub.fault("endless-pages")
        self.assert_refused((CORRUPT, LIMIT))

    def test_pages_on_another_host(self):
        self.hub.fault("header", stage="tree", name="Link", value=f'<{self.hub.storage.origin}/next>; rel="next"')
        self.assert_refused((UNTRUSTED, CORRUPT))
        self.assertEqual([row for row in self.hub.log if row.server == "storage"], [])


if __name__ == "__main__":
    unittest.main()
