// Tests of shapes and views.
#include "run/tensor/tensor_view.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(ShapeTest, CountsAndPrints) {
  const Shape shape = {30522, 128};
  EXPECT_EQ(shape.element_count(), 30522u * 128u);
  EXPECT_EQ(shape.text(), "[30522, 128]");
  EXPECT_EQ(Shape().element_count(), 1u);
  EXPECT_EQ(Shape().text(), "[]");
  EXPECT_NE(shape, (Shape{128, 30522}));
  EXPECT_NE(shape, (Shape{30522, 128, 1}));
}

TEST(TensorViewTest, RowsAreFoundAtAnyAlignment) {
  const std::string bytes = "xaabbccddeeff";
  const TensorView view = {DType::kF16, {3, 2}, as_bytes(bytes).subspan(1)};
  EXPECT_EQ(view.row(1)[0], 'c');
  EXPECT_EQ(view.row(2)[3], 'f');
}

}  // namespace
}  // namespace pannier
