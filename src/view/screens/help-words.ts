// Owns: what the words on the screens mean, in a sentence each.
// Knows nothing of: keys and drawing.

export interface Word {
  readonly name: string;
  readonly text: string;
}

const NUMBERS: readonly Word[] = [
  {
    name: 'SENT/s RECV/s',
    text: 'wire bytes a second since the refresh before: whole frames without FCS, as a network card counts them',
  },
  { name: 'SENT RECEIVED', text: 'wire bytes since nettrace was started' },
];

export const PROCESS_WORDS: readonly Word[] = [
  { name: 'PID USER', text: 'the process and its effective user; - for bytes that belong to no process' },
  {
    name: 'PROGRAM',
    text: 'argv[0] (l: all arguments, b: no path), or the reason why bytes have no process; bold: has just moved up',
  },
  {
    name: 'UNIT [...]',
    text: 'the container (twelve digits of its id) or the systemd unit of the process, as its control group says',
  },
  { name: 'DEV', text: 'the interface with most of its bytes; +1: one more besides' },
  { name: 'CPU%', text: 'of one CPU since the refresh before, all threads together: 200 are two whole CPUs' },
  { name: 'RSS MEM%', text: "resident memory with shared pages, and its share of the host's memory" },
  { name: 'S THR AGE', text: 'state (R runs, S sleeps, D waits for a disk, Z has ended), threads, since its start' },
  ...NUMBERS,
  { name: 'CONN', text: 'connections that have not ended' },
  { name: '60 s', text: 'sent and received together over the last refreshes, each row to its own scale' },
  {
    name: 'exited',
    text: 'the process has ended; after some refreshes its bytes move to one row for all ended processes',
  },
  { name: 'kernel', text: 'bytes of the kernel itself, e.g. ARP and answers to ping' },
  { name: 'forwarded', text: 'routed or bridged through this host: neither end is here' },
  { name: 'no socket', text: 'nothing here listens: scans, late packets, multicast that nobody joined' },
  { name: 'unknown', text: 'the owner could not be found, and why; never a guess' },
];

export const CONNECTION_WORDS: readonly Word[] = [
  { name: 'PROTO', text: 'transport protocol; 6: over IPv6' },
  { name: 'OWNER', text: 'pid and program, or the reason why there is none' },
  {
    name: 'LOCAL REMOTE',
    text: 'the two ends; > this host began it, < the other end did; x: it has ended, and stays for a minute',
  },
  ...NUMBERS,
  { name: 'AGE', text: 'since its first packet was seen; of an ended one up to its last' },
  {
    name: 'STATE',
    text: 'of TCP, as its packets tell, or its socket where that was looked at; ended: how long ago',
  },
  {
    name: 'RTT RETR%',
    text: 'round trip, of sockets with something in a queue; the share of what it sent that was sent again',
  },
  { name: 'DATA SENT RECV', text: 'bytes behind the transport header: what programs moved, and what was sent again' },
  { name: 'RETRANS', text: 'TCP payload that was sent again' },
  {
    name: 'MATCH',
    text: 'how its owner was found where neither the kernel counts by socket nor both ends match exactly',
  },
  { name: 'repeated', text: 'its packets cross another interface too, where they are counted for its owner; dim' },
];

export const HOST_WORDS: readonly Word[] = [
  { name: 'REMOTE', text: 'address of the other end of connections' },
  { name: 'SERVICE', text: 'the port of whoever was called, on the side that was called; +1: another one besides' },
  { name: 'PROCESS', text: 'the owner with most of its bytes; +1: another one talks to it too' },
  { name: 'PROC CONN', text: 'processes that talk to it, connections with it that have not ended' },
  ...NUMBERS.slice(0, 1),
  {
    name: 'SENT RECEIVED',
    text: 'wire bytes of its connections; an ended one is left out after a minute, and stays with its process',
  },
  { name: 'LAST', text: 'since its last packet' },
];

