"""./dev release: what it signs, what it refuses; and that tools/check_static.py sees each weakness.

Small programs stand in for ours, so this takes seconds; tests/large_release.sh builds the real ones.
"""
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("PANNIER_SOURCE_DIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
CXX = os.environ.get("PANNIER_CXX", "c++")
HARDENED = ("-static-pie", "-fPIE", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack")

HARMLESS = '#include <cstdio>\nint main() { return std::puts("hello") < 0; }\n'
# The trap: a static glibc answers this by loading what /etc/nsswitch.conf of the host names.
ASKS_NAME_SERVICES = '#include <pwd.h>\nint main() { return getpwnam("root") == nullptr; }\n'
LOADS_CODE = '#include <dlfcn.h>\nint main() { return dlopen("libm.so.6", RTLD_NOW) == nullptr; }\n'
OPENS_A_SOCKET = '#include <sys/socket.h>\nint main() { return socket(AF_INET, SOCK_STREAM, 0); }\n'
RESOLVES_A_NAME = """
#include <netdb.h>
int main() { addrinfo* found; return getaddrinfo("localhost", nullptr, nullptr, &found); }
"""


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pannier-release-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def compile(self, source, *options, name="program"):
        self.write(name + ".cc", source)
        subprocess.run([CXX, "-O1", "-w", self.path(name + ".cc"), "-o", self.path(name),
                        "-Wl,-Map=" + self.path(name + ".map"), *options], check=True, stderr=subprocess.DEVNULL)
        return self.path(name)


class CheckStaticTest(Folder):
    def check(self, *words):
        tool = os.path.join(ROOT, "tools", "check_static.py")
        done = subprocess.run([sys.executable, "-B", tool, *words], text=True, stdout=subprocess.PIPE, check=False)
        return done.returncode, done.stdout

    def assert_found(self, words, *findings):
        status, output = self.check(*words)
        self.assertEqual(status, 1, output)
        for finding in findings:
            self.assertIn(finding, output)

    def test_a_hardened_static_program_passes(self):
        program = self.compile(HARMLESS, *HARDENED, "-s")
        self.assertEqual(self.check("--stripped", "--bytes-max", "25000000", program), (0, ""))

    def test_a_dynamic_program_is_caught(self):
        self.assert_found([self.compile(HARMLESS)], "program interpreter", "needs shared libraries")

    def test_a_program_at_a_fixed_address_is_caught(self):
        self.assert_found([self.compile(HARMLESS, "-static")], "not position-independent")

    def test_an_executable_stack_is_caught(self):
        self.assert_found([self.compile(HARMLESS, *HARDENED, "-Wl,-z,execstack")], "the stack is executable")

    def test_writable_relocations_are_caught(self):
        self.assert_found([self.compile(HARMLESS, "-static-pie", "-fPIE", "-Wl,-z,norelro", "-Wl,-z,lazy")],
                          "no RELRO", "no -z now")

    def test_a_search_path_is_caught(self):
        self.assert_found([self.compile(HARMLESS, "-Wl,-rpath,/opt/lib")], "search path for libraries")

    def test_symbols_left_in_are_caught(self):
        self.assert_found(["--stripped", self.compile(HARMLESS, *HARDENED)], "not stripped")

    def test_a_program_too_large_is_caught(self):
        self.assert_found(["--bytes-max", "1000", self.compile(HARMLESS, *HARDENED)], "at most 1000 are allowed")

    def assert_member_found(self, source, member):
        program = self.compile(source, *HARDENED)
        self.assert_found(["--map", program + ".map", program], f"holds {member}.o of libc.a, wanted by ")

    def test_name_services_are_caught(self):
        self.assert_member_found(ASKS_NAME_SERVICES, "getpwnam")

    def test_loading_code_is_caught(self):
        self.assert_member_found(LOADS_CODE, "dlopen")

    def test_sockets_are_caught(self):
        self.assert_member_found(OPENS_A_SOCKET, "socket")

    def test_a_program_that_may_connect_still_asks_no_name_services(self):
        program = self.compile(RESOLVES_A_NAME, *HARDENED)
        _, output = self.check("--map", program + ".map", "--connects", program)
        self.assertIn("holds getaddrinfo.o of libc.a", output)
        self.assertNotIn("holds socket.o", output)
        self.assert_found(["--map", program + ".map", program], "holds socket.o of libc.a")

    def test_the_map_of_another_program_proves_nothing(self):
        program = self.compile(HARMLESS, *HARDENED)
        dynamic = self.compile(HARMLESS, name="dynamic")
        status, output = self.check("--map", dynamic + ".map", program)
        self.assertEqual(status, 2)
        self.assertIn("not a whole map", output)

    def test_a_file_that_is_no_program(self):
        status, output = self.check(__file__)
        self.assertEqual(status, 2)
        self.assertIn("no 64-bit little-endian ELF file", output)

    def test_a_program_cut_short(self):
        with open(self.compile(HARMLESS, *HARDENED), "r+b") as file:
            file.truncate(100)
        self.assertEqual(self.check(self.path("program"))[0], 2)


class RecipeTest(unittest.TestCase):
    def test_the_container_has_the_packages_that_dev_asks_for(self):
        with open(os.path.join(ROOT, "dev"), encoding="utf-8") as file:
            lists = dict(re.findall(r'^(build|release)_packages="([^"]*)"$', file.read(), re.MULTILINE))
        with open(os.path.join(ROOT, "tools", "release", "Dockerfile"), encoding="utf-8") as file:
            recipe = set(file.read().split())
        self.assertEqual(set((lists["build"] + " " + lists["release"]).split()) - recipe, set())


class ReleaseTest(Folder):
    """tools/release.sh in a copy of the tree whose build tools hand out a small program."""

    def setUp(self):
        super().setUp()
        for tool in ("release.sh", "check_static.py"):
            os.makedirs(self.path("tree", "tools"), exist_ok=True)
            shutil.copy(os.path.join(ROOT, "tools", tool), self.path("tree", "tools"))
        self.write("bin/cmake", '#!/bin/sh\necho "$*"\n', 0o755)
        self.use(HARMLESS, *HARDENED)

    def use(self, source, *options):
        """The program that the stand-in for ninja builds, cut off from the host as ours are."""
        self.compile(source, *options, os.path.join(ROOT, "src", "cli", "static_libc.cc"))
        self.write("bin/ninja", "#!/bin/sh\nfor name in pannier pannier-isolated; do\n"
                   f'  cp {self.path("program")} "$2/$name" && cp {self.path("program.map")} "$2/$name.map"\ndone\n',
                   0o755)

    def release(self, *words):
        done = subprocess.run(["sh", self.path("tree", "tools", "release.sh"), *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env={
                                  "PATH": self.path("bin") + ":" + os.environ["PATH"], "HOME": self.path("home"),
                                  "CCACHE_DISABLE": "1"})
        return done.returncode, done.stdout

    def in_release(self, *command):
        return subprocess.run(command, cwd=self.path("tree", "dist"), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode

    def verify(self):
        """As the guide tells the isolated side."""
        signature = self.in_release("openssl", "dgst", "-sha256", "-verify", "release-key.pub", "-signature",
                                    "SHA256SUMS.sig", "SHA256SUMS")
        return signature, self.in_release("sha256sum", "--strict", "-c", "SHA256SUMS")

    def append(self, name):
        with open(self.path("tree", "dist", name), "ab") as file:
            file.write(b"\n")

    def test_a_release_verifies_with_stock_tools(self):
        status, output = self.release()
        self.assertEqual(status, 0, output)
        self.assertEqual(sorted(os.listdir(self.path("tree", "dist"))),
                         ["SHA256SUMS", "SHA256SUMS.sig", "build-info.txt", "pannier", "pannier-isolated",
                          "release-key.pub"])
        self.assertEqual(self.verify(), (0, 0))

    def test_a_changed_executable_is_noticed(self):
        self.release()
        self.append("pannier-isolated")
        self.assertEqual(self.verify(), (0, 1))

    def test_changed_digests_are_noticed(self):
        self.release()
        self.append("SHA256SUMS")
        self.assertEqual(self.verify()[0], 1)

    def test_the_key_is_made_once_and_for_its_owner_only(self):
        _, first = self.release()
        key = self.path("home", ".config", "pannier", "release-key.pem")
        self.assertIn(f"made a release key: {key}", first)
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)
        with open(self.path("tree", "dist", "release-key.pub"), encoding="utf-8") as file:
            public = file.read()
        _, second = self.release()
        self.assertNotIn("made a release key", second)
        with open(self.path("tree", "dist", "release-key.pub"), encoding="utf-8") as file:
            self.assertEqual(file.read(), public)

    def test_a_key_that_is_not_there_is_not_made(self):
        status, output = self.release("--key", self.path("mine.pem"))
        self.assertEqual(status, 1)
        self.assertIn(f"no key at {self.path('mine.pem')}", output)
        self.assertFalse(os.path.exists(self.path("home")))

    def test_an_executable_that_depends_on_the_host_is_not_released(self):
        self.use(ASKS_NAME_SERVICES, *HARDENED)
        status, output = self.release()
        self.assertEqual(status, 1)
        self.assertIn("getpwnam.o", output)
        self.assertIn("pannier would depend on the host", output)
        self.assertEqual(os.listdir(self.path("tree", "dist")), [])

    def test_an_unknown_option_is_refused(self):
        status, output = self.release("--kye", "x")
        self.assertEqual(status, 1)
        self.assertIn("unknown option '--kye'", output)


if __name__ == "__main__":
    unittest.main()
