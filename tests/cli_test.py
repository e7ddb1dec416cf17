"""The two executables from the outside: what a user types, sees and gets as an exit code."""

import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
PANNIER = os.environ["PANNIER"]
ISOLATED = os.environ["PANNIER_ISOLATED"]
MODEL = SOURCE / "examples" / "offline-sentiment" / "sst2-tiny"

OK, NO, USAGE, CORRUPT, INCOMPLETE, UNSIGNED, NOT_FOUND, UNSUPPORTED, LIMIT, IO = 0, 1, 2, 3, 4, 6, 8, 9, 10, 11
INTERRUPTED = 130


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pannier-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
        }

    def run_program(self, *words, program=PANNIER, stdin="", expect=OK, **more):
        done = subprocess.run(
            [program, *map(str, words)], input=stdin, capture_output=True, text=True, cwd=self.folder,
            env=self.environment, timeout=300, **more)
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def pack(self, name="m.pannier"):
        self.run_program("pack", f"dir:{MODEL}", "-o", name)
        return self.folder / name

    def install(self, store="store", bundle="m.pannier"):
        self.run_program("install", bundle, "--store", store, "--allow-unsigned", program=ISOLATED)

    def copy_model(self, *without):
        target = self.folder / "copy"
        shutil.copytree(MODEL, target)
        for name in without:
            (target / name).unlink()
        return target


