"""Eight processes install, remove, go back, collect and read in one store at the same moment, and some are killed:
nothing that was committed is lost, nobody reads half of anything, and what dead ones left is swept.

PANNIER_STORE_OPERATIONS: how many each does (200); PANNIER_STORE_SEED: where the seeds begin (1). A failure prints
the seed of its worker; the order in which processes meet is the machine's. The driver is tests/store_driver.cc.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import unittest

DRIVER = pathlib.Path(os.environ["PANNIER_BUILD_DIR"]) / "store_driver"
PANNIER = os.environ["PANNIER"]
WORKERS = 8
KILLED = 3
OPERATIONS = int(os.environ.get("PANNIER_STORE_OPERATIONS", "200"))
SEED = int(os.environ.get("PANNIER_STORE_SEED", "1"))


class StoreProcesses(unittest.TestCase):
    def setUp(self):
        # Many syncs: in memory where there is one. A kill loses nothing that was written.
        shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=shared, prefix="store_processes"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.store = self.folder / "store"

    def start(self, worker, seed, operations):
        return subprocess.Popen(
            [DRIVER, self.store, str(worker), str(seed), str(operations)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def pannier(self, *words):
        home = {**os.environ, "PANNIER_HOME": str(self.folder / "home")}
        return subprocess.run([PANNIER, *words], capture_output=True, text=True, env=home, check=False)

    def test_nothing_committed_is_lost(self):
        workers = [self.start(worker, SEED + worker, OPERATIONS) for worker in range(WORKERS)]
        # Some more, whose names nobody checks, die at a seeded moment.
        moment = random.Random(SEED)
        for killed in range(KILLED):
            doomed = self.start(f"doomed{killed}", SEED + 100 + killed, 10 * OPERATIONS)
            for _ in range(moment.randrange(1, OPERATIONS)):
                if not doomed.stdout.readline():
                    break
            doomed.send_signal(signal.SIGKILL)
            doomed.communicate()
        for worker, process in enumerate(workers):
            output, errors = process.communicate()
            self.assertEqual(process.returncode, 0, f"worker {worker}, seed {SEED + worker}: {errors}")
            self.assertTrue(output.endswith("done\n"))

        checked = self.pannier("fsck", "--store", str(self.store), "--json")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertTrue(json.loads(checked.stdout)["ok"])
        # After the last collector nothing is left but what is named, and the locks.
        collected = self.pannier("gc", "--store", str(self.store), "--keep", "1", "--grace", "0", "--json")
        self.assertEqual(collected.returncode, 0, collected.stderr)
        again = json.loads(self.pannier("gc", "--store", str(self.store), "--keep", "1", "--grace", "0", "--json").stdout)
        self.assertEqual(again["blobs"], 0)
        staging = sorted(entry.name for entry in (self.store / "pannier/staging").iterdir())
        self.assertEqual(staging, ["cleaning.lock", "collecting.lock"])
        newest = max((self.store / "pannier/generations").glob("*.json"))
        self.assertEqual(newest.read_bytes(), (self.store / "index.json").read_bytes())


if __name__ == "__main__":
    unittest.main()
