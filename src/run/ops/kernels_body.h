// The kernels, written once over a vector type; each unit kernels_<isa>.cc defines that type and
// includes this file. Everything here has internal linkage, see kernels.h for why.
//
// The including unit has defined, in an anonymous namespace:
//   struct Vector { kLanes; … }  with zero, splat, load, load_some, store, store_some, the operators
//     + - * /, and multiply_add, min, max, round, power_of_two, sum, maximum as used below;
//   kTileRows: how many rows of C a tile accumulates in registers (two vectors each);
//   widen_f16_some / widen_bf16 …: see the units.
// No include guard: it is included once a unit, and only there.

namespace pannier {
namespace {

constexpr size_t kLanes = Vector::kLanes;
constexpr size_t kPanelColumns = 2 * kLanes;

#define PANNIER_INLINE inline __attribute__((always_inline))

// --- elementary functions -------------------------------------------------------------------------

// erf(x / sqrt 2). A rational function in x^2, fitted by us (iteratively reweighted least squares on
// [0, 5.6]; error 1.9e-8 before rounding, 4e-7 after); beyond 5.6 the result is 1 in fp32.
// NaN stays NaN: min and max give their second operand when one is NaN.
PANNIER_INLINE Vector erf_of_x_over_sqrt2(Vector x) {
  const Vector bounded = max(Vector::splat(-5.6f), min(Vector::splat(5.6f), x));
  const Vector t = bounded * bounded;
  Vector p = Vector::splat(4.429192106e-08f);
  p = multiply_add(p, t, Vector::splat(1.271283759e-05f));
  p = multiply_add(p, t, Vector::splat(3.476783419e-04f));
  p = multiply_add(p, t, Vector::splat(9.414377538e-03f));
  p = multiply_add(p, t, Vector::splat(6.875001786e-02f));
  p = multiply_add(p, t, Vector::splat(7.978844433e-01f));
  Vector q = Vector::splat(1.180222562e-06f);
  q = multiply_add(q, t, Vector::splat(7.509804081e-05f));
  q = multiply_add(q, t, Vector::splat(1.912912899e-03f));
  q = multiply_add(q, t, Vector::splat(2.893945053e-02f));
  q = multiply_add(q, t, Vector::splat(2.528310833e-01f));
  q = multiply_add(q, t, Vector::splat(1.0f));
  return bounded * p / q;
}

PANNIER_INLINE Vector gelu(Vector x) {
  const Vector half = Vector::splat(0.5f) * x;
  return multiply_add(half, erf_of_x_over_sqrt2(x), half);
}

// exp(x) for x <= 0 to 2 units in the last place; below -87 it stays at exp(-87), about 1e-38.
// x = n ln 2 + r, |r| <= ln 2 / 2; exp(r) by its series to r^6, with the last coefficients as Taylor
// has them: the first dropped term, r^7 / 5040, is below 1.2e-7.
PANNIER_INLINE Vector exp_not_positive(Vector x) {
  x = max(Vector::splat(-87.0f), x);
  const Vector n = round(x * Vector::splat(1.44269504f));
  // ln 2 in two parts; the first has few enough bits for n times it to be exact.
  Vector r = multiply_add(n, Vector::splat(-0.693359375f), x);
  r = multiply_add(n, Vector::splat(2.12194440e-4f), r);
  Vector p = Vector::splat(1.0f / 720);
  p = multiply_add(p, r, Vector::splat(1.0f / 120));
  p = multiply_add(p, r, Vector::splat(1.0f / 24));
  p = multiply_add(p, r, Vector::splat(1.0f / 6));
  p = multiply_add(p, r, Vector::splat(0.5f));
  p = multiply_add(p, r, Vector::splat(1.0f));
  p = multiply_add(p, r, Vector::splat(1.0f));
  return p * power_of_two(n);
}

template <Activation kActivation>
PANNIER_INLINE Vector activate(Vector x) {
  if constexpr (kActivation == Activation::kGelu) return gelu(x);
  if constexpr (kActivation == Activation::kRelu) return max(Vector::zero(), x);
  return x;
}

// --- matrix product -------------------------------------------------------------------------------

// Stores up to kPanelColumns finished sums of one row.
template <Activation kActivation>
PANNIER_INLINE void finish_row(const GemmPanel& work, Vector low, Vector high, float* c) {
  if (work.bias != nullptr) {
    low = low + Vector::load(work.bias);
    high = high + Vector::load(work.bias + kLanes);
  }
  low = activate<kActivation>(low);
  high = activate<kActivation>(high);
  if (work.columns == kPanelColumns) {
    low.store(c);
    high.store(c + kLanes);
  } else if (work.columns > kLanes) {
    low.store(c);
    high.store_some(c + kLanes, work.columns - kLanes);
  } else {
    low.store_some(c, work.columns);
  }
}

// C[kRows, panel] for rows that begin at row `first`. The sums live in 2 kRows registers through all of
// the depth, so A and the panel are read once and C is written once. Each sum adds its products in the
// order of the depth: a row's result is the same in a tile of any height.
template <size_t kRows, Activation kActivation>
__attribute__((noinline)) void gemm_tile(const GemmPanel& work, size_t first) {
  Vector low[kRows];
  Vector high[kRows];
#pragma GCC unroll 16
  for (size_t r = 0; r < kRows; ++r) low[r] = high[r] = Vector::zero();
  const float* a = work.a + first * work.a_stride;
  const size_t stride = work.a_stride;
  const float* panel = work.panel;
  for (size_t k = work.depth; k > 0; --k) {
    const Vector panel_low = Vector::load(panel);
    const Vector panel_high = Vector::load(panel + kLanes);
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r) {
      const Vector element = Vector::splat(a[r * stride]);
      low[r] = multiply_add(element, panel_low, low[r]);
      high[r] = multiply_add(element, panel_high, high[r]);
    }
    panel += kPanelColumns;
    ++a;
  }
  float* c = work.c + first * work.c_stride;
#pragma GCC unroll 16
  for (size_t r = 0; r < kRows; ++r) finish_row<kActivation>(work, low[r], high[r], c + r * work.c_stride);
}

// The rows that are left after the full tiles: a tile of exactly that height.
template <size_t kRows, Activation kActivation>
void gemm_last_tile(const GemmPanel& work, size_t first) {
  if constexpr (kRows > 0) {
    if (work.rows - first == kRows) {
      gemm_tile<kRows, kActivation>(work, first);
    } else {
      gemm_last_tile<kRows - 1, kActivation>(work, first);
    }
  }
}

template <Activation kActivation>
void gemm_rows(const GemmPanel& work) {
  size_t first = 0;
  for (; first + kTileRows <= work.rows; first += kTileRows) gemm_tile<kTileRows, kActivation>(work, first);
  gemm_last_tile<kTileRows - 1, kActivation>(work, first);
}

void gemm_panel(const GemmPanel& work) {
  switch (work.activation) {
    case Activation::kNone:
      return gemm_rows<Activation::kNone>(work);
    case Activation::kRelu:
      return gemm_rows<Activation::kRelu>(work);
    case Activation::kGelu:
      return gemm_rows<Activation::kGelu>(work);
  }
}

// --- packing --------------------------------------------------------------------------------------

void pack_rows_as_columns(const float* rows, size_t stride, size_t count, size_t depth, float* panel) {
  for (size_t k = 0; k < depth; ++k) {
    const float* source = rows + k;
    size_t column = 0;
    for (; column < count; ++column, source += stride) panel[column] = *source;
    for (; column < kPanelColumns; ++column) panel[column] = 0.0f;
    panel += kPanelColumns;
  }
}

void pack_columns(const float* rows, size_t stride, size_t count, size_t depth, float* panel) {
  for (size_t k = 0; k < depth; ++k, rows += stride, panel += kPanelColumns) {
    if (count == kPanelColumns) {
      Vector::load(rows).store(panel);
      Vector::load(rows + kLanes).store(panel + kLanes);
      continue;
    }
    const size_t low_count = count < kLanes ? count : kLanes;
    Vector::load_some(rows, low_count, 0.0f).store(panel);
    Vector high = Vector::zero();
    if (count > kLanes) high = Vector::load_some(rows + kLanes, count - kLanes, 0.0f);
    high.store(panel + kLanes);
  }
}

// --- rows -----------------------------------------------------------------------------------------

// x + addend, `count` lanes of it, the others zero.
PANNIER_INLINE Vector load_sum(const float* x, const float* addend, size_t i, size_t count) {
  if (count == kLanes) {
    const Vector value = Vector::load(x + i);
    return addend == nullptr ? value : value + Vector::load(addend + i);
  }
  const Vector value = Vector::load_some(x + i, count, 0.0f);
  return addend == nullptr ? value : value + Vector::load_some(addend + i, count, 0.0f);
}

PANNIER_INLINE size_t lanes_at(size_t i, size_t n) { return n - i < kLanes ? n - i : kLanes; }

void layer_norm(const float* x, const float* addend, const float* gain, const float* bias, float epsilon,
                size_t n, float* out) {
  Vector total = Vector::zero();
  for (size_t i = 0; i < n; i += kLanes) total = total + load_sum(x, addend, i, lanes_at(i, n));
  const float mean = sum(total) / static_cast<float>(n);
  const Vector means = Vector::splat(mean);
  Vector squares = Vector::zero();
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t count = lanes_at(i, n);
    const Vector distance = keep_some(load_sum(x, addend, i, count) - means, count);
    squares = multiply_add(distance, distance, squares);
  }
  const float variance = sum(squares) / static_cast<float>(n);
  const Vector scale = Vector::splat(1.0f / square_root(variance + epsilon));
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t count = lanes_at(i, n);
    const Vector normal = (load_sum(x, addend, i, count) - means) * scale;
    if (count == kLanes) {
      multiply_add(normal, Vector::load(gain + i), Vector::load(bias + i)).store(out + i);
    } else {
      multiply_add(normal, Vector::load_some(gain + i, count, 0.0f), Vector::load_some(bias + i, count, 0.0f))
          .store_some(out + i, count);
    }
  }
}

