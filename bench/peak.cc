// The most fp32 multiply-adds a second that this machine's cores can do: what bench/classify.py compares
// with.
//
// Independent chains of fused multiply-adds in registers, on the widest instruction set there is, on one
// thread and then on as many as asked. Reads no memory, so nothing that computes on data can be faster.
// Built and run by bench/work.py: peak [THREADS]; prints a JSON object a line.
#include <immintrin.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

// More chains than latency times throughput of any processor so far (4 cycles, 2 a cycle), and few enough
// for 16 registers.
constexpr int kChains = 12;
constexpr int64_t kSteps = 20'000'000;
constexpr int kRepeats = 5;

#define PANNIER_CHAINS(step) \
  step(0) step(1) step(2) step(3) step(4) step(5) step(6) step(7) step(8) step(9) step(10) step(11)

// 0.999 a + 0.000001 stays an ordinary number for ever. The empty statement keeps the loop as it is.
#define PANNIER_FMA_LOOP(vector, fma, value)                        \
  const vector factor = value(0.999f);                              \
  const vector addend = value(0.000001f);                           \
  vector a[kChains];                                                \
  for (int i = 0; i < kChains; ++i) a[i] = value(0.001f * (i + 1)); \
  vector a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4];     \
  vector a5 = a[5], a6 = a[6], a7 = a[7], a8 = a[8], a9 = a[9];     \
  vector a10 = a[10], a11 = a[11];                                  \
  for (int64_t step = 0; step < kSteps; ++step) {                   \
    PANNIER_CHAINS(PANNIER_STEP_##fma)                              \
    asm volatile("" ::: "memory");                                  \
  }                                                                 \
  const vector low = a0 + a1 + a2 + a3 + a4 + a5;                   \
  return (low + a6 + a7 + a8 + a9 + a10 + a11)[0];
#define PANNIER_STEP_512(i) a##i = _mm512_fmadd_ps(a##i, factor, addend);
#define PANNIER_STEP_256(i) a##i = _mm256_fmadd_ps(a##i, factor, addend);
#define PANNIER_STEP_128(i) a##i = _mm_add_ps(_mm_mul_ps(a##i, factor), addend);

__attribute__((target("avx512f"))) float loop_avx512() { PANNIER_FMA_LOOP(__m512, 512, _mm512_set1_ps) }
__attribute__((target("avx2,fma"))) float loop_avx2() { PANNIER_FMA_LOOP(__m256, 256, _mm256_set1_ps) }
float loop_sse2() { PANNIER_FMA_LOOP(__m128, 128, _mm_set1_ps) }

struct InstructionSet {
  const char* name;
  int lanes;
  float (*loop)();
};

InstructionSet widest() {
  if (__builtin_cpu_supports("avx512f")) return {"avx512", 16, loop_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {"avx2", 8, loop_avx2};
  return {"sse2", 4, loop_sse2};
}

// Seconds for `threads` threads to go through the loop, from the same moment on.
double seconds_of(const InstructionSet& set, int threads) {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::atomic<float> sink{0};
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i) {
    pool.emplace_back([&] {
      ++ready;
      while (!go) std::this_thread::yield();
      sink = set.loop();
    });
  }
  while (ready < threads) std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  go = true;
  for (std::thread& thread : pool) thread.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The best of several: anything else that runs only takes away.
void print_peak(const InstructionSet& set, int threads) {
  double best = seconds_of(set, threads);
  for (int i = 1; i < kRepeats; ++i) best = std::min(best, seconds_of(set, threads));
  const double operations = 2.0 * set.lanes * kChains * kSteps * threads;
  std::printf("{\"instructions\": \"%s\", \"threads\": %d, \"gflops\": %.1f}\n", set.name, threads,
              operations / best / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  if (threads < 1 || threads > 1024) {
    std::fputs("usage: peak [THREADS]\n", stderr);
    return 2;
  }
  const InstructionSet set = widest();
  print_peak(set, 1);
  if (threads > 1) print_peak(set, threads);
}
