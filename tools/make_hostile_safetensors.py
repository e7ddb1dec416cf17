#!/usr/bin/env python3
"""Writes tests/hostile/safetensors/: one small weight file for each attack src/format/safetensors.cc refuses.

Standard library only, same bytes each time. Each sample is named after its attack, and so is the test that
reads it (src/format/safetensors_test.cc). Run from anywhere.
"""

import json
import pathlib
import struct

OUT = pathlib.Path(__file__).resolve().parents[1] / "tests" / "hostile" / "safetensors"


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def weights(header, data=b"", length=None):
    """A file of that header: text as it is, anything else as JSON; `length` lies about its size."""
    text = header if isinstance(header, (str, bytes)) else json.dumps(header, separators=(",", ":"))
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


FOUR = tensor("F32", [1], 0, 4)
ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'

SAMPLES = {
    "file_shorter_than_length_field": b"\x10\x00\x00",
    "header_empty": weights("", b"\0" * 4),
    # 1 TB of header in a file of a few bytes: a reader that allocates first is dead.
    "header_length_beyond_file": weights({"a": FOUR}, b"\0" * 4, length=5000),
    "header_length_beyond_limit": weights({"a": FOUR}, b"\0" * 4, length=1 << 40),
    "header_length_all_ones": weights({"a": FOUR}, b"\0" * 4, length=(1 << 64) - 1),
    "header_not_an_object": weights("[1,2,3]"),
    "header_begins_with_space": weights(' {"a":%s}' % ENTRY, b"\0" * 4),
    "header_not_json": weights("{tensor}"),
    "header_invalid_utf8": weights(b'{"\xff\xfe":' + ENTRY.encode() + b"}", b"\0" * 4),
    "header_two_values": weights('{"a":%s}{}' % ENTRY, b"\0" * 4),
    "header_deep_json": weights('{"a":' + "[" * 2000 + "]" * 2000 + "}"),
    "duplicate_tensor_name": weights('{"a":%s,"a":%s}' % (ENTRY, ENTRY), b"\0" * 4),
    "duplicate_entry_key": weights('{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}', b"\0" * 4),
    "metadata_not_an_object": weights({"__metadata__": 1, "a": FOUR}, b"\0" * 4),
    "metadata_value_not_text": weights({"__metadata__": {"format": ["pt"]}, "a": FOUR}, b"\0" * 4),
    "entry_not_an_object": weights({"a": [1]}),
    "entry_lacks_shape": weights({"a": {"dtype": "F32", "data_offsets": [0, 4]}}, b"\0" * 4),
    "entry_has_extra_key": weights({"a": {**FOUR, "code": "import os"}}, b"\0" * 4),
    "dtype_unknown": weights({"a": tensor("Q4_0", [1], 0, 4)}, b"\0" * 4),
    "dtype_lower_case": weights({"a": tensor("f32", [1], 0, 4)}, b"\0" * 4),
    "dtype_not_text": weights({"a": {**FOUR, "dtype": 32}}, b"\0" * 4),
    "offsets_beyond_file": weights({"a": tensor("F32", [1024], 0, 4096)}, b"\0" * 4),
    "offsets_backwards": weights({"a": tensor("F32", [1], 4, 0)}, b"\0" * 4),
    "offsets_negative": weights({"a": tensor("F32", [1], -4, 0)}, b"\0" * 4),
    "offsets_not_whole": weights('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}}', b"\0" * 4),
    "offsets_above_64_bits": weights('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551620]}}', b"\0" * 4),
    "offsets_not_a_pair": weights({"a": {**FOUR, "data_offsets": [0, 4, 8]}}, b"\0" * 4),
    "offsets_overlap": weights({"a": tensor("F32", [2], 0, 8), "b": tensor("F32", [2], 4, 12)}, b"\0" * 12),
    "offsets_shared_by_two": weights({"a": FOUR, "b": FOUR}, b"\0" * 4),
    "offsets_leave_gap": weights({"a": FOUR, "b": tensor("F32", [1], 8, 12)}, b"\0" * 12),
    "offsets_leave_gap_at_start": weights({"a": tensor("F32", [1], 4, 8)}, b"\0" * 8),
    "trailing_bytes": weights({"a": FOUR}, b"\0" * 4 + b"#!/bin/sh\n"),
    "shape_does_not_match_bytes": weights({"a": tensor("F32", [3], 0, 4)}, b"\0" * 4),
    # 2^32 x 2^32 elements: 0 after wrapping around, and 0 x 4 bytes would fit the offsets.
    "shape_product_wraps_around": weights({"a": tensor("F32", [1 << 32, 1 << 32], 0, 0)}),
    # 2^62 elements of 4 bytes: the byte count wraps to 0.
    "shape_bytes_wrap_around": weights({"a": tensor("F32", [1 << 62], 0, 0)}),
    "shape_negative": weights({"a": tensor("F32", [-1], 0, 4)}, b"\0" * 4),
    "shape_too_many_dimensions": weights({"a": tensor("F32", [1] * 5000, 0, 4)}, b"\0" * 4),
    "shape_not_an_array": weights({"a": {**FOUR, "shape": "1"}}, b"\0" * 4),
    "shape_broken_bytes": weights({"a": tensor("F4", [3], 0, 1)}, b"\0" * 1),
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.safetensors"):
        old.unlink()
    for name, contents in SAMPLES.items():
        (OUT / f"{name}.safetensors").write_bytes(contents)


if __name__ == "__main__":
    main()
