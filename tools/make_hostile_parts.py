#!/usr/bin/env python3
"""Writes tests/hostile/encodings/: an encoded part for each attack that src/format/part_codec.cc refuses.

Standard library only, from docs/formats/encodings.md and not from the code; same bytes each time. parts.json
lists for each what it is said to be and part of the message that refuses it. Run from anywhere.
"""

import json
import pathlib
import struct

OUT = pathlib.Path(__file__).resolve().parents[1] / "tests" / "hostile" / "encodings"
BASE = bytes(i * 7 % 256 for i in range(2000))
HUGE = (1 << 64) - 5


def record(method, payload, length=None):
    return struct.pack("<BI", method, len(payload) if length is None else length) + payload


def head(size, width=1, flags=0, reserved=0, offset=0):
    return struct.pack("<IBBHQ", size, width, flags, reserved, offset)


def segment(size, width=1, flags=0, reserved=0, offset=0):
    """All its bytes are 7: a record of one repeated byte for each plane."""
    return head(size, width, flags, reserved, offset) + record(1, b"\7") * width


def steps(rows, new=b"", count=None):
    data = b"".join(struct.pack("<IIQ", *row) for row in rows)
    return struct.pack("<I", len(rows) if count is None else count) + record(0, data) + record(0, new)


def one(*records):
    """A segment of 1000 bytes whose only plane is these bytes."""
    return head(1000) + b"".join(records)


BITMAP = record(0, b"\1" + bytes(124))

