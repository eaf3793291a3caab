// Owns: running the registered C++ tests; an argument selects tests whose name contains it.
// Knows nothing of: what is tested.
#include <cstring>

#include "native/dev/test.h"

int main(int argc, char** argv) {
  // A test that hangs must leave in the log what was said before it; a fork must not say it twice.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  int passed = 0;
  int failed = 0;
  int skipped = 0;
  for (const auto& one : nettrace::test::cases()) {
    if (argc > 1 && std::strstr(one.name, argv[1]) == nullptr) continue;
    nettrace::test::failures_of_case() = 0;
    nettrace::test::skip_reason().clear();
    one.body();
    if (nettrace::test::failures_of_case() != 0) {
      ++failed;
      std::printf("FAILED   %s\n", one.name);
    } else if (!nettrace::test::skip_reason().empty()) {
      ++skipped;
      std::printf("skipped  %s: %s\n", one.name, nettrace::test::skip_reason().c_str());
    } else {
      ++passed;
    }
  }
  std::printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  return failed == 0 ? 0 : 1;
}