void softmax(float* row, size_t n, float scale) {
  const float lowest = -__builtin_inff();
  const Vector scales = Vector::splat(scale);
  Vector most = Vector::splat(lowest);
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t count = lanes_at(i, n);
    most = max(most, count == kLanes ? Vector::load(row + i) : Vector::load_some(row + i, count, lowest));
  }
  const Vector shift = Vector::splat(maximum(most) * scale);
  // Lanes that do not exist hold exp(-87): beside a sum of at least exp(0) = 1 that rounds to nothing.
  Vector total = Vector::zero();
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t count = lanes_at(i, n);
    const Vector value = count == kLanes ? Vector::load(row + i) : Vector::load_some(row + i, count, lowest);
    const Vector power = exp_not_positive(value * scales - shift);
    total = total + power;
    if (count == kLanes) {
      power.store(row + i);
    } else {
      power.store_some(row + i, count);
    }
  }
  const Vector inverse = Vector::splat(1.0f / sum(total));
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t count = lanes_at(i, n);
    if (count == kLanes) {
      (Vector::load(row + i) * inverse).store(row + i);
    } else {
      (Vector::load_some(row + i, count, 0.0f) * inverse).store_some(row + i, count);
    }
  }
}

#undef PANNIER_INLINE

}  // namespace
}  // namespace pannier
