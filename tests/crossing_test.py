"""A crossing from end to end with the real executables: keys, a first root, a signed and encoded bundle, a reviewer's
approval, volumes and parity, what is refused, revocation, the next zone, and the log that tells all of it."""
import json
import random
import shutil
import unittest

from crossing_case import (CORRUPT, INCOMPLETE, ISOLATED, STALE, UNSIGNED, UNTRUSTED, CrossingCase, make_model, tree)


class Crossing(CrossingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        generator = random.Random(1)
        cls.model = cls.shared / "tiny"
        # Bell-shaped, as weights are.
        make_model(cls.model, "# Tiny\n" * 50, [generator.gauss(0, 0.02) for _ in range(400_000)])

    def setUp(self):
        super().setUp()
        self.store = self.folder / "store"

    def pack(self, output="x.pannier", *words, **options):
        return self.signed("pack", f"dir:{self.model}", "-o", output, "--key", "alice", "--no-load-test", *words, **options)

    def install(self, *words, **options):
        return self.run_program("install", *words, "--store", self.store, program=ISOLATED, **options)

    def ready(self, policy=None):
        self.make_keys("officer", "alice", "rita")
        self.fingerprint = self.make_root("--packer", "alice", "--reviewer", "rita",
                                          *(["--policy", policy] if policy else []))
        self.trust(self.fingerprint, self.store)

    def references(self):
        return tree(self.store / "pannier" / "generations") if self.store.exists() else {}

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
        self.assert_exports(self.model, self.store)
        self.assertIn("there already", self.install("x.pannier"))

    def test_the_independent_reader_agrees_and_checks_the_signature_itself(self):
        self.ready()
        self.pack("x.pannier", "--channel", "plant-7")
        self.run_program("keys", "export", "alice", "-o", "alice.pub")
        self.reader("verify", "x.pannier", "--key", "alice.pub")
        self.reader("extract", "x.pannier", "out")
        self.assertEqual(tree(self.folder / "out" / "tiny"), tree(self.model))
        self.run_program("keys", "export", "rita", "-o", "rita.pub")
        error = self.reader("verify", "x.pannier", "--key", "rita.pub", expect=1)
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
        self.trust(self.fingerprint, inner)
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
