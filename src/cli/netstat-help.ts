// Owns: what `nettrace netstat --help` prints.
// Knows nothing of: how the options are read.

export const NETSTAT_HELP = `Usage: nettrace netstat [options] [filter]

The tables of netstat (net-tools 2.10), whole and without waiting: sockets, or one of
  -r, --route          routes                -s, --statistics    protocol counters
  -i, --interfaces     network devices       -g, --groups        multicast groups

Which sockets (default: connected ones of every kind)
  -a, --all            all                   -l, --listening     only those that listen
  -t, --tcp  -u, --udp  -U, --udplite  -S, --sctp  -w, --raw  -x, --unix
  -4, --inet  -6, --inet6  -A, --protocol=inet,inet6,unix
  --all-namespaces     those of every network namespace that may be entered

What is shown of them
  -p, --programs       who holds each: every process        -e, --extend    user and inode
  -o, --timers         running timers                       -n, --numeric   numbers instead of names
  --numeric-hosts  --numeric-ports  --numeric-users         one kind of numbers alone
  --details            queue limits, round trips, retransmissions, windows, memory, as ss shows them
  --resolve-time=MS    longest time to wait for host names (default: 2000)
  -c, --continuous     again every second

How it is printed
  --json  --csv        every table as JSON or comma-separated values (docs/netstat.md)
  --compat             exactly what net-tools 2.10 prints, its faults included; -W then leaves addresses whole
  --style=bsd          the form of BSD and macOS
  -e, -ee with -r      metric, references and use; and MSS too.  -e with -i: as ifconfig
  --all-tables with -r routes of every table

A filter, as ss knows it:
  nettrace netstat -tn state established and dport = :443
  nettrace netstat -an '( sport >= 1024 or src 10.0.0.0/8 ) and not dev lo'
  conditions: state NAME, exclude NAME, sport, dport (= != < > <= >=), src, dst ADDRESS[/BITS][:PORT], dev NAME

  -h, --help           print this help and end        -V, --version    print the version and end

Exit codes: 0 as asked, 1 something is not supported here, 2 the output could not be written, 3 wrong words.
(A device with the name netstat is watched with "nettrace -- netstat".)
`;
