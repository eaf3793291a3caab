// Tests: how owners are described over their life: programs that were given as links, new names, new users.
#include "native/engine/process_book.h"

#include <map>
#include <memory>
#include <utility>

#include "native/base/clock.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

constexpr ProcessKey kShell{100, 5000};
constexpr FileId kPython{77, 8, 1};

/// Processes as /proc would have them; the test changes them.
struct Running final : ProcessSource {
  explicit Running(std::map<ProcessKey, ProcessInfo>& all) : processes(all) {}
  std::optional<ProcessInfo> read(const ProcessKey& key) override {
    const auto found = processes.find(key);
    return found == processes.end() ? std::nullopt : std::optional(found->second);
  }
  ProcessChange refresh(ProcessInfo& info) override {
    const auto now = read(info.key);
    if (!now) return ProcessChange::kGone;
    const bool same = now->name == info.name && now->uid == info.uid;
    info = *now;
    return same ? ProcessChange::kSame : ProcessChange::kChanged;
  }
  bool alive(const ProcessKey& key) override { return processes.contains(key); }
  std::map<ProcessKey, ProcessInfo>& processes;
};

struct Host {
  std::map<ProcessKey, ProcessInfo> processes;
  ProcessBook book{std::make_unique<Running>(processes)};

  ProcessInfo& start(const ProcessKey& key, const std::string& name, const std::string& executable) {
    ProcessInfo& info = processes[key];
    info.key = key;
    info.name = name;
    info.executable = executable;
    info.command_line = name + std::string("\0-c\0", 4);
    return info;
  }
  /// As the kernel tells of it; the process may be gone by then.
  void exec(const ProcessKey& key, const std::string& name, const std::string& given, FileId file = kPython) {
    ExecRecord record;
    record.info.key = key;
    record.info.name = name;
    record.info.executable = given;
    record.info.command_line = name + std::string("\0-c\0", 4);
    record.file = file;
    book.on_exec(record);
  }
  void own(const ProcessKey& key) {
    MeteredProcess owner;
    owner.key = key;
    book.prepare(owner);
  }
  std::vector<ProcessKey> look_again(int64_t later_ns) {
    std::vector<ProcessKey> changed;
    book.look_again(monotonic_nanos() + later_ns, changed);
    return changed;
  }
};

TEST("a program that was given as a link is the file that runs, also for a process that is gone when it is looked at") {
  Host host;
  host.start(kShell, "tool", "/usr/bin/python3.11");
  host.exec(kShell, "tool", "/usr/bin/python3");
  CHECK_EQ(host.book.info_of(kShell).executable, std::string("/usr/bin/python3.11"));
  const ProcessKey gone{101, 5001};
  host.exec(gone, "other", "/usr/bin/python3");
  CHECK_EQ(host.book.info_of(gone).executable, std::string("/usr/bin/python3.11"));
  // Another file by the same name, of which nothing is known.
  const ProcessKey container{102, 5002};
  host.exec(container, "other", "/usr/bin/python3", {78, 8, 1});
  CHECK_EQ(host.book.info_of(container).executable, std::string("/usr/bin/python3"));
}

TEST("a path that does not say where the file is names no file, and another program's file is not taken for it") {
  Host host;
  for (const char* given : {"bin/tool", "/proc/self/exe"}) {
    host.exec(kShell, "tool", given);
    CHECK_EQ(host.book.info_of(kShell).executable, std::string());
  }
  // By the time of the look it runs its next program.
  host.start(kShell, "next", "/usr/bin/next");
  host.exec(kShell, "tool", "/usr/bin/env");
  CHECK_EQ(host.book.info_of(kShell).executable, std::string("/usr/bin/env"));
  host.exec(kShell, "next", "next");
  CHECK_EQ(host.book.info_of(kShell).executable, std::string("/usr/bin/next"));
}

TEST("a process is called as it calls itself, at once") {
  Host host;
  host.start(kShell, "python3", "/usr/bin/python3");
  host.exec(kShell, "python3", "/usr/bin/python3");
  RenameRecord rename;
  rename.process.key = kShell;
  rename.process.name = "worker7";
  host.book.on_rename(rename);
  host.own(kShell);
  CHECK_EQ(host.book.info_of(kShell).name, std::string("worker7"));
  rename.process.key = {999, 1};  // nobody that is known
  host.book.on_rename(rename);
  CHECK_EQ(host.book.info_of({999, 1}).name, std::string());
}

TEST("an owner that takes another user is told of once, and one that is gone or owns nothing is not looked at") {
  Host host;
  const ProcessKey idle{102, 5002};
  for (const ProcessKey& key : {kShell, idle}) {
    host.start(key, "daemon", "/usr/sbin/daemon");
    host.exec(key, "daemon", "/usr/sbin/daemon");
  }
  host.own(kShell);
  for (auto& [key, info] : host.processes) info.uid = 65'534;
  CHECK(host.look_again(0).empty());
  CHECK(host.look_again(2 * kNanosPerSecond) == std::vector{kShell});
  CHECK_EQ(host.book.info_of(kShell).uid, 65'534U);
  CHECK(host.look_again(100 * kNanosPerSecond).empty());
  host.processes.clear();
  CHECK(host.look_again(200 * kNanosPerSecond).empty());
}

}  // namespace
}  // namespace nettrace
