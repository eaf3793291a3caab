// Owns: the few lines a C++ test needs: registration, checks, a summary line.
// Knows nothing of: what is tested.
#pragma once

#include <cstdio>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace nettrace::test {

struct Case {
  const char* name;
  void (*body)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}
inline int& failures_of_case() {
  static int failures = 0;
  return failures;
}
/// Set by a test that cannot run here; printed with the summary.
inline std::string& skip_reason() {
  static std::string reason;
  return reason;
}

struct Registration {
  Registration(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

template <typename T>
std::string describe(const T& value) {
  std::ostringstream out;
  if constexpr (requires { out << value; }) {
    out << +value;
  } else if constexpr (requires { static_cast<long long>(value); }) {
    out << static_cast<long long>(value);
  } else {
    out << "(value)";
  }
  return out.str();
}
inline std::string describe(const std::string& value) {
  return '"' + value + '"';
}
inline std::string describe(std::string_view value) {
  return '"' + std::string(value) + '"';
}
inline std::string describe(const char* value) {
  return '"' + std::string(value) + '"';
}

inline void fail(const char* file, int line, const std::string& message) {
  ++failures_of_case();
  std::printf("    %s:%d: %s\n", file, line, message.c_str());
}

template <typename A, typename B>
void check_equal(const A& actual, const B& expected, const char* text, const char* file, int line) {
  if (actual == expected) return;
  fail(file, line, std::string(text) + ": got " + describe(actual) + ", expected " + describe(expected));
}

}  // namespace nettrace::test

#define NT_CONCAT_(a, b) a##b
#define NT_CONCAT(a, b) NT_CONCAT_(a, b)
/// TEST("a sentence of behaviour") { ... }
#define TEST(name)                                                                                                \
  static void NT_CONCAT(test_body_, __LINE__)();                                                                  \
  static const ::nettrace::test::Registration NT_CONCAT(test_entry_, __LINE__){name,                              \
                                                                               &NT_CONCAT(test_body_, __LINE__)}; \
  static void NT_CONCAT(test_body_, __LINE__)()
#define CHECK(condition) ((condition) ? void() : ::nettrace::test::fail(__FILE__, __LINE__, "expected: " #condition))
#define CHECK_EQ(actual, expected) ::nettrace::test::check_equal((actual), (expected), #actual, __FILE__, __LINE__)
/// Leaves the test as skipped, with the reason in the output.
#define SKIP(reason)                            \
  do {                                          \
    ::nettrace::test::skip_reason() = (reason); \
    return;                                     \
  } while (false)
