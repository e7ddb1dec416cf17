#include "carry/connected/closure/python_imports.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

using Modules = std::vector<std::string>;

TEST(PythonImports, FindsWhatTransformersFinds) {
  EXPECT_EQ(relative_imports("import torch\nfrom .a import x\nfrom transformers import y\n"
                             "try:\n    from .b import (\n        z,\n    )\nexcept ImportError:\n    pass\n"
                             "from\t.c\timport w\r\nimport .d\nfrom .a import again"),
            (Modules{"a", "b", "c", "d"}));
  EXPECT_EQ(
      relative_imports("from . import x\nfrom .. import y\nx = 1 # from .no import z\nfromage .no import\n"
                       "import .x as y\nfrom .only"),
      Modules{"."});
  EXPECT_EQ(relative_imports("\"\"\"\nfrom .doc import x\n\"\"\""), Modules{"doc"});
  EXPECT_EQ(relative_imports("from .a.b import x\nfrom ..up import y"), (Modules{"a.b", ".up"}));
  EXPECT_TRUE(relative_imports("").empty());
}

TEST(PythonImports, AnEndlessFileEnds) {
  std::string source;
  for (int i = 0; i < 5'000; ++i) source += "from .m" + std::to_string(i) + " import x\n";
  EXPECT_EQ(relative_imports(source).size(), 1'000U);
  EXPECT_TRUE(relative_imports(std::string(10'000'000, ' ')).empty());
  EXPECT_TRUE(relative_imports(std::string("from\0.a import", 14)).empty());
}

}  // namespace
}  // namespace pannier
