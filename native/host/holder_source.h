// Owns: the shape of a source of socket holders, so that the policy can be run on an invented one.
// Knows nothing of: /proc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native/flow/owner.h"

namespace nettrace {

/// A process that has a socket as one of its descriptors.
struct Holder {
  ProcessKey process;
  uint32_t fd = 0;   ///< the first of its descriptors that is the socket
  std::string name;  ///< comm, for a process that ends before it can be described
};

/// Who holds a socket, as far as it is known.
struct HolderAnswer {
  std::vector<Holder> holders;  ///< one per process, each seen with the socket after the question was asked
  bool complete = false;        ///< every process was visited since the question: there is no other holder
  bool all_visible = false;     ///< where complete: no process kept its descriptors from us
};

/// Where the holders of a socket are asked for. Questions are kept until they are answered for good or forgotten.
class HolderSource {
 public:
  virtual ~HolderSource() = default;

  /// Asks who holds the socket. `likely` are pids to look at first, `uid` the owner of the socket. Asking again while
  /// the answer is incomplete or young changes nothing.
  virtual void want(int64_t now_ns, uint32_t inode, uint32_t uid, std::span<const uint32_t> likely) = 0;
  /// Asks anew, although there is an answer: it may have become wrong.
  virtual void refresh(uint32_t inode) = 0;
  /// The answer so far, or nullptr where nobody asked. Valid until the next call that is not const.
  virtual const HolderAnswer* answer(uint32_t inode) const = 0;
  /// Works on the questions until `deadline_ns`; appends sockets whose answer has changed.
  virtual void scan(int64_t now_ns, int64_t deadline_ns, std::vector<uint32_t>& changed) = 0;
  /// Does this process still have the socket behind this descriptor? One or two system calls.
  virtual bool still_holds(const Holder& holder, uint32_t inode) = 0;
  /// As still_holds, with the descriptor looked up among the remembered ones. False also where it is not remembered.
  virtual bool remembered_to_hold(const ProcessKey& process, uint32_t inode) = 0;
  /// When scan() has something to do, INT64_MAX if only a question can make work.
  virtual int64_t next_deadline() const noexcept = 0;
};

}  // namespace nettrace
