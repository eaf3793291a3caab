// Owns: a program that runs capture files through the decoder: cut at every length, as fields, as fuzzer seeds.
// Knows nothing of: live capture and flows. It prints what it finds; the tests judge it.
#include <pcap/pcap.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "native/dev/corpus_files.h"
#include "native/dev/decode_invariants.h"

namespace {

namespace fs = std::filesystem;
using nettrace::Bytes;
using nettrace::PacketView;

constexpr const char* kUsage =
    "usage: decode_corpus [--cuts] [--fields] [--merge DIR] [--seeds DIR] FILE|DIR...\n"
    "  --cuts       decode every packet whole and cut at 0..128 bytes, check invariants, count outcomes\n"
    "  --fields     one line per packet: file, number, link type, length, IP version, source, destination, protocol,\n"
    "               ports, fragment, IP length, payload length, outcome (tab-separated)\n"
    "  --merge DIR  write all packets of a link type, in the order read, to DIR/<link type>.pcap\n"
    "  --seeds DIR  write every packet as an input of nt_fuzz_decode\n";

struct Options {
  bool cuts = false;
  bool fields = false;
  std::string merge;
  std::string seeds;
  std::vector<fs::path> files;
};

struct Packet {
  const uint8_t* data;
  uint32_t captured;
  uint32_t wire_length;
  int link_type;
};

struct Totals {
  uint64_t files = 0, unreadable = 0, packets = 0, decodings = 0, broken = 0;
  std::array<uint64_t, nettrace::kOutcomeCount> outcomes{};
};

struct ClosePcap {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
struct CloseDump {
  void operator()(pcap_dumper_t* dump) const { pcap_dump_close(dump); }
};
using Pcap = std::unique_ptr<pcap_t, ClosePcap>;
using Dump = std::unique_ptr<pcap_dumper_t, CloseDump>;

/// One capture file per link type, each with every packet of that type.
class Merger {
 public:
  explicit Merger(std::string folder) : folder_(std::move(folder)) {}
  bool add(const Packet& packet, const pcap_pkthdr& header) {
    if (folder_.empty()) return true;
    auto [place, is_new] = dumps_.try_emplace(packet.link_type);
    if (is_new) {
      constexpr int kSnaplen = 262144;
      const Pcap shape(pcap_open_dead(packet.link_type, kSnaplen));
      place->second.reset(
          pcap_dump_open(shape.get(), (folder_ + "/" + std::to_string(packet.link_type) + ".pcap").c_str()));
    }
    if (!place->second) return false;
    pcap_dump(reinterpret_cast<u_char*>(place->second.get()), &header, packet.data);
    return true;
  }

