// Owns: which files the corpus programs read: those that are named, and those in the folders that are named.
// Knows nothing of: what they hold.
#pragma once

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace nettrace {

/// Appends a file, or the regular files of a folder in the order of their names.
inline void append_files(const char* argument, std::vector<std::filesystem::path>& files) {
  std::error_code error;
  if (!std::filesystem::is_directory(argument, error)) {
    files.emplace_back(argument);
    return;
  }
  std::vector<std::filesystem::path> inside;
  for (const auto& entry : std::filesystem::directory_iterator(argument, error)) {
    if (entry.is_regular_file(error)) inside.push_back(entry.path());
  }
  std::sort(inside.begin(), inside.end());
  files.insert(files.end(), inside.begin(), inside.end());
}

}  // namespace nettrace