class Carry(Case):
    def test_a_model_crosses_and_comes_out_as_it_was(self):
        self.pack()
        inspected = json.loads(self.run_program("inspect", "m.pannier", "--json").stdout)
        self.assertEqual([model["name"] for model in inspected["models"]], ["sst2-tiny"])
        self.assertFalse(inspected["signed"])
        verified = json.loads(self.run_program("verify", "m.pannier", "--json", program=ISOLATED).stdout)
        self.assertTrue(verified["whole"])
        self.assertEqual(verified["payload_digest"], inspected["payload_digest"])
        self.install()
        listed = json.loads(self.run_program("list", "--store", "store", "--json", program=ISOLATED).stdout)
        self.assertEqual([row["name"] for row in listed], ["sst2-tiny"])
        shown = json.loads(self.run_program("show", "sst2-tiny", "--store", "store", "--json").stdout)
        self.run_program("export", "sst2-tiny", "--local-dir", "out", "--store", "store", program=ISOLATED)
        self.run_program("unpack", "m.pannier", "-o", "plain")
        for folder in (self.folder / "out", self.folder / "plain" / "sst2-tiny"):
            names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
            self.assertEqual(names, [row["path"] for row in shown["files"]])
            for row in shown["files"]:
                contents = (folder / row["path"]).read_bytes()
                self.assertEqual(contents, (MODEL / row["path"]).read_bytes())
                self.assertEqual("sha256:" + hashlib.sha256(contents).hexdigest(), row["digest"])

    def test_the_same_folder_packs_to_the_same_bytes(self):
        self.pack("a.pannier")
        copy = self.folder / "sst2-tiny"
        shutil.copytree(MODEL, copy)
        os.utime(copy / "config.json", (1, 1))
        self.run_program("pack", "sst2-tiny", "-o", "b.pannier")
        self.assertEqual((self.folder / "a.pannier").read_bytes(), (self.folder / "b.pannier").read_bytes())

    def test_unsigned_bundles_need_a_word(self):
        self.pack()
        done = self.run_program("install", "m.pannier", "--store", "store", expect=UNSIGNED, program=ISOLATED)
        self.assertIn("--allow-unsigned", done.stderr)
        self.assertFalse((self.folder / "store").exists())

    def test_installing_again_changes_nothing(self):
        self.pack()
        self.install()
        done = self.run_program("install", "m.pannier", "--store", "store", "--allow-unsigned", "--json")
        self.assertFalse(json.loads(done.stdout)["changed"])

    def test_a_flipped_byte_is_named_and_nothing_is_installed(self):
        bundle = self.pack()
        contents = bytearray(bundle.read_bytes())
        contents[5_000_000] ^= 1
        bundle.write_bytes(contents)
        for words in (["verify", "m.pannier"], ["install", "m.pannier", "--store", "store", "--allow-unsigned"],
                      ["unpack", "m.pannier", "-o", "plain"]):
            done = self.run_program(*words, expect=CORRUPT, program=ISOLATED)
            self.assertIn("block 1", done.stderr)
            self.assertIn("model.safetensors", done.stderr)
        self.assertFalse((self.folder / "plain").exists())
        self.run_program("show", "sst2-tiny", "--store", "store", expect=NOT_FOUND)

    def test_a_cut_bundle_says_what_is_missing(self):
        bundle = self.pack()
        os.truncate(bundle, bundle.stat().st_size - 100_000)
        done = self.run_program("verify", "m.pannier", expect=INCOMPLETE)
        self.assertIn("100000", done.stderr.replace(",", ""))

    def test_a_bundle_with_something_behind_it_is_refused(self):
        bundle = self.pack()
        with open(bundle, "ab") as file:
            file.write(b"x")
        self.run_program("verify", "m.pannier", expect=CORRUPT)

    def test_what_is_no_bundle_is_told_so(self):
        done = self.run_program("verify", MODEL / "tokenizer.json", expect=CORRUPT)
        self.assertIn("is not a bundle", done.stderr)
        (self.folder / "empty").touch()
        self.run_program("verify", "empty", expect=INCOMPLETE)

    def test_a_bundle_may_be_named_by_a_link(self):
        self.pack()
        (self.folder / "link").symlink_to("m.pannier")
        for words in (["inspect", "link"], ["verify", "link"], ["unpack", "link", "-o", "plain"],
                      ["install", "link", "--store", "store", "--allow-unsigned"]):
            self.run_program(*words)

    def test_pack_does_not_overwrite_unasked(self):
        self.pack()
        done = self.run_program("pack", f"dir:{MODEL}", "-o", "m.pannier", expect=USAGE)
        self.assertIn("m.pannier", done.stderr)
        self.run_program("pack", f"dir:{MODEL}", "-o", "m.pannier", "--force")

    def test_dry_runs_write_nothing(self):
        self.run_program("pack", f"dir:{MODEL}", "-o", "m.pannier", "--dry-run")
        self.assertEqual(list(self.folder.iterdir()), [])
        self.pack()
        self.run_program("install", "m.pannier", "--store", "store", "--allow-unsigned", "--dry-run")
        self.assertFalse((self.folder / "store").exists())

    def test_what_is_neither_a_name_nor_a_folder_is_a_mistake(self):
        for ref in ("org/na me", "a/b/c/d"):
            done = self.run_program("pack", ref, "-o", "m.pannier", expect=USAGE)
            self.assertIn("dir:", done.stderr)
        self.assertFalse((self.folder / "m.pannier").exists())

    def test_links_out_of_the_folder_are_refused(self):
        copy = self.copy_model()
        (copy / "secrets.txt").symlink_to("/etc/passwd")
        self.run_program("pack", "dir:copy", "-o", "m.pannier", expect=USAGE)
        self.assertFalse((self.folder / "m.pannier").exists())

    def test_pack_belongs_to_the_connected_side(self):
        done = self.run_program("pack", f"dir:{MODEL}", "-o", "m.pannier", expect=USAGE, program=ISOLATED)
        self.assertIn("connected side", done.stderr)

    def test_tar_and_sha256sum_read_a_plain_bundle(self):
        self.pack()
        subprocess.run(["tar", "-xf", "m.pannier"], cwd=self.folder, check=True)
        layout = json.loads((self.folder / "index.json").read_text())
        self.assertEqual(len(layout["manifests"]), 1)
        blobs = list((self.folder / "blobs" / "sha256").iterdir())
        self.assertGreaterEqual(len(blobs), 5)
        for blob in blobs:
            self.assertEqual(hashlib.sha256(blob.read_bytes()).hexdigest(), blob.name)


