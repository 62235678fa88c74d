#include "server/supervisor/field_lines.h"

#include <functional>
#include <limits>

#include "gtest/gtest.h"

namespace hob {

enum class Colour { kRed, kBlue };
struct Point {
  int x = 0;
  absl::optional<int64_t> y;
};
struct Nothing {};
using Choice = absl::variant<Nothing, Point>;
struct Drawing {
  Colour colour = Colour::kRed;
  std::vector<Point> points;
  std::array<int, 2> size = {};
  Choice choice;
  std::shared_ptr<const Point> shared;
  bool is_done = false;
};

template <>
struct NamesOf<Colour> {
  static constexpr std::pair<Colour, absl::string_view> kNames[] = {{Colour::kRed, "red"},
                                                                    {Colour::kBlue, "blue"}};
};

template <>
struct NamesOf<Choice> {
  static constexpr const char* kNames[] = {"nothing", "point"};
};

template <>
struct FieldsOf<Nothing> {
  static constexpr char kNames[] = "";
  static std::tuple<> Of(const Nothing&) { return {}; }
};

HOB_FIELDS(Point, x, y);
HOB_FIELDS(Drawing, colour, points, size, choice, shared, is_done);

namespace {

template <typename T>
std::string Lines(const T& value) {
  FieldWriter writer;
  writer.Write("k", value);
  return writer.text();
}

// Reads `lines` into `value`. Returns the error message; empty on success.
template <typename T>
std::string ReadInto(T& value, const std::string& lines) {
  FieldReader reader(lines);
  reader.Read("k", value);
  return std::string(reader.status().message());
}

template <typename T>
void ExpectText(const T& value, const std::string& text) {
  EXPECT_EQ(Lines(value), "k " + text + "\n");
  T read{};
  EXPECT_EQ(ReadInto(read, Lines(value)), "");
  EXPECT_EQ(read, value);
}

Drawing SomeDrawing() {
  Drawing drawing;
  drawing.colour = Colour::kBlue;
  drawing.points = {Point{1, absl::nullopt}, Point{2, 3}};
  drawing.size = {4, 5};
  drawing.choice = Point{6, 7};
  drawing.shared = std::make_shared<const Point>(Point{8, absl::nullopt});
  drawing.is_done = true;
  return drawing;
}

TEST(FieldLinesTest, NumbersAndTruth) {
  ExpectText(true, "yes");
  ExpectText(false, "no");
  ExpectText(-7, "-7");
  ExpectText(std::numeric_limits<int64_t>::min(), "-9223372036854775808");
  ExpectText(std::numeric_limits<int64_t>::max(), "9223372036854775807");
}

TEST(FieldLinesTest, TextsOfOneLineAndOfMore) {
  ExpectText<std::string>("", "");
  ExpectText<std::string>(" a b ", " a b ");
  ExpectText<std::string>("é → ü", "é → ü");
  ExpectText<std::string>("a\nb\\n\"c\"", "a\\nb\\\\n\\\"c\\\"");
  ExpectText(std::string("\0\xff", 2), "\\000\xff");
}

TEST(FieldLinesTest, DurationsAreExactNanoseconds) {
  ExpectText(absl::ZeroDuration(), "0");
  ExpectText(absl::Milliseconds(1500), "1500000000");
  ExpectText(-absl::Nanoseconds(1), "-1");
  ExpectText(absl::Nanoseconds(1) / 4, "0.25");
  ExpectText(absl::Seconds(3000000000) + absl::Nanoseconds(1) / 4 * 3, "3000000000000000000.75");
  ExpectText(absl::InfiniteDuration(), "infinite");
  ExpectText(-absl::InfiniteDuration(), "-infinite");
}

TEST(FieldLinesTest, TimesCountFromTheirOrigin) {
  ExpectText(MonotonicTime::FromOrigin(absl::Seconds(2)), "2000000000");
  ExpectText(MonotonicTime::InfiniteFuture(), "infinite");
  ExpectText(absl::FromUnixNanos(1767225600000000001), "1767225600000000001");
  ExpectText(absl::InfiniteFuture(), "infinite");
  ExpectText(absl::InfinitePast(), "-infinite");
}

TEST(FieldLinesTest, AStructHasALineForEachField) {
  EXPECT_EQ(Lines(SomeDrawing()),
            "k.colour blue\n"
            "k.points.size 2\n"
            "k.points.0.x 1\n"
            "k.points.1.x 2\n"
            "k.points.1.y.present yes\n"
            "k.points.1.y 3\n"
            "k.size.0 4\n"
            "k.size.1 5\n"
            "k.choice.kind point\n"
            "k.choice.x 6\n"
            "k.choice.y.present yes\n"
            "k.choice.y 7\n"
            "k.shared.present yes\n"
            "k.shared.x 8\n"
            "k.is_done yes\n");
}

TEST(FieldLinesTest, AStructIsReadBack) {
  for (const Drawing& drawing : {SomeDrawing(), Drawing()}) {
    Drawing read;
    EXPECT_EQ(ReadInto(read, Lines(drawing)), "");
    EXPECT_TRUE(Equal(read, drawing));
  }
}

TEST(FieldLinesTest, ADifferentFieldMakesADifferentStruct) {
  const std::vector<std::function<void(Drawing&)>> changes = {
      [](Drawing& drawing) { drawing.colour = Colour::kRed; },
      [](Drawing& drawing) { drawing.points[0].x = 9; },
      [](Drawing& drawing) { drawing.points[0].y = 9; },
      [](Drawing& drawing) { drawing.points[1].y = 9; },
      [](Drawing& drawing) { drawing.points[1].y.reset(); },
      [](Drawing& drawing) { drawing.points.pop_back(); },
      [](Drawing& drawing) { drawing.size[1] = 9; },
      [](Drawing& drawing) { drawing.choice = Nothing(); },
      [](Drawing& drawing) { drawing.choice = Point(); },
      [](Drawing& drawing) { drawing.shared = nullptr; },
      [](Drawing& drawing) { drawing.shared = std::make_shared<const Point>(); },
      [](Drawing& drawing) { drawing.is_done = false; },
  };
  for (const auto& change : changes) {
    Drawing drawing = SomeDrawing();
    change(drawing);
    EXPECT_FALSE(Equal(drawing, SomeDrawing())) << Lines(drawing);
    EXPECT_FALSE(Equal(SomeDrawing(), drawing)) << Lines(drawing);
  }
}

TEST(FieldLinesTest, AValueWithoutALineStays) {
  Drawing read;
  read.is_done = true;
  EXPECT_EQ(ReadInto(read, "k.colour blue\nother 5\n"), "");
  EXPECT_EQ(read.colour, Colour::kBlue);
  EXPECT_TRUE(read.is_done);
}

TEST(FieldLinesTest, AValueThatCannotBeReadIsNamed) {
  for (const std::string line :
       {"k.colour green", "k.points.size -1", "k.points.size 1000000000000", "k.size.0 x",
        "k.choice.kind circle", "k.is_done maybe", "k.shared.present 1"}) {
    Drawing read;
    EXPECT_EQ(ReadInto(read, line + "\n"), "cannot read: " + line);
  }
  absl::Duration duration;
  EXPECT_EQ(ReadInto(duration, "k soon\n"), "cannot read: k soon");
  std::string text;
  EXPECT_EQ(ReadInto(text, "k \\q\n"), "cannot read: k \\q");
}

TEST(FieldLinesTest, TheFirstErrorIsTold) {
  Drawing read;
  EXPECT_EQ(ReadInto(read, "k.is_done maybe\nk.size.0 x\n"), "cannot read: k.size.0 x");
}

}  // namespace
}  // namespace hob
