"""kill -9 at seeded moments of a download from a real server: the next process goes on, nothing that was on the
disk is asked for again, nothing beyond one block a connection is lost, and the bytes are right.

PANNIER_KILLS: how many seeds (10). The driver is tests/download_driver.cc.
"""

import hashlib
import http.server
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

DRIVER = pathlib.Path(os.environ["PANNIER_BUILD_DIR"]) / "download_driver"
SEEDS = int(os.environ.get("PANNIER_KILLS", "10"))
CONNECTIONS = 4
BLOCK = 256 * 1024
PIECE = 32 * 1024
KILLS_A_SEED = 3
LARGE_BYTES = 24 * 1024 * 1024 + 12345
SMALL_COUNT = 40


class Handler(http.server.BaseHTTPRequestHandler):
    """Files from memory, in ranges, slowly enough that the moment of a kill matters."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        pass

    def do_GET(self):  # noqa: N802
        contents = self.server.files[self.path]
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = (int(asked[1]), int(asked[2])) if asked else (0, len(contents) - 1)
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(contents)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("ETag", '"v1"')
        self.end_headers()
        try:
            for begin in range(first, last + 1, PIECE):
                end = min(begin + PIECE, last + 1)
                self.server.count(self.path, begin, end)
                self.wfile.write(contents[begin:end])
        except OSError:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # Little on the way, so that the moment of a kill is near the bytes it was chosen by.
    buffer_bytes = 16 * 1024

    def __init__(self, files):
        self.files = files
        self.changed = threading.Condition()
        self.sent = []  # (path, begin, end)
        self.sent_bytes = 0
        super().__init__(("127.0.0.1", 0), Handler)

    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.buffer_bytes)
        super().server_bind()

    def handle_error(self, *_arguments):
        pass

    def count(self, path, begin, end):
        with self.changed:
            self.sent.append((path, begin, end))
            self.sent_bytes += end - begin
            self.changed.notify_all()

    def take_sent(self):
        with self.changed:
            sent, self.sent, self.sent_bytes = self.sent, [], 0
            return sent

    def wait_for_bytes(self, least):
        """Until so many were sent since they were taken last."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.sent_bytes >= least, timeout=60):
                raise TimeoutError("the download does not get on")


def crc32c_table():
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc32c_table()


