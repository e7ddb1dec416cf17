"""tools/check_kernel_symbols.py: our kernel units pass, a unit of local functions does, a shared one is caught."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("PANNIER_SOURCE_DIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
TOOL = os.path.join(ROOT, "tools", "check_kernel_symbols.py")


class KernelSymbolsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pannier-kernel-symbols-")
        self.addCleanup(shutil.rmtree, self.folder)

    def check(self, source):
        """Compiles it as a kernel unit is, without optimisation so that nothing is inlined away."""
        path = os.path.join(self.folder, "unit.cc")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        made = path.replace(".cc", ".o")
        subprocess.run(["g++", "-std=c++20", "-O0", "-mavx2", "-c", path, "-o", made], check=True)
        done = subprocess.run([sys.executable, "-B", TOOL, made], text=True, stdout=subprocess.PIPE, check=False)
        return done.returncode, done.stdout

    def test_our_kernel_units_pass(self):
        build = os.environ.get("PANNIER_BUILD_DIR")
        if not build:
            self.skipTest("PANNIER_BUILD_DIR does not say where the objects are")
        objects = sorted(glob.glob(os.path.join(build, "**", "kernels_avx*.o"), recursive=True))
        self.assertEqual([os.path.basename(path) for path in objects], ["kernels_avx2.cc.o", "kernels_avx512.cc.o"])
        done = subprocess.run([sys.executable, "-B", TOOL, *objects], text=True, stdout=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_local_functions_pass(self):
        self.assertEqual(self.check("namespace { template <int n> int f() { return n; } }\n"
                                    "int kernel() { return f<3>(); }\n"), (0, ""))

    def test_standard_template_is_caught(self):
        code, output = self.check("#include <algorithm>\nint kernel(int a, int b) { return std::max(a, b); }\n")
        self.assertEqual(code, 1)
        self.assertIn("std::max<int>", output)

    def test_inline_function_is_caught(self):
        code, output = self.check("inline int shared(int a) { return a + 1; }\nint kernel(int a) { return shared(a); }\n")
        self.assertEqual(code, 1)
        self.assertIn("shared(int)", output)

    def test_missing_object_is_an_error(self):
        done = subprocess.run([sys.executable, "-B", TOOL, os.path.join(self.folder, "none.o")],
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
