// Owns: reading status messages and text, building requests.
#include "native/base/netlink_message.h"

namespace nettrace {

std::string NetlinkAttribute::text() const {
  std::string value(payload.size(), '\0');
  if (!value.empty()) payload.copy(0, value.data(), value.size());
  value.resize(value.find('\0') == std::string::npos ? value.size() : value.find('\0'));
  return value;
}

NetlinkStatus netlink_status(const NetlinkMessage& message) {
  // Both messages begin with a negative errno; an error goes on with the header of the request (NETLINK_CAP_ACK).
  const bool is_error = message.header.nlmsg_type == NLMSG_ERROR;
  NetlinkStatus status;
  const int value = netlink_struct<int>(message.payload);
  status.number = value < 0 && value > -4096 ? -value : 0;
  if ((message.header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return status;
  NetlinkAttributes attributes = message.attributes(is_error ? sizeof(nlmsgerr) : sizeof(int));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == NLMSGERR_ATTR_MSG) status.text = attribute->text();
  }
  return status;
}

bool NetlinkRequest::attribute(uint16_t type, std::span<const uint8_t> payload) noexcept {
  const size_t start = netlink_align(length_);
  const size_t length = sizeof(nlattr) + payload.size();
  if (start > bytes_.size() || length > bytes_.size() - start) return false;
  const nlattr header{static_cast<uint16_t>(length), type};
  length_ = start;
  append(&header, sizeof header);
  append(payload.data(), payload.size());
  return true;
}

void NetlinkRequest::append(const void* data, size_t length) noexcept {
  if (length == 0 || length > bytes_.size() - length_) return;
  std::memcpy(&bytes_[length_], data, length);
  length_ += length;
}

std::span<const uint8_t> NetlinkRequest::finish(uint32_t sequence, uint32_t port) noexcept {
  header_.nlmsg_len = static_cast<uint32_t>(length_);
  header_.nlmsg_seq = sequence;
  header_.nlmsg_pid = port;
  std::memcpy(bytes_.data(), &header_, sizeof header_);
  return std::span<const uint8_t>(bytes_).first(length_);
}

}  // namespace nettrace