def crc32c(data):
    """Slow, and for the few bytes of a journal only."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ TABLE[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF


def blocks_on_disk(folder, key, contents):
    """The blocks that the journal of `key` names, read by the page alone (docs/internals/download.md), and
    that are right."""
    journal = (folder / f"{key}.journal").read_bytes() if (folder / f"{key}.journal").exists() else b""
    part = (folder / f"{key}.part").read_bytes() if (folder / f"{key}.part").exists() else b""
    if len(journal) < 64:
        return set()
    magic, block_bytes, size, key_digest, _, crc = struct.unpack("<8sQQ32sII", journal[:64])
    assert magic == b"PNRJRNL1" and block_bytes == BLOCK and size == len(contents), journal[:64]
    assert key_digest == hashlib.sha256(key.encode()).digest() and crc == crc32c(journal[:60])
    blocks = set()
    for at in range(64, len(journal) - 15, 16):
        number, _, zero, check = struct.unpack("<IIII", journal[at:at + 16])
        assert zero == 0 and check == crc32c(key_digest + journal[at:at + 12]), "a record of a living kernel"
        begin = number * BLOCK
        assert part[begin:begin + BLOCK] == contents[begin:begin + BLOCK], "a record without its block"
        blocks.add(number)
    return blocks


class KillTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        maker = random.Random(1)
        cls.files = {"/large": maker.randbytes(LARGE_BYTES)}
        for number in range(SMALL_COUNT):
            cls.files[f"/small{number}"] = maker.randbytes(maker.randrange(1, 20_000))
        cls.keys = {path: f"sha256-{hashlib.sha256(contents).hexdigest()}-{len(contents)}"
                    for path, contents in cls.files.items()}
        cls.server = Server(cls.files)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pannier-download-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.server.take_sent()

    def rows(self):
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        return "".join(f"{base}{path} {len(contents)} sha256 {hashlib.sha256(contents).hexdigest()}\n"
                       for path, contents in self.files.items())

    def start(self):
        with tempfile.TemporaryFile("w+") as rows:
            rows.write(self.rows())
            rows.seek(0)
            process = subprocess.Popen([DRIVER, self.folder, str(CONNECTIONS), str(BLOCK)], text=True,
                                       stdin=rows, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       env={"PATH": os.environ["PATH"]})
        self.addCleanup(process.kill)
        return process

    def check_kept(self, kept, sent):
        """Nothing that lay on the disk was sent again."""
        for path, begin, end in sent:
            blocks = kept.get(path, set())
            if blocks is True:
                self.fail(f"{path} was whole, and was fetched again")
            for block in range(begin // BLOCK, (end - 1) // BLOCK + 1):
                self.assertNotIn(block, blocks, f"block {block} of {path} was there, and was fetched again")

    def kept_now(self):
        kept = {}
        for path, contents in self.files.items():
            whole = self.folder / f"{self.keys[path]}.whole"
            if whole.exists():
                self.assertEqual(whole.read_bytes(), contents)
                kept[path] = True
            else:
                kept[path] = blocks_on_disk(self.folder, self.keys[path], contents)
        return kept

    def kept_bytes(self, kept):
        total = 0
        for path, blocks in kept.items():
            size = len(self.files[path])
            total += size if blocks is True else sum(min(BLOCK, size - block * BLOCK) for block in blocks)
        return total

    def lost_now(self, kept):
        """The blocks that were begun, and that no later process will count."""
        lost = set()
        for path, contents in self.files.items():
            part = self.folder / f"{self.keys[path]}.part"
            if kept[path] is True or not part.exists():
                continue
            written = part.read_bytes()
            for block in range((len(contents) + BLOCK - 1) // BLOCK):
                if block not in kept[path] and any(written[block * BLOCK:(block + 1) * BLOCK]):
                    lost.add((path, block))
        return lost

    def run_one_seed(self, seed):
        random_moment = random.Random(seed)
        kept = {}
        kept_before = 0
        lost_before = set()
        total = sum(map(len, self.files.values()))
        for _ in range(KILLS_A_SEED):
            left = total - kept_before
            process = self.start()
            self.server.wait_for_bytes(random_moment.randrange(max(1, left * 6 // 10)))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            self.check_kept(kept, self.server.take_sent())
            kept = self.kept_now()
            kept_before = self.kept_bytes(kept)
            lost = self.lost_now(kept)
            self.assertLessEqual(len(lost - lost_before), CONNECTIONS, "more than one block a connection")
            lost_before = lost
        process = self.start()
        output, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        self.check_kept(kept, self.server.take_sent())
        totals = re.search(r"^totals (\d+) (\d+) (\d+)$", output, re.MULTILINE)
        self.assertEqual(int(totals[1]), total - kept_before, "fetched just what was missing")
        self.assertEqual(int(totals[2]), kept_before)
        for path, contents in self.files.items():
            self.assertEqual((self.folder / f"{self.keys[path]}.whole").read_bytes(), contents)
        self.assertEqual(sorted(name.suffix for name in self.folder.iterdir()),
                         [""] + [".whole"] * len(self.files))

    def test_seeded_moments(self):
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                self.run_one_seed(seed)
                for name in self.folder.iterdir():
                    name.unlink()

    def test_two_processes_share_the_work(self):
        first = self.start()
        second = self.start()
        outputs = [process.communicate(timeout=120) for process in (first, second)]
        for process, (_, errors) in zip((first, second), outputs):
            self.assertEqual(process.returncode, 0, errors)
        fetched = [int(re.search(r"totals (\d+)", output)[1]) for output, _ in outputs]
        self.assertEqual(sum(fetched), sum(map(len, self.files.values())), "each byte by one of them, once")


if __name__ == "__main__":
    unittest.main()
