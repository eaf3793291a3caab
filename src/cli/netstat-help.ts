// Owns: what `nettrace netstat --help` prints.
// Knows nothing of: how the options are read.
import { shapeOfLines } from './command-shape.ts';

/** Each option by itself, for manual page and completion. */
export const NETSTAT_SHAPE = shapeOfLines(
  '[options] [filter]',
  `
  -r, --route          routes
  -i, --interfaces     network devices
  -s, --statistics     counters of the protocols
  -g, --groups         multicast groups
  -M, --masquerade     refused: Linux has no such table any longer
  -a, --all            all sockets, also those that listen
  -l, --listening      only sockets that listen
  -t, --tcp            sockets of TCP
  -u, --udp            sockets of UDP
  -U, --udplite        sockets of UDP-Lite
  -S, --sctp           sockets of SCTP
  -w, --raw            raw sockets
  -x, --unix           unix sockets
  -4, --inet, --ip     IPv4 alone
  -6, --inet6          IPv6 alone
  -A, --protocol=FAMILIES  a list of inet, inet6 and unix
  --all-namespaces     the sockets of every network namespace that may be entered
  -p, --programs       who holds each: every process
  -e, --extend         user and inode; with -r metric, references and use, twice MSS too; with -i as ifconfig
  -o, --timers         running timers
  -n, --numeric        numbers instead of names
  --numeric-hosts      addresses as numbers
  --numeric-ports      ports as numbers
  --numeric-users      users as numbers
  -N, --symbolic       taken for compatibility: names are the default
  -W, --wide           addresses whole
  -v, --verbose        taken for compatibility
  -F, --fib            with -r the forwarding table, the default
  -C, --cache          with -r the cache of routes, which Linux has no longer
  -Z, --context        refused: SELinux contexts are not shown
  --ax25, --ipx, --netrom  refused: families that are not supported here
  --details            queue limits, round trips, retransmissions, windows, memory, as ss shows them
  --resolve-time=MS    longest time to wait for host names (default: 2000)
  -c, --continuous     again every second
  --json               every table as JSON
  --csv                every table as comma-separated values
  --compat             exactly what net-tools 2.10 prints, its faults included
  --style=FORM         bsd: the form of BSD and macOS
  --all-tables         with -r the routes of every table
  -h, --help           print this help and end
  -V, --version        print the version and end
`,
  { '--style': ['linux', 'bsd'] },
);

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
