"""Deltas with the real executables: a receipt goes back, what crosses next is small, and only fits where it belongs."""
import json
import random
import shutil
import unittest

from crossing_case import (CHANGED, INCOMPLETE, ISOLATED, NOT_FOUND, STALE, UNTRUSTED, USAGE, CrossingCase, make_model,
                           tree)

WEIGHTS = 200_000


class Delta(CrossingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        generator = random.Random(11)
        values = [generator.gauss(0, 0.02) for _ in range(WEIGHTS)]
        # A fine-tune: one weight in fifty moves, by a little.
        tuned = [value * 1.01 if generator.random() < 0.02 else value for value in values]
        lines = ["".join(generator.choices("abcdefgh ", k=80)) for _ in range(2000)]
        readme = "\n".join(lines)
        edited = "\n".join(lines[:1000] + ["a sentence that is new"] + lines[1000:])
        cls.old, cls.text, cls.tuned = cls.shared / "old", cls.shared / "text", cls.shared / "tuned"
        make_model(cls.old, readme, values)
        make_model(cls.text, edited, values)
        make_model(cls.tuned, readme, tuned)

    def make_trust(self):
        """alice packs, plant-7 signs its receipts; the far stores and the packer's own trust the root that says so."""
        self.make_keys("officer", "alice", "plant-7")
        self.fingerprint = self.make_root("--packer", "alice", "--receiver", "plant-7")
        for store in ("far", "home/store"):
            self.trust(self.fingerprint, store)

    def pack(self, model, output, *words, **options):
        return self.signed("pack", f"dir:{model}", "--name", "tiny", "-o", output, "--key", "alice", "--no-load-test",
                           *words, **options)

    def install(self, bundle, store="far", **options):
        return self.run_program("install", bundle, "--store", store, "--channel", "plant-7", program=ISOLATED, **options)

    def receipt(self, output="far.receipt", store="far"):
        return self.signed("receipt", "-o", output, "--key", "plant-7", "--store", store, program=ISOLATED)

    def size(self, name):
        return (self.folder / name).stat().st_size

    def assert_installed(self, model, store="far"):
        self.assert_exports(model, store)
        shutil.rmtree(self.folder / "out")

    def crossed_once(self, *words):
        """The first model is installed over there, and in the packer's store, which deltas look for bases in."""
        self.make_trust()
        self.pack(self.old, "first.pannier", *words)
        self.install("first.pannier")
        self.install("first.pannier", "home/store")

    def test_a_changed_readme_costs_a_few_kilobytes(self):
        self.crossed_once()
        self.receipt()
        self.pack(self.text, "delta.pannier", "--delta-from", "far.receipt")
        self.assertLess(self.size("delta.pannier"), 16 << 10)
        self.install("delta.pannier")
        self.assert_installed(self.text)

    def test_changed_weights_cross_as_a_difference(self):
        self.crossed_once()
        self.receipt()
        self.pack(self.tuned, "delta.pannier", "--delta-from", "far.receipt")
        self.assertLess(self.size("delta.pannier"), 0.2 * self.size("first.pannier"))
        self.install("delta.pannier")
        self.assert_installed(self.tuned)

    def assert_refused(self, store, expect, says):
        """The bundle of a delta is refused in these words, and the store keeps all that it had, and gets nothing."""
        def kept():
            return {name: data for name, data in tree(self.folder / store).items()
                    if name.startswith(("blobs/", "pannier/generations/"))}
        before = kept()
        error = self.install("delta.pannier", store, expect=expect)
        for text in says:
            self.assertIn(text, error)
        self.assertEqual(kept(), before)

    def test_a_store_that_did_not_issue_the_receipt_refuses_it(self):
        self.crossed_once()
        self.receipt()
        self.pack(self.tuned, "delta.pannier", "--delta-from", "far.receipt")
        self.run_program("install", "first.pannier", "--store", "other", "--allow-unsigned", program=ISOLATED)
        self.trust(self.fingerprint, "other")
        self.assert_refused("other", STALE, ["receipt", "pannier receipt"])

    def test_a_store_that_lost_the_base_names_it(self):
        self.crossed_once()
        self.receipt()
        self.pack(self.tuned, "delta.pannier", "--delta-from", "far.receipt")
        [weights] = [path for path in (self.folder / "far" / "blobs" / "sha256").iterdir()
                     if path.stat().st_size > 2 * WEIGHTS]
        weights.rename(self.folder / "lost")
        self.assert_refused("far", INCOMPLETE, [weights.name[:12], "pack without --delta-from"])
        shutil.move(self.folder / "lost", weights)
        self.install("delta.pannier")
        self.assert_installed(self.tuned)

    def test_of_two_receipts_only_what_both_list_is_left_out(self):
        self.crossed_once()
        self.receipt()
        self.pack(self.text, "text.pannier")
        self.install("text.pannier", "home/store")
        self.run_program("install", "text.pannier", "--store", "other", "--allow-unsigned", program=ISOLATED)
        self.receipt("other.receipt", "other")
        self.pack(self.text, "both.pannier", "--delta-from", "far.receipt", "--delta-from", "other.receipt")
        self.pack(self.text, "one.pannier", "--delta-from", "other.receipt")
        # Both have the weights; the changed README crosses, whole or as a difference to nothing, for the first's sake.
        self.assertLess(self.size("one.pannier"), self.size("both.pannier"))
        self.assertLess(self.size("both.pannier"), 0.6 * self.size("first.pannier"))
        self.install("both.pannier")
        self.assert_installed(self.text)
        self.run_program("install", "both.pannier", "--store", "other", "--allow-unsigned", program=ISOLATED)
        self.assert_installed(self.text, "other")
        said = self.pack(self.text, "x.pannier", "--delta-from", "far.receipt", "--delta-from", "far.receipt",
                         expect=USAGE)
        self.assertIn("same receipt", said)

    def test_a_changed_receipt_is_refused(self):
        self.crossed_once()
        self.receipt()
        envelope = json.loads((self.folder / "far.receipt").read_text())
        envelope["signatures"][0]["sig"] = "B" + envelope["signatures"][0]["sig"][1:]
        (self.folder / "far.receipt").write_text(json.dumps(envelope, separators=(",", ":")))
        error = self.pack(self.text, "delta.pannier", "--delta-from", "far.receipt", expect=UNTRUSTED)
        self.assertIn("plant-7", error)
        self.assertFalse((self.folder / "delta.pannier").exists())

    def test_compare_tells_what_a_delta_would_hold(self):
        self.crossed_once()
        self.receipt()
        self.pack(self.tuned, "tuned.pannier")
        self.install("tuned.pannier", "home/store")
        told = json.loads(self.run_program("compare", "tiny", "--with", "far.receipt", "--exact", "--json"))
        self.pack(self.tuned, "delta.pannier", "--delta-from", "far.receipt")
        self.assertTrue(told["exact"], told)
        self.assertLess(told["bytes"], self.size("delta.pannier"))
        self.assertLess(self.size("delta.pannier") - told["bytes"], 16 << 10)  # the head, manifest and archive
        changed = self.run_program("compare", "first.pannier", "tuned.pannier", expect=CHANGED)
        self.assertIn("model.safetensors", changed)
        self.assertNotIn("README.md", changed)

    def test_the_ledger_serves_where_no_receipt_comes_back(self):
        self.crossed_once("--channel", "plant-7")
        error = self.pack(self.tuned, "x.pannier", "--channel", "plant-7", "--delta-from-ledger", "plant-7",
                          expect=NOT_FOUND)
        self.assertIn("ledger confirm plant-7", error)
        for text in ("0", "", "1x", 1 << 53):
            self.assertIn("no number of a bundle", self.run_program("ledger", "confirm", "plant-7", text, expect=USAGE))
        self.run_program("ledger", "confirm", "plant-7", (1 << 53) - 1, expect=NOT_FOUND)
        self.run_program("ledger", "confirm", "plant-7", 1)
        self.pack(self.tuned, "delta.pannier", "--channel", "plant-7", "--delta-from-ledger", "plant-7")
        [weights] = [path.name for path in (self.folder / "far" / "blobs" / "sha256").iterdir()
                     if path.stat().st_size > 2 * WEIGHTS]
        self.trust(self.fingerprint, "empty")
        self.assert_refused("empty", INCOMPLETE, [weights, "pack without --delta-from"])
        self.assertLess(self.size("delta.pannier"), 0.2 * self.size("first.pannier"))
        self.install("delta.pannier")
        self.assert_installed(self.tuned)

    def test_the_independent_reader_agrees(self):
        self.crossed_once()
        self.receipt()
        self.reader("verify", "first.pannier")
        for name, model in (("text", self.text), ("tuned", self.tuned)):
            self.pack(model, name + ".pannier", "--delta-from", "far.receipt")
            told = self.reader("verify", name + ".pannier", "--base", "far")
            self.assertIn("model.safetensors", told)
            self.assertIn("--base", self.reader("verify", name + ".pannier", expect=1))
            self.run_program("verify", name + ".pannier", "--store", "far", program=ISOLATED)


if __name__ == "__main__":
    unittest.main()
