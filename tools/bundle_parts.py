"""Decodes the parts of encoded bundles for bundle_reader.py, from docs/formats/encodings.md.

decode(encoding, data, size, base) gives `size` bytes; base(offset, count) reads the blob that a delta builds on.
ValueError for what is not as that page says. Frames are decoded by Python 3.14, or else by the `zstd` command.
"""
import struct
import subprocess

CHUNK_ELEMENTS = 1 << 17

def check(condition, reason):
    if not condition:
        raise ValueError(reason)

def unzstd(frame):
    try:
        from compression import zstd
        return zstd.decompress(frame)
    except ImportError:
        return subprocess.run(["zstd", "-dcq"], input=frame, stdout=subprocess.PIPE, check=True).stdout

class Encoded:
    """Takes records off the front of an encoded part."""
    def __init__(self, data):
        self.data, self.offset = data, 0
    def take(self, count):
        check(count <= len(self.data) - self.offset, "a part ends early")
        self.offset += count
        return self.data[self.offset - count:self.offset]
    def end(self):
        check(self.offset == len(self.data), "bytes follow the end of a part")
    def record(self, size, nested=False):
        method, length = struct.unpack("<BI", self.take(5))
        data = self.take(length)
        check(method in (0, 1, 2) or method == 3 and not nested, "a record of an unknown kind")
        if method == 3:  # a bitmap of what is not zero, and that
            inner = Encoded(data)
            bitmap = int.from_bytes(inner.record((size + 7) // 8, True), "little")
            check(bitmap >> size == 0, "a bitmap is too long")
            values = iter(inner.record(bin(bitmap).count("1"), True))
            inner.end()
            return bytes(next(values) if bit == "1" else 0 for bit in bin(bitmap | 1 << size)[:2:-1])
        data = unzstd(data) if method == 2 else data * size if method == 1 and length == 1 else data
        check(len(data) == size, "a record has another size")
        return data

def decode_planes(data, size, base):
    reader, out = Encoded(data), bytearray()
    while len(out) < size:
        count, width, flags, zero, place = struct.unpack("<IBBHQ", reader.take(16))
        check(width in (1, 2, 4, 8) and 0 < count <= size - len(out) and count % width == 0 and not zero and flags < 4
              and (width > 1 or not flags & 1) and (flags & 2 or not place), "a segment's head")
        for begin in range(0, count, CHUNK_ELEMENTS * width):
            elements = min(count - begin, CHUNK_ELEMENTS * width) // width
            chunk = bytearray(elements * width)
            for plane in range(width):
                chunk[plane::width] = reader.record(elements)
            if flags & 1:  # the sign bit was rotated to the bottom of each element
                low, top = int.from_bytes((b"\1" + bytes(width - 1)) * elements, "little"), 8 * width - 1
                value = int.from_bytes(chunk, "little")
                chunk = ((value & ~low) >> 1 | (value & low) << top).to_bytes(len(chunk), "little")
            if flags & 2:
                value = int.from_bytes(chunk, "little") ^ int.from_bytes(base(place + begin, len(chunk)), "little")
                chunk = value.to_bytes(len(chunk), "little")
            out += chunk
    reader.end()
    return bytes(out)

def decode_chunks(data, size, base):
    reader, out = Encoded(data), b""
    count = struct.unpack("<I", reader.take(4))[0]
    check(count <= size // 32 + 1, "too many steps")
    steps = list(struct.iter_unpack("<IIQ", reader.record(16 * count)))
    check(sum(step[0] + step[1] for step in steps) == size, "steps that make another size")
    literals = Encoded(reader.record(sum(step[0] for step in steps)))
    for literal, copy, place in steps:
        out += literals.take(literal) + (base(place, copy) if copy else b"")
    reader.end()
    return out

def decode(encoding, data, size, base):
    if encoding == "stored":
        return data
    return decode_chunks(data, size, base) if encoding == "chunks-delta" else decode_planes(data, size, base)
