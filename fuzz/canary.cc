// The canary: a parser with a planted bug that the fuzzers must find, to prove that the alarm works.
//
// The bug hides as real ones do: behind a magic word (the seed has it) and a length that is checked
// against the wrong bound. `./dev test` fails when this target does NOT fail.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr char kMagic[] = {'C', 'A', 'N', 'A', 'R', 'Y'};

// A record: magic, one byte of length, that many bytes of payload. Returns their sum.
int sum_of_record(const uint8_t* data, size_t size) {
  if (size <= sizeof kMagic || std::memcmp(data, kMagic, sizeof kMagic) != 0) return 0;
  const std::vector<uint8_t> payload(data + sizeof kMagic + 1, data + size);
  const size_t length = data[sizeof kMagic];
  if (payload.empty() || length > size) return 0;  // planted: the bound is payload.size()
  int sum = 0;
  for (size_t i = 0; i < length; i++) sum += payload.data()[i];
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  volatile int sink = sum_of_record(data, size);
  (void)sink;
  return 0;
}
