// Owns: reading a pcap or pcapng file, or standard input, as a FrameSource; filtering in user space.
// Knows nothing of: the layout of the formats (capture_format.h), decoding.
#pragma once

#include <memory>
#include <string>

#include "native/base/result.h"
#include "native/capture/frame_source.h"

namespace nettrace {

struct FileOptions {
  std::string path;    ///< "-" is standard input
  std::string filter;  ///< pcap-filter(7), empty for none
};

/// Opens a capture. A pipe is recognised and read later, when data is there: its ready_fd() is worth polling.
/// Errors (subject: the path): kFileUnreadable, kFileNotACapture; kFilterInvalid. read() may report these two for a
/// pipe, and for a damaged record (kFileUnreadable); a filter that does not fit the link type of a later pcapng
/// interface is reported there as well.
Result<std::unique_ptr<FrameSource>> open_file(const FileOptions& options);

}  // namespace nettrace