 private:
  std::string folder_;
  std::map<int, Dump> dumps_;
};

void check(const char* broken, const fs::path& file, uint64_t number, size_t length, Totals& totals) {
  if (broken == nullptr) return;
  ++totals.broken;
  std::printf("BROKEN %s packet %llu at %zu bytes: %s\n", file.c_str(), static_cast<unsigned long long>(number), length,
              broken);
}

void decode_cuts(const Packet& packet, const fs::path& file, uint64_t number, Totals& totals) {
  constexpr uint32_t kLongestCut = 128;
  const uint32_t wire_length = std::max(packet.wire_length, packet.captured);
  const auto decode = [&](uint32_t length) {
    const nettrace::dev::ExactCopy copy(packet.data, length);
    const PacketView view = nettrace::decode_frame(packet.link_type, copy.bytes(), wire_length, 0);
    ++totals.decodings;
    check(nettrace::dev::broken_invariant(view, length), file, number, length, totals);
    return view;
  };
  const PacketView whole = decode(packet.captured);
  ++totals.outcomes.at(static_cast<size_t>(whole.outcome));
  for (uint32_t length = 0; length <= std::min(kLongestCut, packet.captured); ++length) {
    check(nettrace::dev::broken_by_cut(whole, decode(length)), file, number, length, totals);
  }
}

void print_fields(const Packet& packet, const fs::path& file, uint64_t number) {
  static constexpr const char* kFragments[] = {"none", "first", "later"};
  const PacketView view =
      nettrace::decode_frame(packet.link_type, Bytes(packet.data, packet.captured), packet.wire_length, 0);
  const bool is_ip = view.ip_version != 0;
  std::printf("%s\t%llu\t%d\t%u\t%u\t%s\t%s\t%u\t%u\t%u\t%s\t%u\t%u\t%s\n", file.filename().c_str(),
              static_cast<unsigned long long>(number), packet.link_type, view.wire_length, view.ip_version,
              is_ip ? view.source.text().c_str() : "", is_ip ? view.destination.text().c_str() : "", view.protocol,
              view.source_port, view.destination_port, kFragments[static_cast<size_t>(view.fragment)], view.ip_length,
              view.payload_length, std::string(nettrace::outcome_label(view.outcome)).c_str());
}

/// Writes `link type index, cut, frame` as fuzz_decode.cc reads it; link types that are not decoded are left out.
bool write_seed(const Packet& packet, const std::string& folder, uint64_t index) {
  const auto& types = nettrace::dev::kLinkTypes;
  const auto* found = std::find(std::begin(types), std::end(types), packet.link_type);
  if (folder.empty() || found == std::end(types)) return true;
  std::ofstream out(folder + "/" + std::to_string(index), std::ios::binary);
  out.put(static_cast<char>(found - std::begin(types)));
  out.put(static_cast<char>(64));
  out.write(reinterpret_cast<const char*>(packet.data), packet.captured);
  return out.good();
}

bool read_file(const fs::path& file, const Options& options, Merger& merger, Totals& totals) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const Pcap handle(pcap_open_offline(file.c_str(), error.data()));
  ++totals.files;
  if (!handle) {
    ++totals.unreadable;
    std::fprintf(stderr, "not read: %s: %s\n", file.filename().c_str(), error.data());
    return true;
  }
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  for (uint64_t number = 1; pcap_next_ex(handle.get(), &header, &data) == 1; ++number) {
    const Packet packet{data, header->caplen, header->len, pcap_datalink(handle.get())};
    ++totals.packets;
    if (options.cuts) decode_cuts(packet, file, number, totals);
    if (options.fields) print_fields(packet, file, number);
    if (!merger.add(packet, *header) || !write_seed(packet, options.seeds, totals.packets)) {
      std::fprintf(stderr, "decode_corpus: an output file cannot be written\n");
      return false;
    }
  }
  return true;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--cuts") {
      options.cuts = true;
    } else if (word == "--fields") {
      options.fields = true;
    } else if ((word == "--merge" || word == "--seeds") && i + 1 < argc) {
      (word == "--merge" ? options.merge : options.seeds) = argv[++i];
    } else if (word.starts_with("--")) {
      return false;
    } else {
      nettrace::append_files(argv[i], options.files);
    }
  }
  return !options.files.empty();
}

void print_summary(const Totals& totals) {
  const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%llu files, %llu not read, %llu packets, %llu decodings, %llu broken invariants\n", number(totals.files),
              number(totals.unreadable), number(totals.packets), number(totals.decodings), number(totals.broken));
  for (size_t i = 0; i < totals.outcomes.size(); ++i) {
    if (totals.outcomes[i] == 0) continue;
    const std::string label(nettrace::outcome_label(static_cast<nettrace::Outcome>(i)));
    std::printf("%8llu  %s\n", number(totals.outcomes[i]), label.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  Merger merger(options.merge);
  Totals totals;
  for (const auto& file : options.files) {
    if (!read_file(file, options, merger, totals)) return 1;
  }
  if (options.cuts) print_summary(totals);
  return totals.broken == 0 ? 0 : 1;
}
