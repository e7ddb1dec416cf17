// torch_choice: what the default torch drags along is asked about, and a choice reaches uv.
#include "carry/connected/wheels/torch_choice.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/connected/wheels/wheels_test_support.h"

namespace pannier {
namespace {

using wheels_test::target;

class TorchChoiceTest : public testing::Test {
 protected:
  TorchChoiceTest() {
    EXPECT_TRUE(fs_.make_folders("/links").ok());
    config_.find_links = {{"/links", ""}};
  }
  void wheel(const std::string& name) { ASSERT_TRUE(write_file_atomic(fs_, "/links/" + name, "x").ok()); }
  TorchSelection select(const std::string& target_text, const std::string& choice,
                        const std::string& root = "torch") {
    RequirementRoots roots;
    roots.requirements = {*Requirement::parse(root)};
    const auto selection = select_torch(fs_, config_, target(target_text), roots, choice);
    EXPECT_TRUE(selection.ok());
    return selection.ok() ? *selection : TorchSelection{};
  }
  MemoryFileSystem fs_;
  IndexConfig config_;
};

TEST_F(TorchChoiceTest, AWheelInAFindLinksFolderComesFirst) {
  wheel("torch-2.12.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl");
  wheel("torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl");
  wheel("torch-2.14.0+cu126-cp311-cp311-manylinux_2_28_x86_64.whl");
  wheel("torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl");
  wheel("torchvision-9.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl");
  const TorchSelection cpu = select("linux-x86_64-glibc2.28-cp311", "cpu");
  EXPECT_EQ(cpu.constraint, "torch==2.13.0+cpu");
  EXPECT_EQ(cpu.backend, "");
  EXPECT_NE(cpu.note.find("/links/torch-2.13.0+cpu"), std::string::npos);
  EXPECT_EQ(select("linux-x86_64-glibc2.28-cp311", "cpu", "torch<2.13").constraint, "torch==2.12.0+cpu");
  EXPECT_EQ(select("linux-x86_64-glibc2.28-cp311", "cu126").constraint, "torch==2.14.0+cu126");
  // Not for that Python, not for that libc.
  EXPECT_EQ(select("linux-x86_64-glibc2.28-cp312", "cpu").backend, "cpu");
  EXPECT_EQ(select("linux-x86_64-glibc2.17-cp311", "cpu").backend, "cpu");
}

TEST_F(TorchChoiceTest, ElseUvsBackendsWhereTheyMakeADifference) {
  EXPECT_EQ(select("linux-x86_64-glibc2.28-cp311", "cpu").backend, "cpu");
  EXPECT_EQ(select("windows-x86_64-cp312", "cpu").backend, "");
  EXPECT_EQ(select("macos-arm64-cp312", "cpu").backend, "");
  EXPECT_EQ(select("windows-x86_64-cp312", "cu126").backend, "cu126");
  EXPECT_EQ(select("linux-x86_64-glibc2.28-cp311", kTorchFromIndex).backend, "");
  EXPECT_EQ(select("linux-x86_64-glibc2.28-cp311", "").backend, "");
}

TEST_F(TorchChoiceTest, OnlyNamesOfBuildsAreChoices) {
  for (const char* good : {"", "cpu", "cu126", "rocm6.4", "xpu", "default"}) {
    EXPECT_TRUE(check_torch_choice(good).ok()) << good;
  }
  for (const char* bad : {"gpu", "--python=x", "cu 12", "CPU", "cu126;x"}) {
    EXPECT_FALSE(check_torch_choice(bad).ok()) << bad;
  }
}

PlannedWheel planned(const std::string& package, uint64_t bytes) {
  PlannedWheel out;
  out.wheel.package = package;
  out.wheel.version = "1.0";
  out.wheel.bytes = bytes;
  return out;
}

TEST_F(TorchChoiceTest, AsksWhereCudaComesAlong) {
  wheel("torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl");
  TargetPlan plan;
  plan.target = target("linux-x86_64-glibc2.28-cp311");
  plan.wheels = {planned("nvidia-cublas", 500'000'000), planned("six", 1), planned("torch", 900'000'000),
                 planned("triton", 200'000'000)};
  const auto question = torch_question(fs_, config_, plan, {});
  ASSERT_TRUE(question.has_value());
  EXPECT_EQ(question->cuda_bytes, 700'000'000u);
  EXPECT_EQ(question->cuda_packages, (std::vector<std::string>{"nvidia-cublas 1.0", "triton 1.0"}));
  EXPECT_EQ(question->torch_bytes, 900'000'000u);
  EXPECT_EQ(question->choices.front(), "cpu");
  EXPECT_EQ(question->local_cpu_wheel, "/links/torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl");
  EXPECT_NE(question->text().find("700"), std::string::npos) << question->text();
  EXPECT_NE(question->text().find("--torch cpu"), std::string::npos);
  plan.wheels = {planned("torch", 1), planned("six", 1)};
  EXPECT_FALSE(torch_question(fs_, config_, plan, {}).has_value());
  plan.wheels = {planned("nvidia-cublas", 1)};
  EXPECT_FALSE(torch_question(fs_, config_, plan, {}).has_value());
}

}  // namespace
}  // namespace pannier
