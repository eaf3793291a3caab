// Owns: devices, their addresses and routes as the addon lists them by rtnetlink.
// Knows nothing of: how they are shown.

/** rtnl_link_stats64, grouped as /proc/net/dev does. */
export interface LinkCounters {
  readonly receivedPackets: number;
  readonly receivedBytes: number;
  readonly receiveErrors: number;
  readonly receiveDropped: number;
  readonly receiveMissed: number;
  readonly receiveOverruns: number;
  readonly receiveFrame: number;
  readonly sentPackets: number;
  readonly sentBytes: number;
  readonly sendErrors: number;
  readonly sendDropped: number;
  readonly sendOverruns: number;
  readonly sendCarrier: number;
  readonly collisions: number;
  readonly multicast: number;
}

export interface NativeLink {
  /** Foreign bytes: sanitise before they are shown. */
  readonly name: Uint8Array;
  readonly index: number;
  /** IFF_ bits, netdevice(7). */
  readonly flags: number;
  readonly mtu: number;
  readonly queueLength: number;
  /** ARPHRD_, e.g. 1 Ethernet, 772 loopback. */
  readonly type: number;
  readonly hardware: Uint8Array;
  readonly counters: LinkCounters;
}

export interface NativeLinkAddress {
  readonly index: number;
  readonly address: string;
  /** The other end's address; `address` where there is none. */
  readonly peer: string;
  readonly broadcast: string;
  readonly prefixLength: number;
  /** RT_SCOPE_: 0 global, 253 link, 254 host. */
  readonly scope: number;
  /** Of IPv4, e.g. `eth0:1`. Foreign bytes. */
  readonly label: Uint8Array;
}

export interface LinkListing {
  readonly links: readonly NativeLink[];
  readonly addresses: readonly NativeLinkAddress[];
}

export interface NativeRoute {
  readonly family: 4 | 6;
  /** RTN_: 1 unicast, 2 local, 3 broadcast, 4 anycast, 5 multicast, 6 blackhole, 7 unreachable, 8 prohibit, 9 throw. */
  readonly type: number;
  /** RTPROT_: 2 kernel, 3 boot, 4 static, 9 ra, 16 dhcp, 186 bgp ... */
  readonly protocol: number;
  readonly scope: number;
  /** 254 main, 255 local, 253 default. */
  readonly table: number;
  readonly metric: number;
  /** 0: that of the device. */
  readonly mtu: number;
  readonly destination: string;
  readonly prefixLength: number;
  /** Preferred source address. */
  readonly source: string | null;
  /** None: the route refuses. */
  readonly hops: readonly { readonly gateway: string | null; readonly interface: number; readonly weight: number }[];
}
