// Owns: a program that looks for names in capture files: prints them, cuts the messages at every length, makes seeds.
// Knows nothing of: live capture and flows. It prints what it finds; the tests judge it.
#include <pcap/pcap.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "native/dev/corpus_files.h"
#include "native/dev/decode_invariants.h"
#include "native/dev/name_invariants.h"
#include "native/names/clue_reader.h"

namespace {

namespace fs = std::filesystem;
using nettrace::Bytes;
using nettrace::NameClue;
using nettrace::PacketView;

constexpr const char* kUsage =
    "usage: name_corpus [--cuts] [--seeds DIR] FILE|DIR...\n"
    "  prints a line for each name: file, number, what (question, answer, server), where (dns, tls, quic), name, "
    "addresses\n"
    "  --cuts       instead, reads every message cut at each length and checks invariants\n"
    "  --seeds DIR  instead, writes every message as an input of nt_fuzz_names\n";

struct Options {
  bool cuts = false;
  std::string seeds;
  std::vector<fs::path> files;
};

struct Message {
  nettrace::Talk talk;
  Bytes payload;
};

struct Totals {
  unsigned long long messages = 0, named = 0, readings = 0, broken = 0;
};

bool read(const Message& message, Bytes bytes, NameClue& clue) {
  return may_name_host(message.talk, bytes) && nettrace::ClueReader().read(message.talk, bytes, clue);
}

void check_cuts(const Message& message, Totals& totals) {
  NameClue whole;
  const bool read_whole = read(message, message.payload, whole);
  const char* broken = read_whole ? nettrace::dev::broken_clue(whole) : nullptr;
  for (size_t kept = 0; kept <= message.payload.size(); ++kept, ++totals.readings) {
    const nettrace::dev::ExactCopy cut(message.payload.data(), kept);
    NameClue clue;
    if (!read(message, cut.bytes(), clue)) continue;
    if (broken == nullptr) broken = nettrace::dev::broken_clue(clue);
    if (broken == nullptr) broken = nettrace::dev::broken_by_cut(read_whole, whole, clue);
  }
  if (broken == nullptr) return;
  ++totals.broken;
  std::printf("broken: %s\n", broken);
}

void print(const fs::path& file, unsigned long long number, const NameClue& clue) {
  constexpr const char* kKinds[] = {"question", "answer", "server"};
  constexpr const char* kSources[] = {"dns", "tls", "quic"};
  std::printf("%s\t%llu\t%s\t%s\t%s\t", file.filename().c_str(), number, kKinds[static_cast<size_t>(clue.kind)],
              kSources[static_cast<size_t>(clue.source)], std::string(clue.name.text()).c_str());
  const char* comma = "";
  for (const nettrace::IpAddress& address : clue.known_addresses()) {
    std::printf("%s%s", comma, address.text().c_str());
    comma = ",";
  }
  std::printf("\n");
}

/// What fuzz_names.cc calls a message of this kind.
char input_kind(const Message& message, bool dns) {
  constexpr uint8_t kTcp = 6;
  if (dns) return message.talk.protocol == kTcp ? 1 : 0;
  return message.talk.protocol == kTcp ? 2 : 3;
}

void write_seed(const Message& message, const std::string& folder, unsigned long long index) {
  const bool dns =
      message.talk.source_port == nettrace::kDnsPort || message.talk.destination_port == nettrace::kDnsPort;
  std::ofstream out(folder + "/" + std::to_string(index), std::ios::binary);
  out.put(input_kind(message, dns));
  out.put(static_cast<char>(120));
  out.write(reinterpret_cast<const char*>(message.payload.data()), static_cast<long>(message.payload.size()));
}

void read_file(const fs::path& file, const Options& options, Totals& totals) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> handle(pcap_open_offline(file.c_str(), error.data()), &pcap_close);
  if (!handle) return;
  const auto reader = std::make_unique<nettrace::ClueReader>();
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  for (unsigned long long number = 1; pcap_next_ex(handle.get(), &header, &data) == 1; ++number) {
    const Bytes frame(data, header->caplen);
    const PacketView view = nettrace::decode_frame(pcap_datalink(handle.get()), frame, header->len, 0);
    if (view.payload_offset == 0) continue;
    const auto time = static_cast<int64_t>(number) * 1'000'000'000;  // no budget runs out
    const Message message{{time, view.protocol, view.source_port, view.destination_port, false},
                          frame.from(view.payload_offset).first(view.payload_length)};
    if (!may_name_host(message.talk, message.payload)) continue;
    ++totals.messages;
    if (options.cuts) {
      check_cuts(message, totals);
    } else if (!options.seeds.empty()) {
      write_seed(message, options.seeds, totals.messages);
    } else if (NameClue clue; reader->read(message.talk, message.payload, clue)) {
      ++totals.named;
      print(file, number, clue);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--cuts") {
      options.cuts = true;
    } else if (word == "--seeds" && i + 1 < argc) {
      options.seeds = argv[++i];
    } else if (!word.starts_with("--")) {
      nettrace::append_files(argv[i], options.files);
    }
  }
  if (options.files.empty()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  Totals totals;
  for (const auto& file : options.files) read_file(file, options, totals);
  if (options.cuts) {
    std::printf("%llu messages, %llu readings, %llu broken invariants\n", totals.messages, totals.readings,
                totals.broken);
  }
  return totals.broken == 0 ? 0 : 1;
}
