#include "native/host/user_names.h"

#include <pwd.h>

#include <array>

namespace nettrace {

const std::string& UserNames::name(uint32_t uid) {
  const auto known = names_.find(uid);
  if (known != names_.end()) return known->second;
  if (names_.size() >= kLimit) names_.clear();
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int error = getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  const bool named = error == 0 && found != nullptr && found->pw_name != nullptr;
  return names_.emplace(uid, named ? found->pw_name : "").first->second;
}

}  // namespace nettrace
