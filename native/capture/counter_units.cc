#include "native/capture/counter_units.h"

#include <algorithm>
#include <array>

namespace nettrace {
namespace {

constexpr uint8_t kEthernet = 14;

struct Entry {
  std::string_view name;
  CounterUnits units;
};

constexpr CounterUnits super_frames(uint8_t omitted_received, uint8_t omitted_sent, bool exact = true) noexcept {
  return {false, false, omitted_received, omitted_sent, exact};
}

/// "measured": counter_units_test.cc compares them on a real kernel.
constexpr std::array kKinds{
    Entry{"veth", super_frames(0, 0)},                   // measured; drivers/net/veth.c
    Entry{"bridge", super_frames(kEthernet, 0)},         // measured; br_pass_frame_up, br_dev_xmit
    Entry{"macvlan", super_frames(0, 0)},                // measured; macvlan_count_rx adds ETH_HLEN
    Entry{"macvtap", super_frames(0, 0)},                // the same code
    Entry{"tun", super_frames(0, 0)},                    // measured, tap too; tun_get_user, tun_do_read
    Entry{"vxlan", super_frames(kEthernet, kEthernet)},  // measured; vxlan_rcv, iptunnel_xmit
    Entry{"vlan", super_frames(kEthernet, 0)},           // vlan_do_receive, vlan_dev_hard_start_xmit
    Entry{"dummy", super_frames(0, 0)},                  // dummy_xmit; it receives nothing
    Entry{"ipvlan", super_frames(0, 0)},                 // ipvlan_count_rx adds ETH_HLEN
    Entry{"ipvtap", super_frames(0, 0)},                 // the same code
    Entry{"team", super_frames(kEthernet, 0)},           // team_handle_frame, team_xmit
    Entry{"netkit", super_frames(kEthernet, 0, false)},  // counts what it hands on after its BPF program
    Entry{"geneve", super_frames(kEthernet, kEthernet, false)},
    Entry{"gretap", super_frames(0, kEthernet, false)},
    Entry{"ip6gretap", super_frames(0, kEthernet, false)},
    Entry{"gre", super_frames(0, 0, false)},
    Entry{"ip6gre", super_frames(0, 0, false)},
    Entry{"ipip", super_frames(0, 0, false)},
    Entry{"sit", super_frames(0, 0, false)},
    Entry{"ip6tnl", super_frames(0, 0, false)},
    Entry{"vti", super_frames(0, 0, false)},
    Entry{"vti6", super_frames(0, 0, false)},
    Entry{"xfrm", super_frames(0, 0, false)},
    Entry{"vrf", super_frames(0, 0, false)},        // is tapped only in part
    Entry{"ifb", super_frames(0, 0, false)},        // counts a frame when it comes and when it goes
    Entry{"wireguard", {true, true, 0, 0, false}},  // counts with its own header, padding and tag
    Entry{"ppp", {true, true, 0, 0, false}},
};

/// Drivers that add up skb->len of what the stack hands them. What arrives they count as it arrives, before GRO.
constexpr CounterUnits kSoftwareSent{true, false, 0, 0, true};
constexpr std::array kDrivers{
    // The other side may hand up super-frames, which GRO may join further before they are tapped.
    Entry{"virtio_net", super_frames(0, 0, false)},
    Entry{"vif", super_frames(0, 0, false)},  // xen-netfront
    Entry{"ena", kSoftwareSent},              // ena_start_xmit
    Entry{"gve", kSoftwareSent},              // gve_clean_tx_done
    Entry{"r8169", kSoftwareSent},            // rtl_tx
};

template <size_t Size>
const CounterUnits* find(const std::array<Entry, Size>& table, std::string_view name) noexcept {
  const auto entry = std::find_if(table.begin(), table.end(), [&](const Entry& one) { return one.name == name; });
  return entry == table.end() ? nullptr : &entry->units;
}

}  // namespace

CounterUnits counter_units(std::string_view kind, std::string_view driver, bool loopback) noexcept {
  if (loopback) return super_frames(kEthernet, kEthernet);  // measured; loopback_xmit counts after eth_type_trans
  const CounterUnits* known = kind.empty() ? find(kDrivers, driver) : find(kKinds, kind);
  return known != nullptr ? *known : CounterUnits{};
}

}  // namespace nettrace
