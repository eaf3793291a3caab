#include "native/host/service_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace nettrace {
namespace {

constexpr int kBacklog = 128;
constexpr mode_t kPrivateMask = 0117;  // leaves 0660

Error listen_error(const char* syscall, const std::string& subject) {
  return Error::from_errno(ErrorCode::kListenFailed, syscall, subject);
}

struct Place {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

bool numeric_place(const std::string& address, uint16_t port, Place& place) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&place.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    place.length = sizeof(sockaddr_in);
    return true;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&place.storage);
  if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  place.length = sizeof(sockaddr_in6);
  return true;
}

/// A leading @ stands for the NUL of the abstract namespace (unix(7)).
bool unix_place(const std::string& path, Place& place) {
  auto* local = reinterpret_cast<sockaddr_un*>(&place.storage);
  if (path.empty() || path.size() >= sizeof(local->sun_path)) return false;
  local->sun_family = AF_UNIX;
  std::memcpy(local->sun_path, path.data(), path.size());
  if (path.front() == '@') local->sun_path[0] = '\0';
  place.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path.front() == '@' ? 0 : 1));
  return true;
}

/// What an earlier run left behind: a socket that refuses connections.
bool is_left_over(const std::string& path, const Place& place) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return probe && connect(probe.get(), place.address(), place.length) != 0 && errno == ECONNREFUSED;
}

}  // namespace

Result<TcpListener> listen_tcp(const std::string& address, uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  const std::string subject = (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
  Place place;
  if (!numeric_place(address, port, place)) {
    errno = EINVAL;
    return listen_error("inet_pton", subject);
  }
  UniqueFd fd(socket(place.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return listen_error("socket", subject);
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (place.storage.ss_family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd.get(), place.address(), place.length) != 0) return listen_error("bind", subject);
  if (listen(fd.get(), kBacklog) != 0) return listen_error("listen", subject);
  Place bound;
  bound.length = sizeof bound.storage;
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0) {
    return listen_error("getsockname", subject);
  }
  const in_port_t chosen = bound.storage.ss_family == AF_INET
                               ? reinterpret_cast<const sockaddr_in*>(&bound.storage)->sin_port
                               : reinterpret_cast<const sockaddr_in6*>(&bound.storage)->sin6_port;
  return TcpListener{std::move(fd), ntohs(chosen)};
}

Result<UniqueFd> listen_unix(const std::string& path) {
  Place place;
  if (!unix_place(path, place)) {
    errno = ENAMETOOLONG;
    return listen_error("bind", path);
  }
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return listen_error("socket", path);
  if (is_left_over(path, place)) unlink(path.c_str());
  const mode_t before = umask(kPrivateMask);
  const int bound = bind(fd.get(), place.address(), place.length);
  const int number = errno;
  umask(before);
  errno = number;
  if (bound != 0) return listen_error("bind", path);
  if (listen(fd.get(), kBacklog) != 0) return listen_error("listen", path);
  return fd;
}

Result<std::array<UniqueFd, 2>> socket_pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return Error::from_errno(ErrorCode::kResourceExhausted, "socketpair");
  }
  return std::array<UniqueFd, 2>{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<UniqueFd> lock_folder(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return listen_error("open", path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return listen_error("flock", path);
  return fd;
}

Result<void> notify_manager(const std::string& address, const std::string& state) {
  Place place;
  if (!unix_place(address, place)) {
    errno = EINVAL;
    return listen_error("connect", address);
  }
  const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return listen_error("socket", address);
  if (sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, place.address(), place.length) < 0) {
    return listen_error("sendto", address);
  }
  return {};
}

}  // namespace nettrace
