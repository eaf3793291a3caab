#!/bin/sh
# Owns: a network namespace with devices, addresses, routes and the sockets of odd-sockets.py, until standard input ends.
# Knows nothing of: who looks. Needs root, iproute2 and veth. Prints `ready PID ...`; the PID lives in the namespace.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
if [ "${1-}" != inside ]; then
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  unshare -n sh "$here/odd-sockets.sh" inside "$dir"
  exit
fi
ip link set lo up
ip link add d0 address 02:00:00:00:00:01 type veth peer name d0p
ip link add veth-long-name0 type veth peer name down0
ip link set d0 up
ip link set d0p up
ip link set veth-long-name0 up
ip addr add 10.0.0.1/24 dev d0
ip addr add 10.0.5.1/24 brd 10.0.5.255 dev d0 label d0:1
ip -6 addr add fe80::1/64 dev d0 nodad
ip -6 addr add 2001:db8:aaaa:bbbb:cccc:dddd:eeee:1/64 dev d0 nodad
# Nobody answers at either: for one a TCP is played, and packets to the other must not come back as unreachable.
ip neigh add 10.0.0.77 lladdr 02:00:00:00:00:4d dev d0
ip neigh add 10.0.0.99 lladdr 02:00:00:00:00:63 dev d0
# States that the kernel ends after some time are to stay for as long as anybody looks (TIME_WAIT is a minute whatever is set).
echo 3600 >/proc/sys/net/ipv4/tcp_fin_timeout
echo 127 >/proc/sys/net/ipv4/tcp_syn_retries
echo 127 >/proc/sys/net/ipv4/tcp_synack_retries
ip route add default via 10.0.0.254 dev d0 metric 100
ip route add 192.168.55.7 via 10.0.0.254 dev d0 mtu 1400 window 4096 rtt 100
ip route add blackhole 172.31.0.0/16
ip route add unreachable 172.30.0.0/16
ip route add prohibit 172.29.0.0/16
ip route add 10.9.0.0/16 nexthop via 10.0.0.252 weight 1 nexthop via 10.0.0.253 weight 2
ip route add 10.8.0.0/16 via 10.0.0.251 table 77
ip -6 route add default via fe80::99 dev d0 metric 1024
ip -6 route add 2001:db8:ffff:eeee:dddd:cccc:bbbb:aaaa/128 via fe80::98 dev d0
ip -6 route add blackhole 2001:db8:dead::/48
exec /usr/bin/python3 "$here/odd-sockets.py" "$2"
