// Owns: what the manual pages say besides options: one entry for nettrace (the empty name) and one for each command.
// Knows nothing of: troff. docs/*.md say more; pages say what is needed at the terminal.
import { BINDINGS } from '../view/keymap.ts';
import type { Entry, ManText } from './man-page.ts';

const OK: Entry = ['0', 'Ended as asked.'];
const NOT_STARTED: Entry = ['1', 'Could not start: wrong words, missing rights, something that cannot be read.'];
const NOT_FINISHED: Entry = ['2', 'Began and could not finish: the output cannot be written, a file breaks off.'];
const FAULT: Entry = ['70', 'A fault in nettrace; NETTRACE_DEBUG=1 shows where.'];
const SIGNALS: readonly Entry[] = [
  ['129', 'SIGHUP: the terminal was closed.'],
  ['143', 'SIGTERM.'],
];
const DEBUG: Entry = ['NETTRACE_DEBUG', '1: a failure is told with the place in the program where it came up.'];
const CONFIG: Entry = [
  '~/.config/nettrace/config.toml',
  'Settings, by the names of the long options; $XDG_CONFIG_HOME and --config name another place.',
];
const STATE: Entry = ['/var/lib/nettrace', 'State folder of the service: token, totals, history.db.'];

/** Keys with one meaning stand together. */
function keysOf(): readonly Entry[] {
  const lines = new Map<string, readonly string[]>();
  for (const { help, keys } of BINDINGS) {
    const known = lines.get(help) ?? [];
    if (!known.includes(keys)) lines.set(help, [...known, keys]);
  }
  return [...lines].map(([help, keys]) => [keys.join(', '), `${help.charAt(0).toUpperCase()}${help.slice(1)}.`]);
}