# name: (encoding, what it is said to decode to, the part, why it is refused)
SAMPLES = {
    # Sizes that would be memory or time, if they were believed.
    "planes_segment_longer_than_part": ("planes", 1000, segment(1001), "where 1000 are to come"),
    "planes_segment_of_four_gigabytes": ("planes", 1000, segment(0xffffffff), "where 1000 are to come"),
    "planes_segment_empty": ("planes", 1000, segment(0) * 3, "a segment of 0 bytes"),
    "planes_record_longer_than_part": ("planes", 1000, one(record(0, b"", 0xffffffff)), "are said to follow"),
    "chunks_steps_without_end": ("chunks-delta", 1000, steps([(0, 1000, 0)], count=0xffffffff), "steps for"),
    "chunks_no_steps": ("chunks-delta", 1000, steps([]), "0 steps"),
    "chunks_copies_of_one_byte": ("chunks-delta", 1000, steps([(0, 1, 0)] * 20), "copies 1 bytes"),
    "part_larger_than_raw": ("planes", 20, segment(20) + bytes(20), "would be stored"),
    # Parts that leave bytes as they were, or say them twice.
    "planes_ends_early": ("planes", 1000, segment(999), "are said to follow"),
    "planes_goes_on": ("planes", 1000, segment(1000) + b"\0", "follow the last segment"),
    "planes_plane_missing": ("planes", 1000, head(1000, 2) + record(1, b"\7"), "are said to follow"),
    "chunks_ends_early": ("chunks-delta", 1000, steps([(0, 999, 0)]), "leave 1 bytes"),
    "chunks_makes_too_much": ("chunks-delta", 1000, steps([(0, 900, 0), (0, 101, 0)]), "more bytes than"),
    "chunks_sum_wraps_around": ("chunks-delta", 1000, steps([(0xffffffff, 0xffffffff, 0)]), "more bytes than"),
    "chunks_goes_on": ("chunks-delta", 1000, steps([(0, 1000, 0)]) + b"\0", "follow the new ones"),
    "chunks_new_bytes_missing": ("chunks-delta", 1000, steps([(5, 995, 0)], b"1234"), "stores 4"),
    "chunks_step_of_nothing": ("chunks-delta", 1000, steps([(0, 1000, 0), (0, 0, 0)]), "copies 0 bytes"),
    "stored_too_short": ("stored", 1000, bytes(999), "is for 1000"),
    "stored_too_long": ("stored", 1000, bytes(1001), "is for 1000"),
    "record_stores_too_few": ("planes", 1000, one(record(0, bytes(900))), "stores 900"),
    "record_constant_of_two": ("planes", 1000, one(record(1, b"\1\2")), "repeated"),
    # Fields that mean nothing, where something could hide or a later version differ.
    "planes_width_zero": ("planes", 1000, segment(1000, 0), "elements have 0 bytes"),
    "planes_width_three": ("planes", 999, segment(999, 3), "elements have 3 bytes"),
    "planes_half_an_element": ("planes", 999, segment(999, 2), "made of 2 each"),
    "planes_floats_of_a_byte": ("planes", 1000, segment(1000, 1, 1), "flags"),
    "planes_unknown_flag": ("planes", 1000, segment(1000, 2, 4), "flags"),
    "planes_reserved_bytes": ("planes", 1000, segment(1000, 2, 0, 1), "flags"),
    "record_unknown_method": ("planes", 1000, one(record(4, b"\1")), "way 4"),
    # Places in the base.
    "planes_base_where_none_is": ("planes", 1000, segment(1000, 2, 2), "builds on a base"),
    "delta_place_without_base": ("planes-delta", 1000, segment(1000, 2, 0, 0, 8), "without base"),
    "delta_outside_of_base": ("planes-delta", 1000, segment(1000, 2, 2, 0, 1001), "outside of the base"),
    "delta_place_wraps_around": ("planes-delta", 1000, segment(1000, 2, 2, 0, HUGE), "beyond any blob"),
    "chunks_outside_of_base": ("chunks-delta", 1000, steps([(0, 1000, 1001)]), "outside of the base"),
    "chunks_place_wraps_around": ("chunks-delta", 1000, steps([(0, 1000, HUGE)]), "beyond any blob"),
    # Bitmaps.
    "sparse_in_sparse": ("planes", 1000, one(record(3, record(3, BITMAP) + record(0, b"\1"))), "way 3"),
    "sparse_bits_beyond_the_end": ("planes", 1001, head(1001) + record(3, record(1, b"\xff") + record(1, b"\1")),
                                   "beyond"),
    "sparse_values_missing": ("planes", 1000, one(record(3, BITMAP + record(0, b""))), "stores 0"),
    "sparse_values_left_over": ("planes", 1000, one(record(3, BITMAP + record(0, b"\1\2"))), "stores 2"),
    "sparse_goes_on": ("planes", 1000, one(record(3, BITMAP + record(0, b"\1") + b"\0")), "behind its end"),
    # Frames. The first is a whole zstd frame of nothing, the second one to be skipped.
    "frame_of_nothing": ("planes", 1000, one(record(2, bytes.fromhex("28b52ffd2000010000"))), "compressed"),
    "frame_skippable": ("planes", 1000, one(record(2, bytes.fromhex("502a4d180400000001020304"))), "compressed"),
    "frame_is_noise": ("planes", 1000, one(record(2, b"no frame at all")), "damaged"),
    # A window of 2 GB, a content of 1 TB: neither is memory that anybody takes.
    "frame_with_a_huge_window": ("planes", 1000, one(record(2, bytes.fromhex("28b52ffd00a8010000"))), "compressed"),
    "frame_with_huge_content": ("planes", 1000, one(record(2, bytes.fromhex("28b52ffde00000000000010000010000"))),
                                "compressed"),
    "frame_with_a_dictionary": ("planes", 1000, one(record(2, bytes.fromhex("28b52ffd2107e8010000"))), "compressed"),
}
WITH_BASE = ("planes-delta", "chunks-delta")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    (OUT / "a.base").write_bytes(BASE)
    rows = []
    for name, (encoding, decoded_bytes, part, reason) in SAMPLES.items():
        (OUT / f"{name}.part").write_bytes(part)
        row = {"part": f"{name}.part", "encoding": encoding, "decoded_bytes": decoded_bytes, "refused": reason}
        if encoding in WITH_BASE:
            row["base"] = "a.base"
        rows.append(row)
    lines = ",\n".join(" " + json.dumps(row) for row in rows)
    (OUT / "parts.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
