"""tools/bundle_parts.py, written from the page alone, decodes the golden parts as C++ does, and refuses bent ones."""
import hashlib
import json
import os
import pathlib
import struct
import sys
import unittest

ROOT = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
GOLDENS = ROOT / "tests" / "goldens" / "encodings"
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
import bundle_parts  # noqa: E402: the path is set above


def read_base(row):
    data = (GOLDENS / row["base"]).read_bytes() if "base" in row else b""
    return lambda offset, count: data[offset:offset + count]


class BundleParts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = json.loads((GOLDENS / "parts.json").read_text())

    def decode(self, row, data):
        return bundle_parts.decode(row["encoding"], data, row["decoded_bytes"], read_base(row))

    def test_every_encoding_has_a_golden(self):
        self.assertEqual({row["encoding"] for row in self.rows}, {"planes", "planes-delta", "chunks-delta", "stored"})

    def test_goldens_decode_to_what_was_encoded(self):
        for row in self.rows:
            decoded = self.decode(row, (GOLDENS / row["part"]).read_bytes())
            self.assertEqual(len(decoded), row["decoded_bytes"], row["part"])
            self.assertEqual(hashlib.sha256(decoded).hexdigest(), row["sha256"], row["part"])

    def test_cut_or_longer_parts_are_refused(self):
        for row in self.rows:
            if row["encoding"] == "stored":
                continue  # its size is that of its entry
            data = (GOLDENS / row["part"]).read_bytes()
            for bent in (data[:-1], data[:10], b"", data + b"\0"):
                with self.assertRaises((ValueError, struct.error), msg=row["part"]):
                    self.decode(row, bent)

    def test_another_base_gives_another_blob(self):
        for row in self.rows:
            if "base" in row:
                decoded = bundle_parts.decode(row["encoding"], (GOLDENS / row["part"]).read_bytes(),
                                              row["decoded_bytes"], lambda offset, count: bytes(count))
                self.assertNotEqual(hashlib.sha256(decoded).hexdigest(), row["sha256"], row["part"])


if __name__ == "__main__":
    unittest.main()
