"""pannier-isolated holds no code that could dial out; and a program that does is caught."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("PANNIER_SOURCE_DIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BUILD = os.environ.get("PANNIER_BUILD_DIR", "")
ISOLATED = os.environ.get("PANNIER_ISOLATED") or os.path.join(BUILD, "pannier-isolated")
CXX = os.environ.get("PANNIER_CXX", "c++")

CONNECT = """
#include <netdb.h>
#include <sys/socket.h>
int main(int argc, char** argv) {
  addrinfo* found = nullptr;
  if (argc < 2 || getaddrinfo(argv[1], "80", nullptr, &found) != 0) return 1;
  return connect(3, found->ai_addr, found->ai_addrlen);
}
"""


class SymbolsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pannier-symbols-")
        self.addCleanup(shutil.rmtree, self.folder)

    def check(self, *paths):
        tool = os.path.join(ROOT, "tools", "check_symbols.py")
        done = subprocess.run([sys.executable, "-B", tool, *paths], text=True, stdout=subprocess.PIPE, check=False)
        return done.returncode, done.stdout

    def compile(self, source, *options):
        path = os.path.join(self.folder, "canary")
        with open(path + ".cc", "w", encoding="utf-8") as file:
            file.write(source)
        subprocess.run([CXX, path + ".cc", "-o", path, *options], check=True)
        return path

    def names(self, *options):
        done = subprocess.run(["nm", "--format=posix", *options, ISOLATED], text=True, stdout=subprocess.PIPE,
                              check=True)
        return {line.split()[0].split("@")[0] for line in done.stdout.splitlines()}

    def test_the_isolated_executable(self):
        self.assertEqual(self.check(ISOLATED), (0, ""))

    def test_both_symbol_tables_of_it_were_read(self):
        self.assertIn("main", self.names())
        self.assertTrue({"mmap", "mmap64"} & self.names("--dynamic"))

    def test_it_holds_nothing_of_the_connected_side(self):
        objects = subprocess.run(["nm", "--demangle", ISOLATED], text=True, stdout=subprocess.PIPE, check=True).stdout
        self.assertIn("pannier::install_bundle", objects)
        for name in ("pannier::pack_sources", "pannier::connected_commands", "pannier::kCmdPack"):
            self.assertNotIn(name, objects)

    def test_a_program_that_dials_out_is_caught(self):
        # A dynamic executable: the names are undefined, to be found in libc.
        canary = self.compile(CONNECT, *["-Wl,--defsym=pannier_filler_%d=0" % i for i in range(60)])
        status, output = self.check(canary)
        self.assertEqual(status, 1)
        self.assertEqual(output, f"{canary}: connect: could be used to dial out\n"
                                 f"{canary}: getaddrinfo: could be used to dial out\n")

    def test_a_statically_linked_program_that_dials_out_is_caught(self):
        # Here they are defined inside.
        status, output = self.check(self.compile(CONNECT, "-static", "-w"))
        self.assertEqual(status, 1)
        for name in ("connect", "getaddrinfo", "__connect", "sendto", "dlopen"):
            self.assertIn(f": {name}: ", output)

    def test_a_stripped_program_proves_nothing(self):
        status, output = self.check(self.compile(CONNECT, "-s"))
        self.assertEqual(status, 2)
        self.assertIn("stripped?", output)

    def test_a_file_that_is_no_program(self):
        status, output = self.check(__file__)
        self.assertEqual(status, 2)
        self.assertIn("nm:", output)


if __name__ == "__main__":
    unittest.main()
