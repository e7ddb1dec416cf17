"""The rooms of src include downward only: the real tree does, and a tree that does not is caught."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("PANNIER_SOURCE_DIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


class LayersTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pannier-layers-")
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(os.path.join(ROOT, "src"), os.path.join(self.folder, "src"))
        os.mkdir(os.path.join(self.folder, "tools"))
        shutil.copy(os.path.join(ROOT, "tools", "layers.txt"), os.path.join(self.folder, "tools"))

    def check(self, root=None):
        tool = os.path.join(ROOT, "tools", "check_layers.py")
        done = subprocess.run([sys.executable, "-B", tool, root or self.folder], text=True,
                              stdout=subprocess.PIPE, check=False)
        return done.returncode, done.stdout

    def add(self, path, text):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def assert_refused(self, path, text, expected):
        self.add(path, text)
        status, output = self.check()
        self.assertEqual(status, 1, output)
        self.assertEqual(output, expected + "\n")

    def test_the_tree_itself(self):
        status, output = self.check(ROOT)
        self.assertEqual((status, output), (0, ""))

    def test_an_include_added_to_a_real_header(self):
        path = os.path.join(self.folder, "src/base/result.h")
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        lines.insert(20, '#include "format/tar.h"')
        self.add("src/base/result.h", "\n".join(lines))
        self.assertEqual(self.check(),
                         (1, 'src/base/result.h:21: base may not include format ("format/tar.h")\n'))

    def test_run_may_not_include_carry(self):
        self.assert_refused(
            "src/run/model/x.cc", '// A comment.\n#include "carry/store/store.h"\n',
            'src/run/model/x.cc:2: run/model may not include carry/store ("carry/store/store.h")')

    def test_carry_may_not_include_run(self):
        self.assert_refused(
            "src/carry/isolated/x.cc", '#include "run/text/tokenizer.h"\n',
            'src/carry/isolated/x.cc:1: carry/isolated may not include run/text ("run/text/tokenizer.h")')

    def test_the_isolated_side_may_not_include_the_connected_side(self):
        self.add("src/carry/connected/y.h", "")
        self.assert_refused(
            "src/carry/isolated/x.cc", '#include "carry/connected/y.h"\n',
            'src/carry/isolated/x.cc:1: carry/isolated may not include carry/connected ("carry/connected/y.h")')

    def test_the_common_command_line_may_not_include_connected_commands(self):
        self.add("src/cli/connected/y.h", "")
        self.assert_refused("src/cli/x.cc", '#include "cli/connected/y.h"\n',
                            'src/cli/x.cc:1: cli may not include cli/connected ("cli/connected/y.h")')

    def test_ops_may_not_include_model(self):
        self.add("src/run/model/y.h", "")
        self.assert_refused("src/run/ops/x.h", '#  include "run/model/y.h"\n',
                            'src/run/ops/x.h:1: run/ops may not include run/model ("run/model/y.h")')

    def test_tests_obey_too(self):
        self.add("src/run/model/y.h", "")
        self.assert_refused("src/run/ops/x_test.cc", '#include "run/model/y.h"\n',
                            'src/run/ops/x_test.cc:1: run/ops may not include run/model ("run/model/y.h")')

    def test_format_touches_no_file_and_no_clock(self):
        self.assert_refused("src/format/x.cc", "#include <chrono>\n",
                            "src/format/x.cc:1: format may not include <chrono>")

    def test_nobody_includes_sockets(self):
        self.assert_refused("src/cli/x.cc", "#include <netinet/in.h>\n",
                            "src/cli/x.cc:1: cli may not include <netinet/in.h>")

    def test_tests_may_read_samples(self):
        self.add("src/format/x_test.cc", "#include <filesystem>\n")
        self.assertEqual(self.check(), (0, ""))

    def test_a_path_relative_to_the_file_is_no_way_around(self):
        self.assert_refused("src/base/x.cc", '#include "../format/tar.h"\n',
                            'src/base/x.cc:1: "../format/tar.h" must be written as a path from src')
        self.assert_refused("src/base/x.cc", '#include "base/../format/tar.h"\n',
                            'src/base/x.cc:1: "base/../format/tar.h" must be written as a path from src')

    def test_a_file_outside_all_rooms(self):
        self.assert_refused("src/helpers/x.cc", "",
                            "src/helpers/x.cc:1: lies in no room: tools/layers.txt does not name its folder")

    def test_a_header_that_does_not_exist(self):
        self.assert_refused("src/base/x.cc", '#include "base/nowhere.h"\n',
                            'src/base/x.cc:1: "base/nowhere.h" is no file below src (system headers go in <>)')

    def test_a_table_with_a_circle_is_refused(self):
        self.add("tools/layers.txt", "base: format\nformat: base\n")
        status, output = self.check()
        self.assertEqual(status, 2)
        self.assertIn("layers.txt:1: 'base' names 'format', which is no room above this line", output)


if __name__ == "__main__":
    unittest.main()
