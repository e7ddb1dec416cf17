#!/usr/bin/env python3
"""How small weights and changed files become, and how fast, on one core: parts of bundles beside other compressors.

usage: compress.py [--rounds 3] [--core 0] [--model FILE.safetensors]… [--pair BASE NEW]… [--json FILE]

Alone: the weights of a real model (all-MiniLM-L6-v2, out of a package: tools/real_models.py) in float32 and
rounded to bfloat16, and each --model. Over a base: a fine-tune of both by the formula below, a README with a
new sentence, and each --pair. Rows: `pannier` (bench/parts.cc, built as part_bench: split, coding and looking
at the base in, files not), zipnn in its own settings, `zstd -3` and `--patch-from`, `tar | zstd -3`. All in one
thread on one core, seconds of the processor, the best of --rounds; what comes back is compared everywhere.

The fine-tune moves every weight a little: w' = w + 0.0001 g, in float32, then rounded to the file's type; g are
standard normal numbers of numpy.random.default_rng(2024), drawn as float32, one tensor after the other in the
order of the file. In bfloat16 two weights of five then differ; in float32 all do, and half of their bits are
noise that nobody can save. Run through `./dev bench compress`.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("PANNIER_BUILD_DIR", ROOT / "build" / "release"))
SEED = 2024
STEP = 1e-4


# ---- what is compressed -----------------------------------------------------------------------------


def real_model():
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tools" / "real_models.py"), "minilm"], text=True,
                          stdout=subprocess.PIPE, check=True)
    return pathlib.Path(done.stdout.strip().splitlines()[-1])


def read_tensors(path):
    """name -> (dtype, shape, bytes), in the order of the file."""
    data = pathlib.Path(path).read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    rows = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    return {name: (row["dtype"], row["shape"], data[begin + row["data_offsets"][0]:begin + row["data_offsets"][1]])
            for name, row in rows}


def write_tensors(path, tensors):
    header, at = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, _, data in tensors.values():
            file.write(data)
    return path


def to_bfloat16(values):
    """float32 -> the bytes of the nearest bfloat16, ties to even. Weights are finite."""
    bits = values.view(numpy.uint32)
    return ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16).tobytes()


def floats_of(dtype, data):
    if dtype == "F32":
        return numpy.frombuffer(data, numpy.float32)
    return (numpy.frombuffer(data, numpy.uint16).astype(numpy.uint32) << 16).view(numpy.float32)


def rounded_to_bfloat16(tensors):
    return {name: ("BF16", shape, to_bfloat16(floats_of(dtype, data))) if dtype == "F32" else (dtype, shape, data)
            for name, (dtype, shape, data) in tensors.items()}


def fine_tuned(tensors):
    random = numpy.random.default_rng(SEED)
    tuned = {}
    for name, (dtype, shape, data) in tensors.items():
        if dtype in ("F32", "BF16"):
            values = floats_of(dtype, data)
            moved = values + numpy.float32(STEP) * random.standard_normal(len(values), dtype=numpy.float32)
            data = moved.tobytes() if dtype == "F32" else to_bfloat16(moved)
        tuned[name] = (dtype, shape, data)
    return tuned


def changed_readme(path, out):
    text = path.read_text(encoding="utf-8")
    middle = text.index("\n", len(text) // 2) + 1
    out.write_text(text[:middle] + "This sentence was added by its authors last week.\n" + text[middle:],
                   encoding="utf-8")
    return out


# ---- how: each gives (encoded bytes, seconds to encode, seconds to decode) ---------------------------


def pannier(rounds, path, base=None):
    command = [str(BUILD / "part_bench"), str(rounds), str(path)] + ([str(base)] if base else [])
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    row = json.loads(done.stdout)
    return row["encoded"], row["encode_seconds"], row["decode_seconds"]


def child_seconds(command):
    """Of the processor, for a shell command and all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["sh", "-c", command], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commands(rounds, path, encode, decode):
    """Shell commands: `encode` writes $OUT, `decode` writes what $OUT holds to standard output."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        setting = f"OUT='{out}' IN='{path}'; "
        encode_seconds = min(child_seconds(setting + encode) for _ in range(rounds))
        decode_seconds = min(child_seconds(setting + decode + " >/dev/null") for _ in range(rounds))
        subprocess.run(["sh", "-c", setting + decode + " | cmp - \"$IN\""], check=True)
        return out.stat().st_size, encode_seconds, decode_seconds


def zstd(rounds, path):
    return commands(rounds, path, 'zstd -q -3 --single-thread -f "$IN" -o "$OUT"', 'zstd -q -dc "$OUT"')


def tar_zstd(rounds, path):
    return commands(rounds, path, 'tar -C "$(dirname "$IN")" -cf - "$(basename "$IN")" | '
                    'zstd -q -3 --single-thread -f -o "$OUT"', 'zstd -q -dc "$OUT" | tar -xOf -')


def patch_from(rounds, path, base):
    return commands(rounds, path, f"zstd -q -3 --single-thread --long=31 --patch-from='{base}' -f \"$IN\" -o \"$OUT\"",
                    f"zstd -q -dc --long=31 --patch-from='{base}' \"$OUT\"")


ZIPNN_TYPES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


def zipnn(rounds, path):
    """Its own way: the tensors' bytes as one array of the file's main type, without the header."""
    from zipnn import ZipNN
    tensors = read_tensors(path)
    sizes = {}
    for dtype, _, data in tensors.values():
        sizes[dtype] = sizes.get(dtype, 0) + len(data)
    main = max(sizes, key=sizes.get)
    if main not in ZIPNN_TYPES:
        return None
    raw = b"".join(data for dtype, _, data in tensors.values() if dtype == main)
    best = [1e9, 1e9]
    for _ in range(rounds):
        # It changes its input in place, so that each round needs a copy.
        coder = ZipNN(bytearray_dtype=ZIPNN_TYPES[main], threads=1)
        copy = bytearray(raw)
        begin = time.process_time()
        packed = coder.compress(copy)
        middle = time.process_time()
        back = coder.decompress(packed)
        best = [min(best[0], middle - begin), min(best[1], time.process_time() - middle)]
        if bytes(back) != raw:
            raise SystemExit("zipnn gave back something else")
    others = path.stat().st_size - len(raw)
    return len(packed) + others, *best


# ---- the table --------------------------------------------------------------------------------------


def measure(what, path, base, rows, rounds):
    raw = path.stat().st_size
    results = []
    for name, way in rows:
        figures = way(rounds, path, base) if base else way(rounds, path)
        if figures is None:
            continue
        encoded, encode_seconds, decode_seconds = figures
        result = {"input": what, "row": name, "raw": raw, "encoded": encoded, "ratio": encoded / raw,
                  "encode_mb_s": raw / 1e6 / max(encode_seconds, 1e-6),
                  "decode_mb_s": raw / 1e6 / max(decode_seconds, 1e-6)}
        results.append(result)
        print(f"{what:28} {name:18} {raw:>11} {encoded:>11}  {result['ratio']:.4f} "
              f"{result['encode_mb_s']:>8.0f} {result['decode_mb_s']:>8.0f}", flush=True)
    return results


ALONE = [("pannier", pannier), ("zipnn", zipnn), ("zstd -3", zstd), ("tar | zstd -3", tar_zstd)]
OVER_BASE = [("pannier", pannier), ("zstd --patch-from", patch_from)]
# Without the base, to tell what the base is worth.
NO_BASE = [("pannier, no base", pannier), ("zstd -3", zstd)]


def run(options, folder):
    model = real_model()
    single = read_tensors(model / "model.safetensors")
    half = rounded_to_bfloat16(single)
    files = {"minilm f32": write_tensors(folder / "f32.safetensors", single),
             "minilm bf16": write_tensors(folder / "bf16.safetensors", half)}
    pairs = [("fine-tune bf16", files["minilm bf16"],
              write_tensors(folder / "tuned-bf16.safetensors", fine_tuned(half))),
             ("fine-tune f32", files["minilm f32"],
              write_tensors(folder / "tuned-f32.safetensors", fine_tuned(single)))]
    files.update({path.parent.name: path for path in options.model})
    pairs += [(new.parent.name, base, new) for base, new in options.pair]
    print(f"{'input':28} {'row':18} {'raw':>11} {'encoded':>11}   ratio enc MB/s dec MB/s")
    results = []
    for what, path in files.items():
        results += measure(what, path, None, ALONE, options.rounds)
    for what, base, new in pairs:
        results += measure(what, new, base, OVER_BASE, options.rounds)
        results += measure(what, new, None, NO_BASE, options.rounds)
    readme = changed_readme(model / "README.md", folder / "README.md")
    results += measure("changed README", readme, model / "README.md", OVER_BASE, options.rounds)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--model", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--pair", type=pathlib.Path, nargs=2, action="append", default=[], metavar=("BASE", "NEW"))
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    subprocess.run(["cmake", "--build", str(BUILD), "--target", "part_bench"], check=True,
                   stdout=subprocess.DEVNULL)
    print(f"load before: {os.getloadavg()[0]:.1f}")
    os.sched_setaffinity(0, {options.core})
    with tempfile.TemporaryDirectory() as folder:
        results = run(options, pathlib.Path(folder))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
