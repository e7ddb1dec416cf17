"""A crossing from end to end with the real executables: keys, a first root, a signed and encoded bundle, a reviewer's
approval, volumes and parity, what is refused, revocation, the next zone, and the log that tells all of it."""
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ["PANNIER_SOURCE_DIR"])
PANNIER, ISOLATED = os.environ["PANNIER"], os.environ["PANNIER_ISOLATED"]
OK, CORRUPT, INCOMPLETE, UNTRUSTED, UNSIGNED, STALE = 0, 3, 4, 5, 6, 7
PASSPHRASE = "correct horse\n"


def safetensors(seed, count=400_000):
    """A file of bfloat16 weights, bell-shaped as weights are, so that they can be encoded."""
    generator = random.Random(seed)
    values = b"".join(struct.pack("<f", generator.gauss(0, 0.02))[2:] for _ in range(count))
    header = json.dumps({"w": {"dtype": "BF16", "shape": [count], "data_offsets": [0, 2 * count]}}).encode()
    return struct.pack("<Q", len(header)) + header + values


class Crossing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = tempfile.TemporaryDirectory(prefix="pannier-crossing-")
        cls.addClassCleanup(cls.base.cleanup)
        cls.shared = pathlib.Path(cls.base.name)
        model = cls.shared / "tiny"
        model.mkdir()
        (model / "config.json").write_text('{"model_type":"distilbert"}')
        (model / "README.md").write_text("# Tiny\n" * 50)
        (model / "model.safetensors").write_bytes(safetensors(1))
        cls.model = model

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pannier-crossing-", dir=self.shared)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "store"

    def run_program(self, *words, expect=OK, program=PANNIER, lines="", home="home"):
        environment = {"PANNIER_HOME": str(self.folder / home), "PATH": os.environ["PATH"]}
        done = subprocess.run([program, *map(str, words)], input=lines, cwd=self.folder, capture_output=True, text=True,
                              check=False, start_new_session=True, env=environment, timeout=300)
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout if expect == OK else done.stdout + done.stderr

    def signed(self, *words, **options):
        return self.run_program(*words, "--passphrase-fd", "0", lines=PASSPHRASE, **options)

    def make_keys(self, *names):
        for name in names:
            self.signed("keys", "generate", name)

    def make_root(self, *roles, policy=None):
        """root.json, signed by the officer."""
        words = ["keys", "root", "new", "--name", "plant", "--root-key", "officer", *roles, "-o", "root.json"]
        self.run_program(*words, *(["--policy", policy] if policy else []))
        self.signed("keys", "root", "sign", "root.json", "--key", "officer")

    def fingerprint(self, root="root.json"):
        shown = json.loads(self.run_program("keys", "root", "show", root, "--json"))
        return shown["fingerprint"]

    def trust(self):
        self.run_program("keys", "trust", "root.json", "--fingerprint", self.fingerprint(), "--store", self.store,
                         program=ISOLATED)

    def pack(self, output="x.pannier", *words, **options):
        return self.signed("pack", f"dir:{self.model}", "-o", output, "--key", "alice", "--no-load-test", *words, **options)

    def install(self, *words, **options):
        return self.run_program("install", *words, "--store", self.store, program=ISOLATED, **options)

    def ready(self, policy=None):
        self.make_keys("officer", "alice", "rita")
        self.make_root("--packer", "alice", "--reviewer", "rita", policy=policy)
        self.trust()

    def tree(self, folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    def references(self):
        return self.tree(self.store / "pannier" / "generations") if self.store.exists() else {}

    def assert_refused(self, *words, expect, says):
        before = self.references()
        error = self.install(*words, expect=expect)
        for text in says:
            self.assertIn(text, error)
        self.assertEqual(self.references(), before)
        return error

    def test_a_signed_bundle_crosses_and_tells_who_vouched(self):
        self.ready()
        self.pack("x.pannier", "--channel", "plant-7")
        self.assertLess((self.folder / "x.pannier").stat().st_size, 0.75 * (self.model / "model.safetensors").stat().st_size)
        self.assertIn("alice", self.run_program("verify", "x.pannier", "--store", self.store, "--channel", "plant-7"))
        self.assert_refused("x.pannier", expect=STALE, says=["plant-7", "--channel"])
        self.install("x.pannier", "--channel", "plant-7")
        self.run_program("export", "tiny", "--local-dir", "out", "--store", self.store, program=ISOLATED)
        exported = self.tree(self.folder / "out")
        self.assertIn("model.sig", exported)
        del exported["model.sig"]
        self.assertEqual(exported, self.tree(self.model))
        self.assertIn("there already", self.install("x.pannier"))

    def test_the_independent_reader_agrees_and_checks_the_signature_itself(self):
        self.ready()
        self.pack("x.pannier", "--channel", "plant-7")
        self.run_program("keys", "export", "alice", "-o", "alice.pub")
        reader = [sys.executable, "-B", str(ROOT / "tools" / "bundle_reader.py")]
        self.run_program(*reader[1:], "verify", "x.pannier", "--key", "alice.pub", program=reader[0])
        self.run_program(*reader[1:], "extract", "x.pannier", "out", program=reader[0])
        self.assertEqual(self.tree(self.folder / "out" / "tiny"), self.tree(self.model))
        self.run_program("keys", "export", "rita", "-o", "rita.pub")
        error = self.run_program(*reader[1:], "verify", "x.pannier", "--key", "rita.pub", program=reader[0], expect=1)
        self.assertIn("has not signed", error)

    def test_unsigned_and_unknown_signers_are_refused(self):
        self.ready()
        self.run_program("pack", f"dir:{self.model}", "-o", "unsigned.pannier", "--no-load-test")
        self.assert_refused("unsigned.pannier", expect=UNSIGNED, says=["--allow-unsigned"])
        self.make_keys("mallory")
        self.signed("pack", f"dir:{self.model}", "-o", "m.pannier", "--key", "mallory", "--no-load-test")
        self.assert_refused("m.pannier", expect=UNTRUSTED, says=["packer"])

    def test_a_policy_names_who_is_missing_until_the_reviewer_approves(self):
        self.ready(policy="packer >= 1, reviewer >= 1")
        self.pack("x.pannier", "--channel", "plant-7")
        self.assert_refused("x.pannier", "--channel", "plant-7", expect=UNTRUSTED, says=["reviewer"])
        self.signed("approve", "x.pannier", "--key", "rita", "--comment", "scanned", program=ISOLATED)
        self.install("x.pannier", "--channel", "plant-7")

    def test_older_forked_and_foreign_bundles_are_refused(self):
        self.ready()
        self.pack("1.pannier", "--channel", "plant-7")
        self.pack("2.pannier", "--channel", "plant-7")
        self.pack("other.pannier", "--channel", "plant-8")
        self.install("2.pannier", "--channel", "plant-7")
        self.assert_refused("1.pannier", expect=STALE, says=["--allow-older"])
        self.assert_refused("other.pannier", expect=STALE, says=["plant-8"])
        # A second machine with the same key, whose ledger knows nothing of the first.
        shutil.copytree(self.folder / "home" / "keys", self.folder / "home2" / "keys")
        self.pack("fork.pannier", "--name", "evil", "--channel", "plant-7", "--sequence", "2", home="home2")
        self.assert_refused("fork.pannier", expect=UNTRUSTED, says=["2"])
        self.install("1.pannier", "--allow-older")
        self.assertIn("--allow-older", self.run_program("log", "--store", self.store, "--json", program=ISOLATED))

    def test_a_revoked_key_counts_no_more_and_what_it_touched_is_listed(self):
        self.ready()
        self.pack("1.pannier", "--channel", "plant-7")
        self.pack("2.pannier", "--channel", "plant-7")
        self.install("1.pannier", "--channel", "plant-7")
        self.make_keys("bob")
        self.run_program("keys", "rotate", "--root", "root.json", "--packer", "bob", "-o", "root-2.json")
        self.signed("keys", "root", "sign", "root-2.json", "--key", "officer")
        self.run_program("keys", "revoke", "alice", "--from", "plant-7=1", "--reason", "stolen", "--root", "root-2.json",
                         "-o", "root-3.json")
        self.signed("keys", "root", "sign", "root-3.json", "--key", "officer")
        listed = self.run_program("keys", "import", "root-2.json", "root-3.json", "--store", self.store, program=ISOLATED)
        self.assertIn("tiny", listed)
        self.assert_refused("2.pannier", expect=UNTRUSTED, says=["revoked"])

    def test_volumes_lost_and_damaged_come_back_out_of_parity(self):
        self.ready()
        self.pack("x.pannier", "--volume-size", "120KB", "--parity", "20")
        volumes = sorted(self.folder.glob("x.v*.pannier"))
        self.assertGreater(len(volumes), 3)
        media = self.folder / "media"
        media.mkdir()
        for path in list(self.folder.glob("x.*.pannier")):
            shutil.move(path, media / path.name)
        (media / volumes[1].name).rename(self.folder / "lost")
        self.run_program("verify", media, "--store", self.store, "--uncached", program=ISOLATED)
        self.run_program("verify", media, "--repair", "--to", "mended", program=ISOLATED)
        self.assertEqual((self.folder / "mended" / volumes[1].name).read_bytes(), (self.folder / "lost").read_bytes())
        self.install(media)
        for path in sorted(media.glob("*.pannier"))[:3]:
            path.unlink()
        other = self.folder / "other"
        error = self.run_program("install", media, "--store", other, program=ISOLATED, expect=INCOMPLETE)
        self.assertIn("sent again: 001-002", error)

    def test_volumes_come_from_one_medium_after_the_other(self):
        self.ready()
        self.pack("x.pannier", "--volume-size", "300KB")
        volumes = sorted(self.folder.glob("x.v*.pannier"))
        for number, path in enumerate(volumes):
            (self.folder / f"disc{number}").mkdir()
            path.rename(self.folder / f"disc{number}" / path.name)
        for number in range(len(volumes) - 1):
            error = self.install(f"disc{number}", "--stage", "incoming", expect=INCOMPLETE)
            self.assertIn(f"{len(volumes):03d}", error)
        self.install(f"disc{len(volumes) - 1}", "--stage", "incoming")
        self.run_program("show", "tiny", "--store", self.store, program=ISOLATED)

    def test_a_store_relays_to_the_next_zone(self):
        self.ready()
        self.pack("x.pannier", "--channel", "plant-7")
        self.install("x.pannier", "--channel", "plant-7")
        self.signed("relay", "tiny", "--store", self.store, "-o", "on.pannier", "--key", "alice", "--channel", "inner",
                    "--sequence", "1", program=ISOLATED)
        inner = self.folder / "inner"
        self.run_program("keys", "trust", "root.json", "--fingerprint", self.fingerprint(), "--store", inner, program=ISOLATED)
        self.run_program("install", "on.pannier", "--store", inner, "--channel", "inner", program=ISOLATED)
        first, second = (json.loads(self.run_program("verify", name, "--json"))["payload_digest"]
                         for name in ("x.pannier", "on.pannier"))
        self.assertEqual(first, second)

    def test_the_log_tells_all_of_it_and_shows_a_cut(self):
        self.ready()
        self.pack("x.pannier", "--channel", "plant-7")
        self.install("x.pannier", expect=STALE)
        self.install("x.pannier", "--channel", "plant-7")
        self.run_program("receipt", "-o", "r.json", "--store", self.store, program=ISOLATED)
        self.run_program("log", "verify", "--receipt", "r.json", "--store", self.store, program=ISOLATED)
        log = self.store / "pannier" / "audit" / "log.jsonl"
        lines = log.read_text().splitlines(keepends=True)
        self.assertTrue(any('"install"' in line and '"stale"' in line for line in lines))
        log.write_text("".join(lines[:1]))
        self.run_program("log", "verify", "--receipt", "r.json", "--store", self.store, program=ISOLATED, expect=CORRUPT)
        lines[0] = lines[0].replace('"action":"', '"action":"x')
        log.write_text("".join(lines))
        self.run_program("log", "verify", "--store", self.store, program=ISOLATED, expect=CORRUPT)

    def test_rollback_and_rot(self):
        self.ready()
        self.pack("1.pannier", "--channel", "plant-7")
        self.install("1.pannier", "--channel", "plant-7")
        first = self.run_program("show", "tiny", "--store", self.store, "--json", program=ISOLATED)
        changed = self.folder / "changed" / "tiny"
        shutil.copytree(self.model, changed)
        (changed / "README.md").write_text("# Changed\n")
        self.signed("pack", f"dir:{changed}", "-o", "2.pannier", "--key", "alice", "--channel", "plant-7", "--no-load-test")
        self.install("2.pannier")
        self.assertNotEqual(self.run_program("show", "tiny", "--store", self.store, "--json", program=ISOLATED), first)
        self.run_program("rollback", "--store", self.store, program=ISOLATED)
        self.assertEqual(self.run_program("show", "tiny", "--store", self.store, "--json", program=ISOLATED), first)
        blob = max((self.store / "blobs" / "sha256").iterdir(), key=lambda path: path.stat().st_size)
        bent = bytearray(blob.read_bytes())
        bent[1000] ^= 1
        blob.write_bytes(bent)
        found = self.run_program("fsck", "--store", self.store, program=ISOLATED, expect=CORRUPT)
        self.assertIn(blob.name[:12], found)


if __name__ == "__main__":
    unittest.main()
