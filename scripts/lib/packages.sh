# Owns: which system packages the build and the tests need, which of them are missing, and installing those.
# Knows nothing of: what is built with them. Needs common.sh and node.sh.

has_header() {
  [ -e "/usr/include/$1" ] || printf '#include <%s>\n' "$1" | "${CXX:-g++}" -E -x c++ - >/dev/null 2>&1
}

# Headers come with node itself everywhere but in Debian's own package.
lacks_node_headers() {
  [ ! -e "${node%/bin/node}/include/node/node_api.h" ] && dpkg -S "$node" 2>/dev/null | grep -q '^nodejs:'
}

missing_build_packages() {
  has g++ || echo g++
  has make || echo make
  has python3 || echo python3
  has_header pcap.h || echo libpcap-dev
  if lacks_node_headers; then echo libnode-dev; fi
}

in_archive() { [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([^(]\)/\1/p')" ]; }
# The version of record where the archive has it, the distribution's own elsewhere.
tool_package() { if in_archive "$1-14"; then echo "$1-14"; else echo "$1"; fi; }

missing_test_packages() {
  has ip || echo iproute2
  has ethtool || echo ethtool
  has netstat || echo net-tools
  has nft || echo nftables
  has clang++ || has clang++-14 || echo clang
  has clang-format || has clang-format-14 || tool_package clang-format
  has clang-tidy || has clang-tidy-14 || tool_package clang-tidy
  has tshark || echo tshark
  has nethogs || echo nethogs
  has htop || echo htop
  has tcpdump || echo tcpdump
  has unshare || echo util-linux
  has nft || echo nftables
  has prometheus && has promtool || echo prometheus
  has victoria-metrics || echo victoria-metrics
  has ps || echo procps
  has mandoc || echo mandoc
  has zsh || echo zsh
  has fish || echo fish
  has chromium || echo chromium
  # libFuzzer and the sanitizers of clang, whose package carries clang's version.
  if ! ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a >/dev/null 2>&1; then
    apt-cache depends clang 2>/dev/null | sed -n 's/^ *Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p'
  fi
}

apt() { DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" 9>&-; }

# The package lists are fetched only if the installation does not succeed without; an interrupted one is completed first.
install_packages() {
  apt install --no-install-recommends "$@" && return 0
  dpkg --configure -a
  apt update && apt install --no-install-recommends "$@"
}
