"""./dev: what it asks apt for, what it counts, and that it fails when it should.

Runs a copy of it in an empty folder, with stand-ins for apt, cmake, ninja, ctest and the fuzzers.
"""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("PANNIER_SOURCE_DIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

# A stand-in notes how it was called.
NOTE = 'echo "$(basename "$0") $*" >>"$CALLS"\n'
ALL_INSTALLED = "printf installed\n"
NOTHING_INSTALLED = "exit 1\n"


class DevTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pannier-dev-")
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(os.path.join(ROOT, "dev"), self.folder)
        self.calls = os.path.join(self.folder, "calls")
        for name in ("apt-get", "apt-cache", "cmake", "ninja", "sudo"):
            self.stand_in(name)
        self.stand_in("id", "echo 0")
        self.stand_in("dpkg-query", ALL_INSTALLED)

    def stand_in(self, name, body="", folder="bin"):
        path = os.path.join(self.folder, folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + NOTE + body)
        os.chmod(path, 0o755)

    def dev(self, *words, **environment):
        """(status, standard output, standard error, calls of stand-ins)"""
        bin_folder = os.path.join(self.folder, "bin")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PANNIER_")}
        done = subprocess.run(
            [os.path.join(self.folder, "dev"), *words], text=True, capture_output=True, check=False,
            stdin=subprocess.DEVNULL,
            env={**clean, "PATH": bin_folder + ":" + os.environ["PATH"], "CALLS": self.calls, **environment})
        calls = ""
        if os.path.exists(self.calls):
            with open(self.calls, encoding="utf-8") as file:
                calls = file.read()
            os.remove(self.calls)
        return done.returncode, done.stdout, done.stderr, calls

    # ---- help

    def test_help_has_a_line_for_every_command(self):
        status, output, _, _ = self.dev("help")
        self.assertEqual(status, 0)
        with open(os.path.join(ROOT, "dev"), encoding="utf-8") as file:
            commands = re.findall(r"^cmd_(\w+)\(\)", file.read(), re.MULTILINE)
        self.assertGreater(len(commands), 8)
        for command in commands:
            self.assertRegex(output, rf"(?m)^  {command} +\w")

    def test_an_unknown_command_is_refused(self):
        status, _, errors, _ = self.dev("tset")
        self.assertEqual(status, 1)
        self.assertIn("unknown command 'tset'", errors)

    # ---- packages

    def test_nothing_missing_is_quiet_and_asks_apt_nothing(self):
        status, output, errors, calls = self.dev("deps")
        self.assertEqual((status, output, errors), (0, "", ""))
        self.assertNotIn("apt-", calls)

    def test_what_is_missing_is_installed_by_name(self):
        self.stand_in("dpkg-query", 'case $* in *ninja-build* | *libgtest-dev*) exit 1;; esac\nprintf installed\n')
        status, _, errors, calls = self.dev("deps")
        self.assertEqual(status, 0, errors)
        installs = [line for line in calls.splitlines() if " install " in line]
        self.assertEqual(len(installs), 1)
        self.assertTrue(installs[0].endswith(" ninja-build libgtest-dev"), installs[0])

    def test_without_root_it_says_what_to_run(self):
        self.stand_in("id", "echo 1000")
        self.stand_in("sudo", "exit 1")
        self.stand_in("dpkg-query", NOTHING_INSTALLED)
        status, _, errors, calls = self.dev("deps")
        self.assertEqual(status, 1)
        self.assertNotIn("apt-get", calls)
        line = [line for line in errors.splitlines() if line.startswith("  sudo apt-get update && ")][0]
        for package in ("g++", "cmake", "libseccomp-dev", "libgtest-dev", "clang-tidy-19", "shellcheck"):
            self.assertIn(f" {package} ", line + " ")

    def test_demo_asks_for_no_test_packages(self):
        self.stand_in("id", "echo 1000")
        self.stand_in("sudo", "exit 1")
        self.stand_in("dpkg-query", NOTHING_INSTALLED)
        _, _, errors, _ = self.dev("demo")
        self.assertIn(" g++ ", errors)
        self.assertNotIn("clang", errors)
        self.assertNotIn("gtest", errors)

    def test_the_newest_clang_that_this_release_has_is_taken(self):
        self.stand_in("dpkg-query", 'case $* in *clang* | *llvm*) exit 1;; esac\nprintf installed\n')
        self.stand_in("apt-cache", 'case $* in *-19*) exit 1;; esac\n')
        _, _, _, calls = self.dev("deps")
        install = [line for line in calls.splitlines() if " install " in line][0]
        self.assertIn("clang-18 clang-tidy-18 clang-format-18 libclang-rt-18-dev llvm-18", install)
        self.assertNotIn("-19", install)

    def test_a_failed_installation_fails(self):
        self.stand_in("dpkg-query", NOTHING_INSTALLED)
        self.stand_in("apt-get", 'case $* in *install*) echo "E: no such thing"; exit 100;; esac\n')
        status, _, errors, _ = self.dev("build")
        self.assertEqual(status, 1)
        self.assertIn("E: no such thing", errors)

    # ---- building

    def test_a_failed_build_shows_its_log(self):
        self.stand_in("ninja", "echo 'x.cc:1: error: no'; exit 1\n")
        status, _, errors, _ = self.dev("build")
        self.assertNotEqual(status, 0)
        self.assertIn("x.cc:1: error: no", errors)

    def test_a_release_is_made_with_the_options_given(self):
        self.stand_in("release.sh", folder="tools")
        status, _, errors, calls = self.dev("release", "--key", "mine.pem")
        self.assertEqual(status, 0, errors)
        self.assertEqual(calls.splitlines()[-1], "release.sh --key mine.pem")

    # ---- the summary of `test`

    def quick(self, ctest):
        self.stand_in("ctest", ctest)
        status, output, errors, _ = self.dev("test", "--quick")
        return status, output.splitlines()[-1], errors

    def test_the_last_line_counts_steps_and_tests(self):
        status, last, _ = self.quick("echo '100% tests passed, 0 tests failed out of 250'\n")
        self.assertEqual((status, last), (0, "251 passed, 0 failed"))  # and the build

    def test_failures_are_counted_and_shown(self):
        status, last, errors = self.quick(
            "echo ' 7/50 Test #7: base:Utf8.X ...***Failed  0.01 sec'\necho 'utf8_test.cc:9: Failure'\n"
            "echo '96% tests passed, 2 tests failed out of 50'\nexit 8\n")
        self.assertEqual((status, last), (1, "49 passed, 2 failed"))
        self.assertIn("utf8_test.cc:9: Failure", errors)

    def test_no_tests_at_all_is_a_failure(self):
        status, last, _ = self.quick("echo 'No tests were found!!!'\n")
        self.assertEqual((status, last), (1, "1 passed, 1 failed"))

    def test_a_failed_build_is_counted(self):
        self.stand_in("ninja", "exit 1\n")
        status, last, _ = self.quick("exit 1\n")
        self.assertEqual((status, last), (1, "0 passed, 1 failed"))

    def test_missing_packages_end_with_a_summary_too(self):
        self.stand_in("id", "echo 1000")
        self.stand_in("sudo", "exit 1")
        self.stand_in("dpkg-query", NOTHING_INSTALLED)
        status, last, _ = self.quick("exit 1\n")
        self.assertEqual((status, last), (1, "0 passed, 1 failed"))

    # ---- fuzzing

    def fuzz(self, canary, target="exit 0\n"):
        os.makedirs(os.path.join(self.folder, "fuzz"), exist_ok=True)
        for name in ("canary.cc", "fuzz_x.cc"):
            with open(os.path.join(self.folder, "fuzz", name), "w", encoding="utf-8"):
                pass
        for tool in ("clang++-19", "clang-19", "llvm-symbolizer-19"):
            self.stand_in(tool)
        self.stand_in("canary", canary, folder="build/fuzz")
        self.stand_in("fuzz_x", target, folder="build/fuzz")
        status, _, errors, _ = self.dev("fuzz", "1")
        return status, errors

    def test_fuzzing_passes_when_only_the_canary_is_caught(self):
        status, errors = self.fuzz("echo 'ERROR: AddressSanitizer: heap-buffer-overflow on'; exit 77\n")
        self.assertEqual(status, 0, errors)

    def test_a_canary_that_is_not_caught_is_a_failure(self):
        status, errors = self.fuzz("exit 0\n")
        self.assertEqual(status, 1)
        self.assertIn("the canary's bug was not found", errors)

    def test_a_canary_that_fails_for_another_reason_is_a_failure(self):
        status, errors = self.fuzz("echo 'cannot open seeds'; exit 1\n")
        self.assertEqual(status, 1)
        self.assertIn("not by its planted bug", errors)

    def test_what_a_fuzzer_finds_is_a_failure(self):
        status, errors = self.fuzz("echo 'ERROR: AddressSanitizer: heap-buffer-overflow on'; exit 77\n",
                                   "echo 'ERROR: found it'; exit 77\n")
        self.assertEqual(status, 1)
        self.assertIn("ERROR: found it", errors)


if __name__ == "__main__":
    unittest.main()
