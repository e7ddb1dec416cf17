"""The commands that keep a store: rollback, remove, gc, fsck, store init; and exports that follow."""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
ISOLATED = os.environ["PANNIER_ISOLATED"]
BUNDLES = SOURCE / "tests" / "goldens" / "bundle"
OK, USAGE, CORRUPT, INCOMPLETE, NOT_FOUND, IO = 0, 2, 3, 4, 8, 11
NOBODY = 65534


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pannier-store-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = self.folder / "store"

    def run_program(self, *words, expect=OK, user=None, umask=0o022):
        done = subprocess.run([ISOLATED, *map(str, words)], capture_output=True, text=True, cwd=self.folder, timeout=120,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"),
                                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")},
                              check=False, umask=umask, **({"user": user, "group": user, "extra_groups": []} if user else {}))
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def json_of(self, *words, **more):
        return json.loads(self.run_program(*words, "--store", self.store, "--json", **more).stdout)

    def install(self, name, **more):
        return self.run_program("install", BUNDLES / name, "--store", self.store, "--allow-unsigned", **more)

    def names(self):
        return [model["name"] for model in self.json_of("list")]

    def blob_of(self, name, path):
        manifest = next(model["manifest"] for model in self.json_of("list") if model["name"] == name)
        layers = json.loads(self.blob(manifest).read_bytes())["layers"]
        return self.blob(next(layer["digest"] for layer in layers
                              if layer["annotations"]["org.cncf.model.filepath"] == path))

    def blob(self, digest):
        return self.store / "blobs/sha256" / digest.removeprefix("sha256:")


class History(Case):
    def test_back_and_forth_with_the_exports_that_show_it(self):
        self.install("one_model.pannier")
        self.install("two_models.pannier")
        both = self.names()
        name = next(name for name in both if name == "other")
        self.run_program("export", name, "--local-dir", "out", "--store", "store")
        before = {path.name: path.read_bytes() for path in (self.folder / "out").iterdir()}
        back = self.json_of("rollback")
        self.assertEqual(back["generation"], 3)
        self.assertEqual(len(self.json_of("list", "--generations")), 3)
        stale = {pathlib.Path(export["folder"]).name for export in back["stale_exports"]}
        changed = {change["name"] for change in back["changes"]}
        self.assertEqual(stale, {"out"} if name in changed else set())
        self.run_program("rollback", "--store", "store", "--re-export")
        self.assertEqual(self.names(), both)
        self.assertEqual({path.name: path.read_bytes() for path in (self.folder / "out").iterdir()}, before)

    def test_a_removed_model_frees_its_room_after_a_while(self):
        self.install("all_kinds.pannier")
        removed = self.json_of("remove", "org/tiny")
        self.assertEqual(removed["removed"], ["org/tiny"])
        self.assertNotIn("org/tiny", self.names())
        self.assertEqual(self.json_of("gc")["bytes"], 0, "the grace period")
        would = self.json_of("gc", "--keep", "1", "--grace", "0", "--dry-run")
        self.assertGreater(would["bytes"], 5000)
        did = self.json_of("gc", "--keep", "1", "--grace", "0")
        self.assertEqual((did["bytes"], did["blobs"]), (would["bytes"], would["blobs"]))
        self.assertTrue(self.json_of("fsck")["ok"])
        self.run_program("rollback", "--store", "store", expect=NOT_FOUND)
        log = self.run_program("log", "--store", "store").stdout
        for action in ("remove", "gc", "fsck", "rollback"):
            self.assertIn(action, log)

    def test_wrong_words_are_told(self):
        self.install("one_model.pannier")
        for words in (["rollback", "other", "0"], ["rollback", "a", "1", "2"], ["rollback", "1", "--to", "1"],
                      ["gc", "--grace", "soon"], ["gc", "--keep", "0"], ["fsck", "--threads", "0"]):
            self.run_program(*words, "--store", "store", expect=USAGE)
        self.run_program("remove", "nobody", "--store", "store", expect=NOT_FOUND)


class Rot(Case):
    def test_found_put_aside_and_healed_by_the_bundle(self):
        self.install("all_kinds.pannier")
        blob = self.blob_of("org/tiny", "model.safetensors")
        good = blob.read_bytes()
        blob.write_bytes(bytes([good[0] ^ 1]) + good[1:])
        report = self.json_of("fsck", expect=CORRUPT)
        self.assertEqual([fault["kind"] for fault in report["faults"]], ["rotten"])
        self.assertEqual(report["faults"][0]["names"], ["org/tiny"])
        self.assertTrue(report["faults"][0]["quarantined"])
        self.assertFalse(blob.exists())
        self.json_of("fsck", expect=INCOMPLETE)
        self.install("all_kinds.pannier")
        self.assertEqual(blob.read_bytes(), good)
        self.assertTrue(self.json_of("fsck")["ok"])

    def test_a_bad_bundle_leaves_no_store_behind(self):
        bad = self.folder / "bad.pannier"
        contents = bytearray((BUNDLES / "all_kinds.pannier").read_bytes())
        contents[-2000] ^= 1
        bad.write_bytes(contents)
        self.run_program("install", bad, "--store", "store", "--allow-unsigned", expect=CORRUPT)
        # The refusal is on record; a store there is not.
        left = [path for path in self.store.rglob("*") if path.is_file()]
        self.assertEqual([path.parent.name for path in left if path.name != "log.jsonl.lock"],
                         ["audit"] if left else [])
        self.run_program("list", "--store", "store", expect=NOT_FOUND)


@unittest.skipUnless(os.geteuid() == 0, "needs other users")
class Shared(Case):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)

    def test_a_group_writes_and_everybody_reads(self):
        self.run_program("store", "init", "--store", "store", "--group", str(NOBODY), umask=0o077)
        self.install("one_model.pannier", umask=0o077)
        # What root made, with a narrow umask, another member changes.
        self.install("two_models.pannier", user=NOBODY, umask=0o077)
        self.run_program("remove", "other", "--store", "store", user=NOBODY)
        self.run_program("gc", "--keep", "1", "--grace", "0", "--store", "store", user=NOBODY)
        self.install("one_model.pannier")
        for path in [self.store, *self.store.rglob("*")]:
            found = path.lstat()
            self.assertEqual(found.st_gid, NOBODY, path)
            if path.is_dir():
                self.assertEqual(stat.S_IMODE(found.st_mode), 0o2775, path)
            else:
                self.assertEqual(stat.S_IMODE(found.st_mode) & 0o664, 0o664, path)

    def test_who_may_only_read_is_told_who_may_write(self):
        self.install("one_model.pannier")
        before = sorted(self.store.rglob("*"))
        self.run_program("list", "--store", "store", user=NOBODY)
        self.run_program("gc", "--dry-run", "--store", "store", user=NOBODY)
        self.run_program("fsck", "--dry-run", "--store", "store", user=NOBODY)
        for words in (["gc"], ["fsck"], ["rollback"], ["remove", "other"]):
            refused = self.run_program(*words, "--store", "store", user=NOBODY, expect=IO)
            self.assertIn("its owner (user 0)", refused.stderr)
        self.assertEqual(sorted(self.store.rglob("*")), before)


if __name__ == "__main__":
    unittest.main()
