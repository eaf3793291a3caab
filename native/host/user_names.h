// Owns: the names of users, by getpwuid_r(3), remembered.
// Knows nothing of: processes. A lookup may ask a directory server: only the attribution thread may call it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace nettrace {

/// At most kLimit names; beyond that it starts anew.
class UserNames {
 public:
  static constexpr size_t kLimit = 4096;
  /// Empty where the user has no name.
  const std::string& name(uint32_t uid);

 private:
  std::unordered_map<uint32_t, std::string> names_;
};

}  // namespace nettrace