class Failures(Case):
    def left_behind(self):
        # Failures are in the user's log, which is all that stays.
        return sorted(path.name for path in self.folder.iterdir() if path.name != "home")

    def test_a_write_that_fails_midway_leaves_nothing(self):
        # The kernel refuses to let any file grow beyond 1 MB, as a full disk would.
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

        done = self.run_program("pack", f"dir:{MODEL}", "-o", "m.pannier", expect=IO, preexec_fn=limit)
        self.assertIn("cannot write", done.stderr)
        self.assertEqual(self.left_behind(), [])
        self.pack()
        self.run_program("install", "m.pannier", "--store", "store", "--allow-unsigned", expect=IO, preexec_fn=limit)
        self.run_program("show", "sst2-tiny", "--store", "store", expect=NOT_FOUND)
        self.assertEqual(list((self.folder / "store").rglob("staging/writer*")), [])
        self.install()

    def test_a_folder_that_cannot_be_written(self):
        done = self.run_program("pack", f"dir:{MODEL}", "-o", "/proc/m.pannier", expect=IO)
        self.assertIn("/proc", done.stderr)

    def test_a_full_standard_output_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PANNIER, "help"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, IO)
        self.assertIn("standard output", done.stderr)

    def test_ctrl_c_leaves_no_partial_bundle(self):
        big = self.folder / "big"
        big.mkdir()
        (big / "config.json").write_text("{}")
        with open(big / "model.safetensors", "wb") as file:
            file.truncate(8 << 30)  # sparse: takes seconds to hash and no room
        process = subprocess.Popen(
            [PANNIER, "pack", "dir:big", "-o", "m.pannier"], cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # The flag is there once the handler is: the kernel lists caught signals.
        self.wait_until(lambda: int(self.status_of(process, "SigCgt"), 16) & (1 << (signal.SIGINT - 1)))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED, errors)
        self.assertIn("interrupted", errors)
        self.assertEqual(self.left_behind(), ["big"])

    def test_commands_are_confined(self):
        process = subprocess.Popen(
            [ISOLATED, "run", "sentiment-analysis", str(MODEL), "-"], env=self.environment, cwd=self.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdin.write("fine\n")
        process.stdin.flush()
        process.stdout.readline()
        self.assertEqual(self.status_of(process, "Seccomp"), "2")
        self.assertEqual(self.status_of(process, "NoNewPrivs"), "1")
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, OK)

    def status_of(self, process, key):
        for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return line.split()[1]
        self.fail(f"no {key}")

    def wait_until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline)


