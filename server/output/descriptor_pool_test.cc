#include "server/output/descriptor_pool.h"

#include <thread>

#include "gtest/gtest.h"

namespace hob {
namespace {

TEST(DescriptorPoolTest, NeverExceedsTheMaximum) {
  DescriptorPool pool(2, 1);
  EXPECT_TRUE(pool.Take());
  EXPECT_TRUE(pool.Take());
  EXPECT_FALSE(pool.Take());
  pool.Return();
  EXPECT_TRUE(pool.Take());
}

TEST(DescriptorPoolTest, IsCrowdedWhenTooManyAreKept) {
  DescriptorPool pool(3, 1);
  pool.Take();
  EXPECT_FALSE(pool.IsCrowded());
  pool.Take();
  EXPECT_TRUE(pool.IsCrowded());
  pool.Return();
  EXPECT_FALSE(pool.IsCrowded());
}

TEST(DescriptorPoolTest, WaitsForAFreeDescriptor) {
  DescriptorPool pool(1, 1);
  pool.Take();
  EXPECT_FALSE(pool.Take(absl::Milliseconds(1)));
  std::thread holder([&pool] { pool.Return(); });
  EXPECT_TRUE(pool.Take(absl::Hours(1)));
  holder.join();
}

}  // namespace
}  // namespace hob
