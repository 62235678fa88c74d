#include "server/daemon/kept_form.h"

#include "gmock/gmock.h"

namespace hob {
namespace {

TEST(KeptFormTest, IsMadeOnce) {
  const KeptForm form;
  EXPECT_EQ(*form.GetOrMake([] { return std::string("first"); }), "first");
  EXPECT_EQ(*form.GetOrMake([] { return std::string("second"); }), "first");
}

TEST(KeptFormTest, IsMadeAnewOnceItWasDropped) {
  const KeptForm form;
  form.GetOrMake([] { return std::string("first"); });
  form.Drop();
  EXPECT_EQ(*form.GetOrMake([] { return std::string("second"); }), "second");
}

TEST(KeptFormTest, EachVersionIsMadeAnew) {
  const KeptForm form;
  const auto first = form.GetOrMake([] { return std::string("first"); }, 1);
  EXPECT_EQ(*form.GetOrMake([] { return std::string("second"); }, 2), "second");
  EXPECT_EQ(*form.GetOrMake([] { return std::string("third"); }, 2), "second");
  EXPECT_EQ(*form.GetOrMake([] { return std::string("fourth"); }, 1), "fourth");
  EXPECT_EQ(*first, "first") << "who has it, keeps it";
}

TEST(KeptFormTest, CopyBeginsWithout) {
  const KeptForm form;
  form.GetOrMake([] { return std::string("first"); });
  const KeptForm copy = form;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(*copy.GetOrMake([] { return std::string("copy"); }), "copy");
  KeptForm assigned;
  assigned.GetOrMake([] { return std::string("old"); });
  assigned = form;
  EXPECT_EQ(*assigned.GetOrMake([] { return std::string("assigned"); }), "assigned");
  EXPECT_EQ(*form.GetOrMake([] { return std::string("second"); }), "first");
}

}  // namespace
}  // namespace hob
