"""Memory: a model of fp32 weights is in memory once, whatever its container and however much text it reads.

The peak of a whole run is held below the size of the weight files and 64 MB. A load that keeps the mapped
file's pages beside the packed copy would be above it by half of the file.
"""

import array
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
ISOLATED = os.environ.get("PANNIER_ISOLATED", "")
BEYOND_WEIGHTS_MAX = 64 << 20

sys.path.insert(0, str(SOURCE / "tools"))
import make_hostile_pytorch as torch_pickle  # noqa: E402: the path is set above

WIDTH, FEED_FORWARD, BLOCKS, HEADS, POSITIONS = 512, 2048, 8, 8, 512
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"word{i}" for i in range(300))]


def shapes():
    """Name -> shape of every tensor of a DistilBERT classifier."""
    found = {"embeddings.word_embeddings.weight": [len(WORDS), WIDTH],
             "embeddings.position_embeddings.weight": [POSITIONS, WIDTH],
             "embeddings.LayerNorm.weight": [WIDTH], "embeddings.LayerNorm.bias": [WIDTH]}

    def linear(name, outputs, inputs):
        found[name + ".weight"], found[name + ".bias"] = [outputs, inputs], [outputs]

    for block in range(BLOCKS):
        layer = f"transformer.layer.{block}."
        for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
            linear(layer + "attention." + part, WIDTH, WIDTH)
        linear(layer + "ffn.lin1", FEED_FORWARD, WIDTH)
        linear(layer + "ffn.lin2", WIDTH, FEED_FORWARD)
        for norm in ("sa_layer_norm", "output_layer_norm"):
            found[layer + norm + ".weight"], found[layer + norm + ".bias"] = [WIDTH], [WIDTH]
    found = {"distilbert." + name: shape for name, shape in found.items()}
    linear("pre_classifier", WIDTH, WIDTH)
    linear("classifier", 2, WIDTH)
    return found


def elements_of(shape):
    return shape[0] * (shape[1] if len(shape) > 1 else 1)


class Numbers:
    """Small seeded floats: one block of them over and over, as only the pages that hold them matter."""

    def __init__(self):
        numbers = random.Random(0)
        self.block = array.array("f", (numbers.uniform(-0.04, 0.04) for _ in range(WIDTH * 97))).tobytes()

    def bytes_of(self, shape):
        size = 4 * elements_of(shape)
        return (self.block * (size // len(self.block) + 1))[:size]


NUMBERS = Numbers()


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, shape in tensors.items():
        size = 4 * elements_of(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for shape in tensors.values():
            out.write(NUMBERS.bytes_of(shape))


def write_pytorch(path, tensors):
    entries = []
    for key, (name, shape) in enumerate(tensors.items()):
        strides = (shape[1], 1) if len(shape) > 1 else (1,)
        stored = torch_pickle.storage(str(key), elements_of(shape))
        entries.append(torch_pickle.entry(name, torch_pickle.tensor(stored, 0, shape, strides)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        out.writestr("archive/data.pkl", torch_pickle.state(*entries))
        out.writestr("archive/byteorder", "little")
        for key, shape in enumerate(tensors.values()):
            out.writestr(f"archive/data/{key}", NUMBERS.bytes_of(shape))
        out.writestr("archive/version", "3\n")


def write_shards(folder, tensors, suffix, write):
    """Two shards, with names dealt out in turn, so that every layer is in both."""
    names = [f"{suffix[0]}-0000{i + 1}-of-00002.{suffix[1]}" for i in range(2)]
    parts = [{name: tensors[name] for name in list(tensors)[i::2]} for i in range(2)]
    for name, part in zip(names, parts):
        write(folder / name, part)
    owners = {tensor: name for name, part in zip(names, parts) for tensor in part}
    (folder / f"{suffix[0]}.{suffix[1]}.index.json").write_text(json.dumps({"weight_map": owners}))


class Memory(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="pannier-memory-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        (self.folder / "config.json").write_text(json.dumps(
            {"model_type": "distilbert", "architectures": ["DistilBertForSequenceClassification"], "dim": WIDTH,
             "hidden_dim": FEED_FORWARD, "n_layers": BLOCKS, "n_heads": HEADS, "vocab_size": len(WORDS),
             "max_position_embeddings": POSITIONS}))
        (self.folder / "vocab.txt").write_text("".join(word + "\n" for word in WORDS))
        (self.folder / "tokenizer_config.json").write_text(json.dumps(
            {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": True, "model_max_length": POSITIONS}))

    def weight_bytes(self):
        return sum(path.stat().st_size for path in self.folder.iterdir() if path.suffix in (".safetensors", ".bin"))

    def peak_beyond_weights(self, lines):
        """Peak resident bytes of a run on these texts, less the weight files; its output."""
        texts = self.folder / "texts"
        texts.write_text("".join(line + "\n" for line in lines))
        with open(self.folder / "out", "w+", encoding="utf-8") as out:
            process = subprocess.Popen([ISOLATED, "run", "text-classification", f"dir:{self.folder}", "-q", "--json",
                                        "--threads", "2", "-i", str(texts)], stdout=out)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            out.seek(0)
            self.assertEqual(len(out.readlines()), len(lines))
        return usage.ru_maxrss * 1024 - self.weight_bytes()

    def assert_in_memory_once(self):
        self.assertGreater(self.weight_bytes(), BEYOND_WEIGHTS_MAX * 3 // 2)  # else twice as much would pass, too
        numbers = random.Random(1)
        sentence = lambda count: " ".join(numbers.choice(WORDS[5:]) for _ in range(count))  # noqa: E731
        lines = [sentence(7) for _ in range(60)] + [sentence(2 * POSITIONS) for _ in range(4)]
        self.assertLess(self.peak_beyond_weights(lines), BEYOND_WEIGHTS_MAX)

    def test_a_safetensors_file(self):
        write_safetensors(self.folder / "model.safetensors", shapes())
        self.assert_in_memory_once()

    def test_shards_of_safetensors(self):
        write_shards(self.folder, shapes(), ("model", "safetensors"), write_safetensors)
        self.assert_in_memory_once()

    def test_a_pytorch_file(self):
        write_pytorch(self.folder / "pytorch_model.bin", shapes())
        self.assert_in_memory_once()


if __name__ == "__main__":
    if os.environ.get("PANNIER_SANITIZE") == "ON":
        sys.exit(77)  # a sanitizer's own memory is many times that
    unittest.main()
