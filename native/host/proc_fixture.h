// Owns: a fabricated /proc in a temporary directory, for tests.
// Knows nothing of: what reads it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace nettrace::test {

/// Removed with the object.
class ProcFixture {
 public:
  ProcFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nettrace-proc-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ProcFixture(const ProcFixture&) = delete;
  ProcFixture& operator=(const ProcFixture&) = delete;
  ~ProcFixture() {
    std::error_code ignored;
    std::filesystem::permissions(root_, std::filesystem::perms::all, ignored);
    std::filesystem::remove_all(root_, ignored);
  }

  const std::filesystem::path& path() const { return root_; }

  void file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << text;
  }
  /// A process with one thread; `name` as it would stand in comm.
  void process(unsigned pid, unsigned long start_time, const std::string& name = "worker", unsigned flags = 0,
               char state = 'S') const {
    const std::string id = std::to_string(pid);
    file(id + "/stat", id + " (" + name + ") " + state + " 1 1 1 0 -1 " + std::to_string(flags) +
                           " 1 2 3 4 5 6 7 8 20 0 1 0 " + std::to_string(start_time) +
                           " 1000 10 18446744073709551615\n");
    std::filesystem::create_directories(root_ / id / "fd");
  }
  void schedstat(unsigned pid, unsigned long run_ns, unsigned long slices) const {
    file(std::to_string(pid) + "/schedstat", std::to_string(run_ns) + " 0 " + std::to_string(slices) + "\n");
  }
  void descriptor(unsigned pid, unsigned fd, const std::string& target) const {
    const auto link = root_ / std::to_string(pid) / "fd" / std::to_string(fd);
    std::filesystem::remove(link);
    std::filesystem::create_symlink(target, link);
  }
  void socket(unsigned pid, unsigned fd, unsigned inode) const {
    descriptor(pid, fd, "socket:[" + std::to_string(inode) + "]");
  }
  void close(unsigned pid, unsigned fd) const {
    std::filesystem::remove(root_ / std::to_string(pid) / "fd" / std::to_string(fd));
  }
  void end(unsigned pid) const { std::filesystem::remove_all(root_ / std::to_string(pid)); }

 private:
  std::filesystem::path root_;
};

}  // namespace nettrace::test
