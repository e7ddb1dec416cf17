"""A pytorch_model.bin with the tensors of a safetensors file, written without PyTorch: what older
repositories hold beside it.
"""

import io
import json
import pathlib
import struct
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import make_hostile_pytorch as pickled  # noqa: E402: the path is set above; its parts write good files too

STORAGES = {"F32": ("FloatStorage", 4), "F16": ("HalfStorage", 2), "BF16": ("BFloat16Storage", 2),
            "I64": ("LongStorage", 8)}


def strides_of(shape):
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= size
    return strides


def from_safetensors(path):
    """The file's bytes, as torch.save would lay them out."""
    data = pathlib.Path(path).read_bytes()
    [length] = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    entries, storages = [], []
    for name, row in header.items():
        kind, width = STORAGES[row["dtype"]]
        first, end = (8 + length + offset for offset in row["data_offsets"])
        storage = pickled.storage(str(len(storages)), (end - first) // width, pickled.name("torch", kind))
        entries.append(pickled.entry(name, pickled.tensor(storage, 0, row["shape"], strides_of(row["shape"]))))
        storages.append(data[first:end])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        files = {"data.pkl": pickled.state(*entries), "byteorder": b"little"}
        files.update((f"data/{key}", storage) for key, storage in enumerate(storages))
        files["version"] = b"3\n"
        for name, contents in files.items():
            archive.writestr(zipfile.ZipInfo("pytorch_model/" + name), contents)
    return out.getvalue()