export const MAN_TEXTS: Readonly<Record<string, ManText>> = {
  '': {
    description: [
      'nettrace shows which process sends and receives how much, over which network device, while it happens. Every byte has an owner or a stated reason why it has none, and the sums are compared with the own counters of each device.',
      'Without devices it watches all that are up and running, without loopback. With a terminal it is a live view; -t, --json and --once print instead, and so does a run without a terminal.',
      'Root sees everything. Without the right to capture, TCP is still counted, for processes of the own user.',
      'A device with the name of a command is watched with "nettrace -- NAME".',
    ],
    keys: keysOf(),
    files: [CONFIG, STATE],
    environment: [
      ['NO_COLOR', 'Without colours, unless --color says always.'],
      ['TERM, COLORTERM', 'What the terminal can show; TERM=dumb has text lines printed.'],
      ['LC_ALL, LC_CTYPE, LANG', 'Whether characters outside ASCII are drawn.'],
      ['XDG_CONFIG_HOME', 'Where the configuration is looked for.'],
      DEBUG,
    ],
    exit: [
      OK,
      NOT_STARTED,
      NOT_FINISHED,
      ['3', 'nettrace doctor: something is degraded.'],
      ['4', 'nettrace queues: something piles up.'],
      FAULT,
      ...SIGNALS,
    ],
    examples: [
      ['sudo nettrace', 'Live view of all devices.'],
      ['sudo nettrace lo eth0 -d 0.5', 'Two devices, two refreshes a second.'],
      ['sudo nettrace -t -c 10', "Ten refreshes as text, in nethogs' format."],
      ['sudo nettrace --json | jq .total', 'One JSON object for each refresh.'],
      ['nettrace --read trace.pcapng', 'What is in a capture file; needs no root.'],
      ['nettrace --check-config --config /etc/nettrace.toml', 'Each problem of a configuration, with its line.'],
    ],
    seeAlso: ['ss(8)', 'tcpdump(8)', 'pcap-filter(7)'],
  },
  doctor: {
    description: [
      'Tries every source that nettrace has, looks at devices and rights, and tests itself with traffic of its own in network namespaces of its own. It takes about 3 seconds and leaves nothing behind. As root it tells most.',
    ],
    environment: [['LC_ALL, LC_CTYPE, LANG', 'Whether characters outside ASCII are printed.'], DEBUG],
    exit: [['0', 'All is well.'], NOT_STARTED, ['3', 'Something is degraded or wrong; the report says what.'], FAULT],
    examples: [
      ['sudo nettrace doctor', 'The report, for people.'],
      ['sudo nettrace doctor --json | jq -r .verdict', 'well, degraded or failed.'],
    ],
    seeAlso: ['network_namespaces(7)', 'capabilities(7)'],
  },
  queues: {
    description: [
      'Looks at the queues of all sockets, of every network namespace that may be entered, and names those that pile up: whose they are, how long they stand, and why. Without --once it goes on and prints a line for each that begins or ends to. It captures nothing.',
      'As root it sees the processes of all users.',
    ],
    files: [CONFIG],
    environment: [DEBUG],
    exit: [
      ['0', 'Nothing piles up.'],
      NOT_STARTED,
      NOT_FINISHED,
      ['4', 'Something does, at the last look.'],
      FAULT,
      ...SIGNALS,
    ],
    examples: [
      ['nettrace queues --once || echo "something piles up"', 'For scripts.'],
      ['nettrace queues --once --every', 'Also listeners and queues that move.'],
    ],
    seeAlso: ['ss(8)', 'tcp(7)'],
  },
  netstat: {
    description: [
      'Prints the tables of netstat (net-tools 2.10), whole and without waiting. Without options: connected sockets of every kind.',
      'A filter, as ss knows it, is joined of conditions by and, or, not and parentheses: state NAME, exclude NAME; sport, dport with = != < > <= >= and a port; src, dst ADDRESS[/BITS][:PORT]; dev NAME.',
    ],
    files: [
      ['/proc/net, sock_diag', 'Where the tables come from.'],
      ['/etc/services', 'Names of ports.'],
    ],
    environment: [DEBUG],
    exit: [
      OK,
      ['1', 'Something is not supported here.'],
      ['2', 'The output could not be written.'],
      ['3', 'Wrong words, as net-tools has it.'],
      FAULT,
    ],
    examples: [
      ['nettrace netstat -antp', 'All TCP sockets with their processes.'],
      ['nettrace netstat -tn state established and dport = :443', 'Connections to port 443.'],
      ['nettrace netstat -an --json', 'Every socket with all that the kernel tells of it.'],
    ],
    seeAlso: ['netstat(8)', 'ss(8)', 'sock_diag(7)'],
  },
  serve: {
    description: [
      'Counts from now on and answers over HTTP: a page, JSON, metrics, live events. The part that reads from the network has no rights. It prints its address with a token that opens one session within ten minutes; the lasting token is in the token file.',
      'nettrace serve --openapi prints the description of the API. Addresses that other machines can reach need --tls-cert and --tls-key.',
    ],
    files: [
      ['/var/lib/nettrace/token', 'The token (mode 0600); made when missing.'],
      ['/var/lib/nettrace/history.db', 'What was moved (SQLite).'],
      CONFIG,
      ['/etc/systemd/system/nettrace.service', 'The unit that "sudo ./nettrace install --service" writes.'],
    ],
    environment: [
      ['STATE_DIRECTORY, NOTIFY_SOCKET, WATCHDOG_USEC', 'As systemd sets them.'],
      ['XDG_STATE_HOME', 'Without root: where the state folder is.'],
      DEBUG,
    ],
    exit: [OK, NOT_STARTED, ['2', 'Could not go on, or --check found something.'], FAULT],
    examples: [
      ['sudo nettrace serve', 'The page on http://127.0.0.1:7373.'],
      ['sudo nettrace serve --listen unix:/run/nettrace/http.sock eth0', 'One device, for a proxy.'],
      ['nettrace serve --check --config /etc/nettrace.toml', 'Says what would be done.'],
    ],
    seeAlso: ['systemd.service(5)', 'capabilities(7)', 'seccomp(2)'],
  },
  record: {
    description: [
      'Writes every refresh to a new file, until it is ended, long enough or large enough. nettrace replay shows it, on any machine and without root.',
      'Options of nettrace that say what is counted work, too: -a, -d, -f, --light, --engine and others. Programs are recorded without their arguments, since those hold passwords.',
    ],
    files: [CONFIG],
    environment: [DEBUG],
    exit: [
      OK,
      NOT_STARTED,
      ['2', 'Could not go on, as on a full disk; what is in the file is whole.'],
      FAULT,
      ...SIGNALS,
    ],
    examples: [
      ['sudo nettrace record night.ntr', 'Until Ctrl-C.'],
      ['sudo nettrace record --duration 8h --max-size 2G night.ntr eth0', 'One device, eight hours, at most 2 GiB.'],
    ],
    seeAlso: ['nettrace-replay(8)'],
  },
  replay: {
    description: [
      'Shows a recording in the live program: every screen, filter and key, and keys that move in time, which ? shows. It needs no root.',
      '-t takes "now", "today", "yesterday", "30 minutes ago", "1 month ago", "11:50" (the last one), "2026-11-24" or "2026-11-24 22:00" in local time, "2026-11-24T22:00:00+01:00", with Z in UTC, or seconds or milliseconds since 1970.',
    ],
    keys: [
      ['Space', 'Stop, go on.'],
      [', .', 'One refresh back, on.'],
      ['[ ]', 'A minute back, on.'],
      ['{ }', 'Ten minutes back, on.'],
      ['- +', 'Half, twice as fast.'],
    ],
    files: [CONFIG],
    environment: [['TZ', 'The local time.'], DEBUG],
    exit: [OK, NOT_STARTED, ['2', 'The recording is damaged.'], FAULT, ...SIGNALS],
    examples: [
      ['nettrace replay night.ntr -t "2026-11-24 03:10" --speed 10', 'Ten times as fast, from then on.'],
      ['nettrace replay night.ntr --json | jq .total', 'Every refresh as a line.'],
    ],
    seeAlso: ['nettrace-record(8)'],
  },
  attach: {
    description: [
      'The live program on a running nettrace serve: totals are those of the service, and leaving it ends nothing. Up to 16 can attach. While the service is away the last refresh stays, and it goes on by itself.',
    ],
    files: [
      ['/run/nettrace/nettrace.sock', "The service's socket (mode 0600); with --state-dir it is in that folder."],
      CONFIG,
    ],
    environment: [['XDG_STATE_HOME', 'Where the socket of a service of an ordinary user is.'], DEBUG],
    exit: [OK, ['1', 'No service, or not permitted.'], FAULT, ...SIGNALS],
    examples: [['sudo nettrace attach', "The screens of the machine's service."]],
    seeAlso: ['nettrace-serve(8)'],
  },
  budgets: {
    description: ['Prints what each budget of nettrace serve has used, from the file in which the service keeps it.'],
    files: [['/var/lib/nettrace/budgets.json', 'That file.']],
    environment: [DEBUG],
    exit: [['0', 'All are kept.'], ['1', 'Wrong words, or no such file.'], ['4', 'One is exceeded.'], FAULT],
    examples: [['nettrace budgets || echo "over budget"', 'For scripts.']],
    seeAlso: ['nettrace-serve(8)'],
  },
  history: {
    description: [
      'Prints what was moved in the past, as nettrace serve has written it down: the largest first.',
      'A time is "now", "today", "yesterday", "30 minutes ago", "1 month ago", "11:50" (the last one), "2026-11-24" or "2026-11-24 22:00" in local time, "2026-11-24T22:00:00+01:00", with Z in UTC, or seconds or milliseconds since 1970.',
    ],
    files: [['/var/lib/nettrace/history.db', 'The history (SQLite); its views can be asked in SQL.']],
    environment: [['TZ', 'The local time.'], DEBUG],
    exit: [OK, ['1', 'Wrong words, or no such history.'], NOT_FINISHED, FAULT],
    examples: [
      ['nettrace history --since yesterday --until today', 'The programs of yesterday.'],
      ['nettrace history --since "2h ago" --by remote --json', 'Remote hosts, as JSON.'],
    ],
    seeAlso: ['sqlite3(1)'],
  },
  fleet: {
    description: [
      "Shows the hosts whose nettrace sends metrics to a Prometheus or VictoriaMetrics, the programs of each, and one program's last hour. It needs no rights on any host.",
    ],
    keys: [
      ['Enter', 'The programs of the host; the last hour of the program.'],
      ['Up, Down', 'To another row.'],
      ['Esc, q', 'Back; q at the first screen ends it.'],
    ],
    environment: [['NO_COLOR, TERM', 'As for nettrace.'], DEBUG],
    exit: [OK, ['1', 'Wrong words, or the server cannot be asked.'], FAULT, ...SIGNALS],
    examples: [
      ['nettrace fleet --from http://prometheus:9090', 'The screen.'],
      ['nettrace fleet --from http://victoria:8428 --json', 'One JSON object.'],
    ],
    seeAlso: ['prometheus(1)'],
  },
  man: {
    description: ['Prints a manual page of nettrace as troff. Pages are made of the tables that read the options.'],
    exit: [OK, ['1', 'There is no such page.'], FAULT],
    examples: [['nettrace man serve | man -l -', 'Reads a page that is not installed.']],
    seeAlso: ['man(1)', 'groff_man(7)'],
  },
  completion: {
    description: [
      'Prints a script with which a shell completes commands, options, values, files and network devices. "sudo ./nettrace install" installs it for the shells that are there.',
    ],
    files: [
      ['/usr/local/share/bash-completion/completions/nettrace', 'For bash.'],
      ['/usr/local/share/zsh/site-functions/_nettrace', 'For zsh.'],
      ['/usr/local/share/fish/vendor_completions.d/nettrace.fish', 'For fish.'],
    ],
    exit: [OK, ['1', 'Not bash, zsh or fish.'], FAULT],
    examples: [
      ['source <(nettrace completion bash)', 'For this shell alone.'],
      ['nettrace completion fish | source', 'The same in fish.'],
    ],
    seeAlso: ['bash(1)', 'zshcompsys(1)', 'fish(1)'],
  },
};
