"""`keys` as a person uses it: passphrases on a terminal and from a descriptor, files, messages, the audit log."""

import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import unittest

PROGRAM = os.environ["PANNIER_ISOLATED"]
OK, USAGE, CORRUPT, NOT_FOUND, UNSUPPORTED, IO = 0, 2, 3, 8, 9, 11


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, words, home):
        self.process, self.master = pty.fork()
        if self.process == 0:
            os.execve(PROGRAM, [PROGRAM, *words], {"PANNIER_HOME": str(home)})
        self.shown = ""

    def wait_for(self, text):
        """Reads until the text was shown; everything before it is dropped."""
        until = time.monotonic() + 60
        while text not in self.shown:
            if time.monotonic() > until or not self.read(60):
                raise AssertionError(f"never saw {text!r}, only {self.shown!r}")
        before, _, self.shown = self.shown.partition(text)
        return before

    def read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 4096)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode()
        return data != b""

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        """Everything else that is shown, and how it ended."""
        while self.read(60):
            pass
        _, status = os.waitpid(self.process, 0)
        return self.shown, status


class KeysTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="pannier-keys-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.home = self.folder / "home"
        self.keys = self.home / "keys"

    def run_keys(self, *words, expect=OK, lines=""):
        done = subprocess.run([PROGRAM, "keys", *map(str, words)], input=lines, cwd=self.folder, capture_output=True,
                              text=True, check=False, start_new_session=True, env={"PANNIER_HOME": str(self.home)})
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout if expect == OK else done.stderr

    def generate(self, name="alice", words="correct horse"):
        return self.run_keys("generate", name, "--passphrase-fd", "0", lines=words + "\n")

    def openssl(self, *words):
        return subprocess.run(["openssl", *map(str, words)], cwd=self.folder, check=True, capture_output=True,
                              text=True).stdout

    def test_a_key_is_made_shown_listed_and_exported(self):
        self.generate()
        shown = json.loads(self.run_keys("show", "alice", "--json"))
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", self.keys / "alice.pub", "-outform", "DER"],
                             check=True, capture_output=True).stdout
        digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, check=True,
                                capture_output=True).stdout.split()[0].decode()
        self.assertEqual(shown["key_id"], digest)
        self.assertEqual(len(shown["fingerprint_words"].replace("/", "").split()), 16)
        self.assertIn(shown["fingerprint_words"], self.run_keys("show", "alice"))
        listed = json.loads(self.run_keys("list", "--json"))
        self.assertEqual([(key["name"], key["private"], key["key_id"]) for key in listed["keys"]],
                         [("alice", True, digest)])
        self.assertEqual(self.run_keys("export", "alice"), (self.keys / "alice.pub").read_text(encoding="utf-8"))
        self.run_keys("export", "alice", "-o", "a.pub")
        self.assertIn("exists", self.run_keys("export", "alice", "-o", "a.pub", expect=IO))
        self.assertEqual(json.loads(self.run_keys("show", "./a.pub", "--json"))["key_id"], digest)

    def test_openssl_opens_the_key_file_with_its_passphrase_alone(self):
        self.generate()
        self.assertEqual((self.keys / "alice.key").stat().st_mode & 0o7777, 0o600)
        public = self.openssl("pkey", "-in", self.keys / "alice.key", "-passin", "pass:correct horse", "-pubout")
        self.assertEqual(public, (self.keys / "alice.pub").read_text(encoding="utf-8"))
        with self.assertRaises(subprocess.CalledProcessError):
            self.openssl("pkey", "-in", self.keys / "alice.key", "-passin", "pass:wrong", "-pubout")

    def test_a_key_is_never_overwritten(self):
        self.generate()
        before = (self.keys / "alice.key").read_bytes()
        self.assertIn("already", self.run_keys("generate", "alice", "--passphrase-fd", "0", lines="x\n", expect=USAGE))
        self.assertEqual((self.keys / "alice.key").read_bytes(), before)

    def test_keys_of_openssl_come_in_and_others_are_refused_by_name(self):
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "k.pem")
        self.openssl("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", "k.pem", "-out", "sealed.pem", "-passout",
                     "pass:old words")
        self.openssl("pkcs8", "-topk8", "-scrypt", "-in", "k.pem", "-out", "scrypt.pem", "-passout", "pass:old words")
        public = self.openssl("pkey", "-in", "k.pem", "-pubout")
        self.run_keys("import-private", "plain", "k.pem", "--passphrase-fd", "0", lines="new words\n")
        self.run_keys("import-private", "sealed", "sealed.pem", "--passphrase-fd", "0", lines="old words\nnew words\n")
        for name in ("plain", "sealed"):
            self.assertEqual(self.run_keys("export", name), public)
            self.openssl("pkey", "-in", self.keys / f"{name}.key", "-passin", "pass:new words")
        said = self.run_keys("import-private", "s", "scrypt.pem", "--passphrase-fd", "0", lines="old words\n",
                             expect=UNSUPPORTED)
        self.assertIn("scrypt", said)
        said = self.run_keys("import-private", "w", "sealed.pem", "--passphrase-fd", "0", lines="wrong\nnew\n",
                             expect=USAGE)
        self.assertIn("passphrase is wrong", said)
        self.assertEqual(len(list(self.keys.iterdir())), 4)

    def test_the_audit_log_has_every_key_that_was_made(self):
        self.generate()
        with open(self.home / "audit" / "log.jsonl", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual([(line["action"], line["refs"]) for line in lines], [("keys generate", ["alice"])])
        key_id = json.loads(self.run_keys("show", "alice", "--json"))["key_id"]
        self.assertEqual(lines[0]["digests"], ["key sha256:" + key_id])
        # Where it cannot be told, no key is made.
        shutil.rmtree(self.home / "audit")
        (self.home / "audit").write_text("in the way", encoding="utf-8")
        self.run_keys("generate", "bob", "--passphrase-fd", "0", lines="x\n", expect=IO)
        self.assertFalse((self.keys / "bob.key").exists())

    def test_wrong_usage_is_told(self):
        self.assertIn("did you mean generate", self.run_keys("genrate", "x", expect=USAGE))
        self.assertIn("no terminal", self.run_keys("generate", "x", expect=USAGE))
        self.assertIn("empty", self.run_keys("generate", "x", "--passphrase-fd", "0", lines="\n", expect=USAGE))
        self.assertIn("not open", self.run_keys("generate", "x", "--passphrase-fd", "77", expect=USAGE))
        self.assertIn("no name of a key", self.run_keys("generate", "../x", expect=USAGE))
        self.run_keys("generate", "x", "--passphrase-fd", "0", lines="a" * 1025 + "\n", expect=10)
        self.assertIn("keys generate", self.run_keys("show", "nobody", expect=NOT_FOUND))
        (self.folder / "bad.pub").write_text("hello", encoding="utf-8")
        self.run_keys("show", "./bad.pub", expect=CORRUPT)
        self.assertFalse(self.keys.exists())

    # ---- on a terminal ----

    def terminal(self, *words):
        return Terminal(["keys", *words], self.home)

    def test_a_typed_passphrase_is_not_shown(self):
        terminal = self.terminal("generate", "alice")
        terminal.wait_for("passphrase for the new key alice: ")
        self.assertFalse(terminal.echoes())
        terminal.type("typed words\n")
        terminal.wait_for("the same again: ")
        terminal.type("typed words\n")
        shown, status = terminal.end()
        self.assertEqual(status, 0, shown)
        self.assertNotIn("typed", shown)
        self.openssl("pkey", "-in", self.keys / "alice.key", "-passin", "pass:typed words")

    def test_two_different_passphrases_make_no_key(self):
        terminal = self.terminal("generate", "alice")
        terminal.wait_for("alice: ")
        terminal.type("one\n")
        terminal.wait_for("again: ")
        terminal.type("other\n")
        shown, status = terminal.end()
        self.assertEqual(os.waitstatus_to_exitcode(status), USAGE)
        self.assertIn("differ", shown)
        self.assertFalse(self.keys.exists())

    def test_a_signal_switches_the_echo_on_again(self):
        terminal = self.terminal("generate", "alice")
        terminal.wait_for("alice: ")
        self.assertFalse(terminal.echoes())
        os.kill(terminal.process, signal.SIGTERM)
        _, status = os.waitpid(terminal.process, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), -signal.SIGTERM)
        self.assertTrue(terminal.echoes())
        self.assertFalse(self.keys.exists())

    def test_where_nothing_can_stop_it_it_asks_again(self):
        """The only process of its terminal cannot be stopped by ^Z: it must ask on, still without echo."""
        terminal = self.terminal("generate", "alice")
        terminal.wait_for("alice: ")
        terminal.type("half a line\x1a")
        terminal.wait_for("alice: ")
        terminal.type("words\n")
        terminal.wait_for("again: ")
        self.assertFalse(terminal.echoes())
        terminal.type("words\n")
        shown, status = terminal.end()
        self.assertEqual(status, 0, shown)
        self.openssl("pkey", "-in", self.keys / "alice.key", "-passin", "pass:words")


if __name__ == "__main__":
    unittest.main()
