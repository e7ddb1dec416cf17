"""Both readers of bundles, the C++ one and tools/bundle_reader.py, give the same verdict on everything."""
import contextlib
import importlib.util
import io
import os
import random
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("PANNIER_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PANNIER = os.environ["PANNIER"]
READER = os.path.join(ROOT, "tools", "bundle_reader.py")
GOLDENS = os.path.join(ROOT, "tests", "goldens", "bundle")
HOSTILE = os.path.join(ROOT, "tests", "hostile", "bundle")


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


def load_reader():
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("bundle_reader", READER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


READER_MODULE = load_reader()


def python(*arguments):
    """What the reader's command line does, without a new interpreter for each of some hundred bundles."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            code = READER_MODULE.main(list(arguments))
        except SystemExit as usage:
            code = usage.code
    return subprocess.CompletedProcess(arguments, code, out.getvalue().encode(), error.getvalue().encode())


def bundles_in(folder):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".pannier"))


def tree(folder):
    """Path -> (executable, contents) of every file."""
    out = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                out[os.path.relpath(path, folder)] = (bool(os.stat(path).st_mode & 0o111), file.read())
    return out


class TwoReaders(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def place(self, name):
        return os.path.join(self.folder.name, name)

    def assert_same_verdict(self, path, accepted):
        ours, theirs = run(PANNIER, "verify", path), python("verify", path)
        self.assertEqual(ours.returncode == 0, accepted, "%s: %s" % (path, ours.stderr.decode()))
        self.assertEqual(theirs.returncode, 0 if accepted else 1, "%s: %s" % (path, theirs.stderr.decode()))

    def test_goldens_are_accepted_by_both(self):
        self.assertGreaterEqual(len(bundles_in(GOLDENS)), 2)
        for path in bundles_in(GOLDENS):
            self.assert_same_verdict(path, True)

    def test_hostile_bundles_are_refused_by_both(self):
        self.assertGreater(len(bundles_in(HOSTILE)), 100)
        for path in bundles_in(HOSTILE):
            self.assert_same_verdict(path, False)

    def test_hostile_bundles_extract_to_nothing(self):
        for path in bundles_in(HOSTILE):
            self.assertEqual(python("extract", path, self.place("out")).returncode, 1, path)
            self.assertEqual(os.listdir(self.folder.name), [], path)

    def test_both_extract_the_same_files(self):
        for number, path in enumerate(bundles_in(GOLDENS)):
            ours, theirs = self.place("ours%d" % number), self.place("theirs%d" % number)
            unpacked = run(PANNIER, "unpack", path, "-o", ours)
            self.assertEqual(unpacked.returncode, 0, unpacked.stderr.decode())
            self.assertEqual(python("extract", path, theirs).returncode, 0)
            self.assertEqual(tree(ours), tree(theirs))

    def test_what_is_packed_now_is_the_golden_bundle(self):
        source = os.path.join(GOLDENS, "source", "other")
        packed = run(PANNIER, "pack", source, "--name", "other", "-o", self.place("x.pannier"))
        self.assertEqual(packed.returncode, 0, packed.stderr.decode())
        with open(self.place("x.pannier"), "rb") as ours, \
                open(os.path.join(GOLDENS, "one_model.pannier"), "rb") as golden:
            self.assertEqual(ours.read(), golden.read())

    def test_flipped_bits_are_refused_by_both(self):
        with open(os.path.join(GOLDENS, "one_model.pannier"), "rb") as file:
            good = file.read()
        generator = random.Random(3)
        for number in range(40):
            bent = bytearray(good)
            bent[generator.randrange(len(good))] ^= 1 << generator.randrange(8)
            path = self.place("%d.pannier" % number)
            with open(path, "wb") as file:
                file.write(bent)
            self.assert_same_verdict(path, False)

    def test_tar_and_sha256sum_read_a_bundle_as_it_is(self):
        path = os.path.join(GOLDENS, "two_models.pannier")
        self.assertEqual(run("tar", "-xf", path, "-C", self.folder.name).returncode, 0)
        blobs = self.place("blobs/sha256")
        names = sorted(os.listdir(blobs))
        self.assertGreater(len(names), 5)
        summed = run("sha256sum", *[os.path.join(blobs, name) for name in names]).stdout.decode()
        self.assertEqual([line.split()[0] for line in summed.splitlines()], names)

    def test_hostile_samples_are_what_their_script_writes(self):
        script = os.path.join(ROOT, "tools", "make_hostile_bundles.py")
        made = self.place("hostile")
        written = run(sys.executable, "-B", script, os.path.join(GOLDENS, "two_models.pannier"), made)
        self.assertEqual(written.returncode, 0, written.stderr.decode())
        self.assertEqual({k: v[1] for k, v in tree(made).items()},
                         {k: v[1] for k, v in tree(HOSTILE).items() if k.endswith(".pannier")})

    def test_wrong_usage(self):
        self.assertEqual(run(sys.executable, "-B", READER).returncode, 2)
        self.assertEqual(python("verify").returncode, 2)
        self.assertEqual(python("explode", "x").returncode, 2)
        self.assertEqual(python("verify", self.place("nowhere")).returncode, 1)


if __name__ == "__main__":
    unittest.main()