export const LEDGER_WORDS: readonly Word[] = [
  {
    name: '% full',
    text: "the fuller way of the link as a share of its speed; where the speed is not known, or made up as veth's is, nothing",
  },
  {
    name: 'packet ring',
    text: 'how frames arrive: in a ring of our own, which tells segments, or by libpcap where that does not know the link',
  },
  {
    name: 'EN10MB',
    text: "the link's type by its name in libpcap: EN10MB is Ethernet, RAW is IP without a link header",
  },
  {
    name: 'ledger',
    text: "share of the interface's own counters whose bytes have an owner or a stated reason, rounded down",
  },
  { name: 'the bar', text: 'the kinds of owners by their marks; whatever is not nothing has a cell' },
  { name: 'SENT RECEIVED', text: 'wire bytes since nettrace was started, as the interface sees them' },
  { name: 'SHARE', text: 'of all bytes of the interface; of dropped and residual: of its own counters' },
  { name: 'also on', text: 'packets that cross another interface too: owners count them once, there' },
  { name: 'recovered', text: 'not captured, but told of by the kernel, which counts each socket' },
  { name: 'less', text: 'what is on the wire and not in the counters: nothing is lost by it' },
  { name: 'dropped', text: 'in the counters, lost by the capture, and moved by no socket that tells of it' },
  { name: 'residual', text: 'in the counters and never seen; negative: seen and not in the counters' },
  {
    name: 'counters',
    text: 'IFLA_STATS64 since capture began; hardware counts segments, virtual devices the super-frames that the kernel hands them',
  },
  {
    name: 'drops',
    text: 'frames that the kernel (ring full) or the device lost before they were captured',
  },
  {
    name: 'errors',
    text: "the device's own counts since it was made, as netstat -i has them; !: some have come since nettrace started",
  },
];

/** How filters are written; the names are those of the place. */
export const FILTER_WORDS: readonly Word[] = [
  { name: 'words', text: 'rows that contain all of them anywhere, in any letter case; "in quotes" with blanks' },
  { name: 'name:value', text: 'equal; several with commas (port:80,443), ranges (port:8000-8999)' },
  { name: 'name:~pattern', text: 'holds a regular expression' },
  { name: 'rx>1M', text: 'also < <= >= !=; k M G, Ki Mi Gi, bit (rx>8Mbit); times in s m h d (age>5m)' },
  { name: 'remote:10.0.0.0/8', text: 'addresses and prefixes of both families' },
  { name: 'and or not ( )', text: 'side by side means and' },
];

export const HEADER_WORDS: readonly Word[] = [
  {
    name: 'exact: bpf',
    text: 'the kernel counts each socket, so that every owner is exact; bpf: a look (MSG_PEEK) counts as receiving; without BTF: accepted connections belong to who listened; classic: owners are looked up in /proc',
  },
  {
    name: 'ledger',
    text: "share of the interfaces' own counters whose bytes have an owner or a stated reason (5 Interfaces)",
  },
  { name: 'lost', text: 'records of the count by socket for which there was no room' },
  { name: 'attributed', text: 'share of all bytes whose process, or other owner, is known' },
  {
    name: 'drops',
    text: 'packets that were lost before they were counted: by the kernel (ring full), by the device, or without a place in the flow table (their bytes still count to the totals)',
  },
  { name: 'self', text: 'what nettrace itself costs: share of one CPU, resident memory' },
  {
    name: 'CPU bars',
    text: 'low priority blue |, user green #, kernel red *, virtual machine cyan @; the number is their sum. D, in eight: low |, user #, kernel *, interrupts yellow @, soft interrupts magenta $, steal cyan %, guests cyan &, I/O wait grey .; the number is the first five',
  },
  {
    name: 'CPU cells',
    text: 'one cell a CPU, its height or digit the busy tenths: green below 60 %, yellow, red from 90 %; threads of a core side by side, N0: NUMA node 0; - is offline',
  },
  { name: 'Loa', text: 'load average of 1, 5 and 15 minutes; the bar is full at one running task a CPU' },
  { name: 'Tasks', text: 'processes, further threads of theirs, threads of the kernel, and what runs now' },
  { name: 'wa st', text: 'per cent of all CPU time: idle while a disk was waited for; stolen by the hypervisor' },
  {
    name: 'PSI',
    text: 'per cent of the last 10 s in which some task waited for CPU, memory or I/O (pressure stall information)',
  },
  { name: 'Limit', text: 'in a container: memory (with page cache), swap and CPUs that its control group may use' },
  {
    name: 'Mem',
    text: 'used green |, shared magenta #, compressed grey *, buffers blue @, cache yellow $; the number is the first three',
  },
  { name: 'Avail', text: 'memory that programs can still have without swapping' },
  { name: 'Swp', text: 'used red |, cached yellow #, compressed grey *' },
];
