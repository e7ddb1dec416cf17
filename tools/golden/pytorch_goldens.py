#!/usr/bin/env python3
"""Makes tests/goldens/pytorch/: small files as torch.save writes them, and what is in them.

Needs torch, safetensors and numpy at the versions below (it refuses others: another version is another
golden). Run through `./dev golden`, and read the diff. Legacy files name storages by their addresses; those
are renamed here, so that the same bytes come out each time.

  NAME.bin    one file
  NAME.json   its tensors: name, dtype, shape, SHA-256 of the bytes (row by row), or "strided": true
  shards/     the same tensors in two shards with an index, pickled and as safetensors
  models/     the weights of models of tests/goldens/logits, in PyTorch's containers
"""

import collections
import hashlib
import io
import json
import pathlib
import pickle
import sys
import warnings

import safetensors.torch
import torch

VERSIONS = {"torch": "2.13.0", "safetensors": "0.8.0"}
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "goldens" / "pytorch"
LOGITS = OUT.parent / "logits" / "models"
DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
          torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8",
          torch.bool: "BOOL", torch.complex64: "C64", torch.complex128: "C128"}


def check_versions():
    found = {"torch": torch.__version__.split("+")[0], "safetensors": safetensors.__version__}
    if found != VERSIONS:
        sys.exit(f"pytorch_goldens.py: needs {VERSIONS}, found {found}")


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Block(torch.nn.Module):
    """A module whose state_dict has _metadata, a buffer of integers and tied weights."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(7, 4)
        self.norm = torch.nn.LayerNorm(4)
        self.decoder = torch.nn.Linear(4, 7)
        self.decoder.weight = self.embedding.weight
        self.register_buffer("position_ids", torch.arange(5).expand((1, -1)))
        with torch.no_grad():
            for i, parameter in enumerate(self.parameters()):
                parameter.copy_(numbers(*parameter.shape, seed=i))


def every_dtype():
    tensors = collections.OrderedDict()
    for dtype, name in DTYPES.items():
        tensors[name] = (numbers(2, 3, seed=len(tensors)) * 50).to(dtype)
    return tensors


def odd_views():
    base = numbers(4, 6, seed=1)
    return {
        "whole": base,
        "rows": base[1:3],
        "row": base[2],
        "scalar": base[3, 5],
        "transposed": base.t(),
        "columns": base[:, 1:3],
        "every_other": base[::2],
        "expanded": base[0, 0].expand(3, 2),
        "one_column": base[:1, 2:5],  # a stride that is never taken
        "empty": base[:0],
        "empty_alone": torch.zeros(0, 3),
    }


def contents():
    block = Block().state_dict()
    half = collections.OrderedDict((k, v.half() if v.is_floating_point() else v) for k, v in block.items())
    return {
        "block": block,
        "half": half,
        "bfloat16": collections.OrderedDict((k, v.bfloat16()) for k, v in block.items()),
        "every_dtype": every_dtype(),
        "odd_views": odd_views(),
        "parameters": dict(Block().named_parameters()),
        # What transformers ignores, and so do we.
        "extra_entries": {**block, "epoch": 3, "loss": 0.25, "best": None, "done": True, "note": "good",
                          "big": 1 << 70, "sizes": torch.Size([1, 2]), "dtype": torch.float16,
                          "history": [1, 2, (3, {"a": -1})]},
    }


class Mentions(pickle.Unpickler):
    """Reads a pickle for the storages it mentions: (key, element bytes, count) in their order."""

    def __init__(self, file):
        super().__init__(file)
        self.found = {}

    def persistent_load(self, description):
        _, element_bytes, key, _, count, _ = description
        self.found[key] = element_bytes * count

    def find_class(self, module, name):
        if module == "torch" and name.endswith("Storage"):
            return torch._utils._element_size(getattr(torch, name).dtype)
        return collections.OrderedDict if name == "OrderedDict" else lambda *arguments: None


def legacy_bytes(tensors, protocol=2):
    """As torch.save writes it, but with storages numbered and in the order in which the pickle mentions
    them: torch names and sorts them by their addresses, which change from run to run."""
    file = io.BytesIO()
    torch.save(tensors, file, _use_new_zipfile_serialization=False, pickle_protocol=protocol)
    file.seek(0)
    for _ in range(3):
        pickle.load(file)
    mentions = Mentions(file)
    mentions.load()
    keys_at = file.tell()
    keys = pickle.load(file)
    storages = {}
    for key in keys:
        storages[key] = file.read(8 + mentions.found[key])
    assert not file.read()
    text = file.getvalue()[:keys_at] + pickle.dumps(list(mentions.found), protocol)
    for i, key in enumerate(mentions.found):
        text = text.replace(key.encode(), str(i + 1).rjust(len(key), "0").encode())
    return text + b"".join(storages[key] for key in mentions.found)


def zip_bytes(tensors, **options):
    file = io.BytesIO()
    torch.save(tensors, file, **options)
    return file.getvalue()


def described(tensors):
    rows = []
    for name, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor):
            continue
        row = {"name": name, "dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape)}
        if tensor.is_contiguous():
            raw = tensor.detach().contiguous().flatten().view(torch.uint8) if tensor.numel() else torch.zeros(0)
            row["sha256"] = hashlib.sha256(raw.numpy().tobytes()).hexdigest()
        else:
            row["strided"] = True
        rows.append(row)
    return rows


def write(name, file, tensors):
    (OUT / f"{name}.bin").write_bytes(file)
    (OUT / f"{name}.json").write_text(json.dumps(described(tensors), indent=1) + "\n")


def write_shards(tensors):
    """As save_pretrained splits a model: shards named NAME-0000i-of-0000N, and an index."""
    folder = OUT / "shards"
    folder.mkdir(exist_ok=True)
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    names = list(tensors)
    parts = [names[: len(names) // 2], names[len(names) // 2:]]
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    for stem, extension in (("model", "safetensors"), ("pytorch_model", "bin")):
        weight_map = {}
        for i, part in enumerate(parts):
            shard = f"{stem}-{i + 1:05}-of-{len(parts):05}.{extension}"
            chosen = {name: tensors[name] for name in part}
            if extension == "bin":
                (folder / shard).write_bytes(zip_bytes(chosen))
            else:
                safetensors.torch.save_file(chosen, folder / shard, metadata={"format": "pt"})
            weight_map.update({name: shard for name in part})
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (folder / f"{stem}.{extension}.index.json").write_text(json.dumps(index, indent=2) + "\n")
    (folder / "tensors.json").write_text(json.dumps(described(tensors), indent=1) + "\n")


def write_models():
    for model, legacy in (("three-labels-f32", False), ("one-label-sigmoid-f16", True), ("three-labels-bf16", False)):
        tensors = safetensors.torch.load_file(LOGITS / model / "model.safetensors")
        (OUT / "models").mkdir(exist_ok=True)
        (OUT / "models" / f"{model}.bin").write_bytes(legacy_bytes(tensors) if legacy else zip_bytes(tensors))


def main():
    check_versions()
    warnings.filterwarnings("ignore", message="TypedStorage is deprecated")
    OUT.mkdir(parents=True, exist_ok=True)
    for name, tensors in contents().items():
        write(f"{name}_zip", zip_bytes(tensors), tensors)
        write(f"{name}_legacy", legacy_bytes(tensors), tensors)
    block = contents()["block"]
    for protocol in (3, 4, 5):
        write(f"block_zip_protocol{protocol}", zip_bytes(block, pickle_protocol=protocol), block)
        write(f"block_legacy_protocol{protocol}", legacy_bytes(block, protocol), block)
    write_shards(block)
    write_models()


if __name__ == "__main__":
    main()
