// Owns: giving the terminal back when native code crashes: async-signal-safe handlers for SIGSEGV and its kin.
// Knows nothing of: which escape codes the terminal needs; the caller hands them over.
#pragma once

#include <cstddef>

namespace nettrace {

/// From now on a fatal signal (SEGV, BUS, FPE, ILL, ABRT) writes `leave` to standard output, restores the terminal
/// modes that are in force now, and then ends the process as the signal would have. At most 512 bytes of `leave` count.
void arm_terminal_guard(const char* leave, size_t length) noexcept;
/// Fatal signals do again what they did before.
void disarm_terminal_guard() noexcept;

}  // namespace nettrace