class Run(Case):
    # What transformers 5.23.0 prints for this model in fp32.
    GREAT = {"label": "POSITIVE", "score": 0.976787269115448}

    def classify(self, *words, **more):
        return self.run_program("run", "sentiment-analysis", MODEL, *words, program=ISOLATED, **more)

    def assert_score(self, found, expected):
        self.assertEqual(found["label"], expected["label"])
        self.assertAlmostEqual(found["score"], expected["score"], delta=1e-5)

    def test_from_the_store_as_from_the_folder(self):
        self.pack()
        self.install()
        words = ["--json", "This is a great day!"]
        from_store = self.run_program("run", "sentiment-analysis", "sst2-tiny", *words, "--store", "store")
        self.assertEqual(from_store.stdout, self.classify(*words).stdout)
        self.assert_score(json.loads(from_store.stdout)[0], self.GREAT)

    def test_shapes_of_json_are_those_of_the_pipeline(self):
        one = json.loads(self.classify("--json", "This is a great day!").stdout)
        self.assertEqual(len(one), 1)
        self.assert_score(one[0], self.GREAT)
        two = json.loads(self.classify("--json", "This is a great day!", "This is awful.").stdout)
        self.assertEqual([row["label"] for row in two], ["POSITIVE", "NEGATIVE"])
        both = json.loads(self.classify("--json", "--top-k", "2", "This is a great day!").stdout)
        self.assertEqual([row["label"] for row in both], ["POSITIVE", "NEGATIVE"])
        self.assertAlmostEqual(sum(row["score"] for row in both), 1, places=6)
        lists = json.loads(self.classify("--json", "--top-k", "0", "great", "awful").stdout)
        self.assertEqual([[row["label"] for row in rows] for rows in lists],
                         [["POSITIVE", "NEGATIVE"], ["NEGATIVE", "POSITIVE"]])

    def test_a_file_of_lines_gives_a_line_each(self):
        (self.folder / "in.txt").write_text("This is a great day!\n\nawful\r\n[a, b]")
        lines = self.classify("-i", "in.txt", "--json").stdout.splitlines()
        self.assertEqual(len(lines), 4)
        self.assert_score(json.loads(lines[0])[0], self.GREAT)
        plain = self.classify("-i", "in.txt").stdout.splitlines()
        self.assertEqual(plain[2].split("\t")[0], "NEGATIVE")
        self.assertEqual(plain[3].split("\t")[2], "[a, b]")

    def test_json_lines_and_standard_input(self):
        (self.folder / "in.jsonl").write_text('{"text": "This is a great day!"}\n"awful"\n')
        by_file = self.classify("-i", "in.jsonl", "--json").stdout
        by_input = self.classify("-", "--json", stdin="This is a great day!\nawful\n").stdout
        self.assertEqual(by_file, by_input)
        by_option = self.classify("-i", "-", "--input-format", "jsonl", "--json", stdin='"This is a great day!"\n')
        self.assertEqual(by_option.stdout, by_file.splitlines()[0] + "\n")

    def test_threads_do_not_change_the_answer(self):
        texts = (SOURCE / "examples/offline-sentiment/dev.tsv").read_text().splitlines()
        lines = "\n".join(text.split("\t")[0] for text in texts) + "\n"
        one = self.classify("-", "--json", "--threads", "1", stdin=lines)
        two = self.classify("-", "--json", "--threads", "3", stdin=lines)
        self.assertEqual(one.stdout, two.stdout)
        labels = [json.loads(line)[0]["label"] for line in one.stdout.splitlines()]
        right = sum(label == ["NEGATIVE", "POSITIVE"][int(text.split("\t")[1])] for label, text in zip(labels, texts))
        training = json.loads((MODEL / "training.json").read_text())
        self.assertEqual(right / len(texts), training["dev_accuracy"])

    def test_a_text_that_is_too_long_is_cut_and_that_is_said(self):
        done = self.classify("good " * 2000)
        self.assertIn("the model takes 512", done.stderr)
        self.assertIn("were not read", done.stderr)

    def test_missing_files_are_all_named_at_once(self):
        copy = self.copy_model("tokenizer.json")
        done = self.run_program("run", "sentiment-analysis", copy, "x", expect=INCOMPLETE)
        self.assertIn("tokenizer.json", done.stderr)
        self.assertIn("vocab.txt", done.stderr)
        self.assertNotIn("config.json,", done.stderr)
        (copy / "config.json").unlink()
        (copy / "model.safetensors").unlink()
        done = self.run_program("run", "sentiment-analysis", copy, "x", expect=INCOMPLETE)
        for name in ("config.json", "model.safetensors", "tokenizer.json"):
            self.assertIn(name, done.stderr)

    def test_the_answer_from_vocab_txt_is_the_same(self):
        copy = self.copy_model("tokenizer.json")
        vocabulary = json.loads((MODEL / "tokenizer.json").read_text())["model"]["vocab"]
        words = sorted(vocabulary, key=vocabulary.get)
        (copy / "vocab.txt").write_text("\n".join(words) + "\n")
        done = self.run_program("run", "sentiment-analysis", copy, "--json", "This is a great day!")
        self.assert_score(json.loads(done.stdout)[0], self.GREAT)

    def test_an_unsupported_architecture_is_told_what_is_supported(self):
        copy = self.copy_model()
        config = json.loads((copy / "config.json").read_text())
        config.update(model_type="llama", architectures=["LlamaForCausalLM"])
        (copy / "config.json").write_text(json.dumps(config))
        done = self.run_program("run", "sentiment-analysis", copy, "x", expect=UNSUPPORTED)
        self.assertIn("distilbert", done.stderr.lower())

    def test_cut_weights_are_refused_by_name(self):
        copy = self.copy_model()
        os.truncate(copy / "model.safetensors", 1_000_000)
        done = self.run_program("run", "sentiment-analysis", copy, "x", expect=CORRUPT)
        self.assertIn("model.safetensors", done.stderr)

    def test_a_text_in_the_place_of_the_model_gets_a_hint(self):
        for words in (["This is a great day!"], ["This is a great day!", "And this."]):
            done = self.run_program("run", "sentiment-analysis", *words, expect=NOT_FOUND)
            self.assertIn("before it", done.stderr)

    def test_other_tasks_are_told_what_is_supported(self):
        done = self.run_program("run", "fill-mask", MODEL, "x", expect=UNSUPPORTED)
        self.assertIn("text-classification", done.stderr)
        done = self.run_program("run", "sentiment-analisys", MODEL, "x", expect=USAGE)
        self.assertIn("sentiment-analysis", done.stderr)

    def test_mistakes_on_the_command_line(self):
        self.classify(expect=USAGE)
        self.classify("a", "-i", "b", expect=USAGE)
        self.classify("a", "--threads", "0", expect=USAGE)
        self.classify("-i", "nowhere.txt", expect=NOT_FOUND)
        self.run_program("instal", expect=USAGE)
        self.assertIn("install", self.run_program("instal", expect=USAGE).stderr)


