// What bench/parity.py times: parity of one file, its repair, and ISA-L's encoder on blocks in memory.
// Built by the script: links libisal, which nothing that is shipped does.
#include <isa-l.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/reed_solomon.h"
#include "carry/transport/volumes/member_writer.h"
#include "carry/transport/volumes/parity_writer.h"

namespace {

using namespace pannier;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.to_string().c_str());
  return 1;
}

// FILE is NAME.pannier; NAME.p01.pannier is written beside it.
int encode(const std::string& path, uint32_t percent) {
  FileSystem& fs = real_file_system();
  auto file = fs.open(path);
  if (!file.ok()) return fail(file.error());
  VolumeSetShape set;
  set.identity = sha256("bench");
  set.name = volume_set_name(file_name(path));
  set.bundle_bytes = (*file)->size();
  set.block_bytes = choose_block_bytes(set.bundle_bytes, 0);
  set.parity = choose_parity_shape(set.bundle_bytes, 0, set.block_bytes, percent, 0);
  const auto made = write_parity(fs, **file, set, parent_folder(path) + "/.parity", {});
  if (!made.ok()) return fail(made.error());
  const Status renamed = fs.rename(made->front(), parent_folder(path) + "/" + set.parity_file(0));
  return renamed.ok() ? 0 : fail(renamed.error());
}

int repair(const std::string& folder, const std::string& to) {
  const auto result = repair_volumes(real_file_system(), {folder}, to, false, {});
  if (!result.ok()) return fail(result.error());
  return 0;
}

// Gigabytes of data a second, one thread, blocks of 64 KiB: ISA-L's, then ours.
int kernels(int data, int parity) {
  constexpr size_t kBytes = 65536;
  std::vector<std::vector<uint8_t>> blocks(static_cast<size_t>(data + parity),
                                           std::vector<uint8_t>(kBytes, 7));
  std::vector<uint8_t*> addresses;
  for (auto& block : blocks) addresses.push_back(block.data());
  std::vector<uint8_t> matrix(static_cast<size_t>((data + parity) * data));
  gf_gen_cauchy1_matrix(matrix.data(), data + parity, data);
  std::vector<uint8_t> tables(static_cast<size_t>(32 * data * parity));
  ec_init_tables(data, parity, matrix.data() + data * data, tables.data());
  const Gf256Product encoder =
      ReedSolomon(static_cast<uint32_t>(data), static_cast<uint32_t>(parity)).encoder();
  const std::vector<const uint8_t*> sources(addresses.begin(), addresses.begin() + data);
  const std::vector<uint8_t*> outputs(addresses.begin() + data, addresses.end());
  const int rounds = 1 + static_cast<int>(1e9 / (static_cast<double>(data) * kBytes));
  double best[2] = {1e9, 1e9};
  for (int repeat = 0; repeat < 3; ++repeat) {
    double start = seconds();
    for (int i = 0; i < rounds; ++i) {
      ec_encode_data(kBytes, data, parity, tables.data(), addresses.data(), addresses.data() + data);
    }
    best[0] = std::min(best[0], seconds() - start);
    start = seconds();
    for (int i = 0; i < rounds; ++i) encoder.multiply(sources, outputs, kBytes);
    best[1] = std::min(best[1], seconds() - start);
  }
  const double gigabytes = static_cast<double>(rounds) * data * kBytes / 1e9;
  std::printf("%.3f %.3f\n", gigabytes / best[0], gigabytes / best[1]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "encode" && argc == 4) return encode(argv[2], static_cast<uint32_t>(std::stoul(argv[3])));
  if (verb == "repair" && argc == 4) return repair(argv[2], argv[3]);
  if (verb == "kernels" && argc == 4) return kernels(std::stoi(argv[2]), std::stoi(argv[3]));
  std::fprintf(stderr, "usage: parity_driver encode FILE PERCENT | repair FOLDER TO | kernels DATA PARITY\n");
  return 2;
}
