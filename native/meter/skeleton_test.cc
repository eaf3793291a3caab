// Owns: the form in which images are kept.
#include "native/meter/skeleton.h"

#include <string>

#include "native/dev/test.h"

namespace nettrace {
namespace {

std::string decoded(std::string_view text) {
  std::vector<uint8_t> bytes;
  CHECK(append_base64(text, bytes));
  return {bytes.begin(), bytes.end()};
}

TEST("base64 is decoded with and without padding (RFC 4648, 10)") {
  CHECK_EQ(decoded(""), "");
  CHECK_EQ(decoded("Zg=="), "f");
  CHECK_EQ(decoded("Zm8="), "fo");
  CHECK_EQ(decoded("Zm9vYmFy"), "foobar");
  CHECK_EQ(decoded("+/8="), "\xfb\xff");
  std::vector<uint8_t> bytes;
  CHECK(!append_base64("Zm9v YmFy", bytes));
}

TEST("a damaged image is refused before the kernel sees it") {
  SkeletonImage image;
  image.data_size = 9;
  image.data = "Zm9v";
  const auto loaded = Skeleton::load(image);
  CHECK(!loaded.ok());
  CHECK_EQ(loaded.error().number, EINVAL);
  CHECK_EQ(loaded.error().detail, "the image is damaged");
}

}  // namespace
}  // namespace nettrace