class Embed(Case):
    """The numbers themselves are held in src/run/pipeline/embedding_golden_test.cc."""

    GOLDENS = SOURCE / "tests" / "goldens" / "embeddings"
    TEXTS = ["the cat sat on the mat .", "good"]  # texts 3 and 4 of every golden

    def setUp(self):
        super().setUp()
        self.rows = json.loads((self.GOLDENS / "mean-normalized" / "golden.json").read_text())["rows"]

    def embed(self, task, *words, model="mean-normalized", **more):
        return self.run_program("run", task, self.GOLDENS / model, *words, program=ISOLATED, **more)

    def assert_near(self, found, expected):
        self.assertEqual(len(found), len(expected))
        for a, b in zip(found, expected):
            self.assertAlmostEqual(a, b, delta=1e-4)

    def test_features_have_the_shapes_of_the_pipeline(self):
        one = json.loads(self.embed("feature-extraction", "--json", self.TEXTS[0]).stdout)
        self.assertEqual(len(one), 1)  # a batch of one, tokens, numbers
        expected = self.rows[2]["feature"]["features"]
        self.assertEqual(len(one[0]), len(expected))
        for token, numbers in zip(one[0], expected):
            self.assert_near(token, numbers)
        two = json.loads(self.embed("feature-extraction", "--json", *self.TEXTS).stdout)
        self.assertEqual(two[0], one)
        self.assertEqual([len(row) for row in two], [1, 1])
        self.assertEqual(len(two[1][0]), self.rows[3]["feature"]["tokens"])
        lines = self.embed("feature-extraction", "--json", "-", stdin="\n".join(self.TEXTS)).stdout.splitlines()
        self.assertEqual([json.loads(line) for line in lines], two)

    def test_numbers_are_float32_as_python_prints_them(self):
        line = self.embed("feature-extraction", "--pooled", "--json", "-", stdin="good\n").stdout
        numbers = line.strip().strip("[]").split(", ")
        self.assertEqual(len(numbers), 24)
        for number in numbers:
            self.assertEqual(repr(float(number)), number)
            self.assertEqual(struct.unpack("f", struct.pack("f", float(number)))[0], float(number))

    def test_pooled_gives_a_vector_for_each_text(self):
        vectors = json.loads(self.embed("feature-extraction", "--pooled", "--json", *self.TEXTS).stdout)
        for vector, row in zip(vectors, self.rows[2:4]):
            self.assert_near(vector, row["embedding"]["values"])
        alone = json.loads(self.embed("feature-extraction", "--pooled", "--json", self.TEXTS[0]).stdout)
        self.assertEqual(alone, vectors[:1])
        (self.folder / "in.txt").write_text("\n".join(self.TEXTS))
        lines = self.embed("feature-extraction", "--pooled", "--json", "-i", "in.txt").stdout.splitlines()
        self.assertEqual([json.loads(line) for line in lines], vectors)

    def test_similarities_are_those_of_the_hub(self):
        found = json.loads(self.embed("sentence-similarity", "--json", *self.TEXTS, "bad bad BAD").stdout)
        self.assert_near(found, [row["embedding"]["similarity"] for row in self.rows[3:5]])
        lines = self.embed("sentence-similarity", "--json", self.TEXTS[0], "-", stdin="good\nbad bad BAD\n").stdout
        self.assertEqual([json.loads(line) for line in lines.splitlines()], found)
        plain = self.embed("sentence-similarity", self.TEXTS[0], self.TEXTS[0], "good").stdout.splitlines()
        self.assertEqual(plain[0], "1.0000\t" + self.TEXTS[0])
        self.assertEqual(plain[1], f"{found[0]:.4f}\tgood")

    def test_for_people_there_are_sizes_and_the_first_numbers(self):
        tokens, width, numbers = self.embed("feature-extraction", "good").stdout.rstrip("\n").split("\t")
        self.assertEqual((tokens, width), ("3 tokens", "24 numbers each"))
        first = self.rows[3]["feature"]["features"][0][:4]
        self.assertEqual(numbers, " ".join(f"{number:.4f}" for number in first) + " …")
        lines = self.embed("feature-extraction", "--pooled", "good", "a\tb").stdout.splitlines()
        self.assertEqual([line.split("\t")[3] for line in lines], ["good", "a\\x09b"])

    def test_threads_do_not_change_a_bit(self):
        lines = "\n".join(self.rows[i % 9]["text"] + str(i) for i in range(200))
        for task in (["feature-extraction"], ["feature-extraction", "--pooled"], ["sentence-similarity", "good"]):
            one = self.embed(*task[:1], *task[1:], "--json", "--threads", "1", "-", stdin=lines)
            three = self.embed(*task[:1], *task[1:], "--json", "--threads", "3", "-", stdin=lines)
            self.assertEqual(one.stdout, three.stdout)

    def test_cut_texts_f16_and_assumed_pooling_are_said(self):
        long = "cat " * 300
        done = self.embed("feature-extraction", "--pooled", long, model="cls-f16")
        self.assertIn("weights are F16, computed in fp32", done.stderr)
        self.assertIn("text 1 has 302 tokens, the model takes 60", done.stderr)
        done = self.embed("sentence-similarity", long, "good", long)
        self.assertIn("the source text has 302 tokens, the model takes 20", done.stderr)
        self.assertIn("text 2 has 302 tokens", done.stderr)
        done = self.embed("feature-extraction", "--pooled", "x", model="no-modules")
        self.assertIn("no modules.json", done.stderr)
        self.assertNotIn("modules.json", self.embed("feature-extraction", "x", model="no-modules").stderr)

    def test_what_is_not_a_sentence_transformer_we_know_is_refused(self):
        copy = self.folder / "copy"
        shutil.copytree(self.GOLDENS / "mean-normalized", copy)
        modules = json.loads((copy / "modules.json").read_text())
        modules[2]["type"] = "sentence_transformers.models.Dense"
        (copy / "modules.json").write_text(json.dumps(modules))
        done = self.run_program("run", "sentence-similarity", copy, "a", "b", expect=UNSUPPORTED)
        self.assertIn("Dense", done.stderr)
        self.run_program("run", "feature-extraction", copy, "a")  # reads no modules
        (copy / "modules.json").write_text("[" * 100000)
        self.run_program("run", "sentence-similarity", copy, "a", "b", expect=LIMIT)

    def test_mistakes_on_the_command_line(self):
        self.embed("sentence-similarity", expect=USAGE)
        self.embed("sentence-similarity", "only the source", expect=USAGE)
        self.embed("feature-extraction", expect=USAGE)
        done = self.embed("feature-extraction", "--top-k", "3", "x", expect=USAGE)
        self.assertIn("--top-k means nothing for feature-extraction", done.stderr)
        self.embed("sentence-similarity", "--pooled", "x", "y", expect=USAGE)
        self.run_program("run", "sentiment-analysis", MODEL, "--pooled", "x", expect=USAGE)


class Help(Case):
    def test_every_command_has_help_with_examples_and_exit_codes(self):
        overview = self.run_program("help").stdout
        for command in ("pack", "inspect", "verify", "unpack", "install", "list", "show", "export", "run"):
            self.assertIn(f"  {command} ", overview)
            text = self.run_program(command, "--help").stdout
            self.assertIn("Examples:", text)
            self.assertIn("Exit codes:", text)
            self.assertIn(f"Usage: pannier {command}", text)
            self.assertEqual(text, self.run_program("help", command).stdout)
        self.assertIn("TASK [MODEL] [TEXT...]", self.run_program("run", "--help").stdout)
        self.assertNotIn("  pack ", self.run_program("help", program=ISOLATED).stdout)

    def test_topics_and_version(self):
        self.assertIn("130", self.run_program("help", "exit-codes").stdout)
        self.assertIn("PANNIER_HOME", self.run_program("help", "environment").stdout)
        self.run_program("help", "nonsense", expect=USAGE)
        self.assertRegex(self.run_program("--version").stdout, r"^pannier \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
