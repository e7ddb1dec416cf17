"""`pannier fetch` killed at seeded points and run again: nothing is lost, nothing is fetched again beyond a
block a connection, and the bytes are right. $PANNIER_KILLS says how often (tests/large_hub_kill.sh: 200).
"""

import os
import pathlib
import random
import shutil
import sys
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
from fetching import BLOCK_BYTES, OK, FetchCase  # noqa: E402: the path is set above
from test_hub import Repository, TestHub  # noqa: E402

KILLS = int(os.environ.get("PANNIER_KILLS", "10"))
NAME = "org/name"
WEIGHTS = f"{NAME}/model.safetensors"
SIZE = 24 * BLOCK_BYTES + 777
CONNECTIONS = 8
SEND_BUFFER_BYTES = 64 * 1024  # small, so that what the kernel took is near what arrived
# What a kill may cost: the block in work of each connection, and what lay in the buffers of both ends.
LOST_BYTES_MAX = CONNECTIONS * (BLOCK_BYTES + 8 * SEND_BUFFER_BYTES)


class Kills(FetchCase):
    def setUp(self):
        super().setUp()
        contents = random.Random(7).randbytes(SIZE)
        files = {f"part/{n}.json": b'{"n": %d}' % n for n in range(20)}
        self.repository = Repository(NAME)
        self.sha = self.repository.commit(dict(files, **{"model.safetensors": contents}))
        self.hub = TestHub([self.repository], send_buffer_bytes=SEND_BUFFER_BYTES)
        self.addCleanup(self.hub.close)

    def sent(self):
        return sum(row.sent[1] - row.sent[0] for row in list(self.hub.log) if row.sent and row.subject == WEIGHTS)

    def kill_after(self, count):
        """Starts a fetch and kills it once so many bytes more have left; its exit code."""
        begin = self.sent()
        run = self.start("fetch", NAME, "--hub-url", self.hub.url, "--store", self.store)
        while run.process.poll() is None and self.sent() - begin < count:
            time.sleep(0.0005)
        run.kill()
        run.wait()
        self.hub.wait_idle()
        return run

    def test_kill_9_at_seeded_points(self):
        seeded = random.Random(2024)
        done = rounds = 0
        while done < KILLS:
            self.hub.clear()
            shutil.rmtree(self.store, ignore_errors=True)
            kills = 0
            # Some downloads are killed once, some again and again.
            for _ in range(min(KILLS - done, seeded.choice((1, 1, 2, 5)))):
                run = self.kill_after(seeded.randrange(1, SIZE // 2))
                if run.code == OK:
                    break
                self.assertEqual(run.code, -9, run)
                kills += 1
            self.assertGreater(kills, 0, "it was faster than we could kill it")
            done += kills
            rounds += 1
            with self.subTest(round=rounds, kills=kills):
                self.fetch(self.hub, NAME)
                self.assert_holds(NAME, self.repository.commits[self.sha])
                self.assertLessEqual(self.hub.bytes_total(WEIGHTS) - SIZE, kills * LOST_BYTES_MAX)

    def test_what_was_whole_before_the_kill_is_not_fetched_again(self):
        self.hub.fault("slow", path="model.safetensors", bytes_per_second=20_000_000)
        run = self.kill_after(SIZE * 3 // 4)
        self.assertEqual(run.code, -9, run)
        before = self.hub.bytes_total(WEIGHTS)
        self.hub.clear()
        self.fetch(self.hub, NAME)
        self.assertLessEqual(self.hub.bytes_total(WEIGHTS), SIZE - before + LOST_BYTES_MAX)
        self.assert_holds(NAME, self.repository.commits[self.sha])


if __name__ == "__main__":
    unittest.main()
