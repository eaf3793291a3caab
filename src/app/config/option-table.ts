// Owns: every setting as data: its names, kind, limits, default and help. Command line, config file and docs read it.
// Knows nothing of: commander, TOML, and what a setting does.

import { QUEUE_THRESHOLDS } from '../../model/queue-row.ts';

/** What a setting accepts. `text` and `list` values come from people and are passed on as they are. */
export type Kind =
  | { readonly kind: 'switch' }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'seconds'; readonly max: number }
  | { readonly kind: 'size'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** `shape` is what all of it looks like, `allowed` that in words. */
  | { readonly kind: 'text'; readonly shape?: RegExp; readonly allowed?: string }
  | { readonly kind: 'list' };

/** Headings of `--help`, in this order. */
export const GROUPS = [
  'What to watch',
  'What to print',
  'How it looks',
  'Queues',
  'Engine',
  'Log and configuration',
] as const;
/** What is about a service stands in no other help. */
export type Group = (typeof GROUPS)[number] | 'The service';

export interface Option {
  readonly kind: Kind;
  readonly group: Group;
  /** nethogs' letter, where it has one. */
  readonly short?: string;
  /** Name of the value in `--help`. */
  readonly argument?: string;
  readonly help: string;
  /** Not in `--help`: for finding faults and for measuring. */
  readonly hidden?: boolean;
}

/** A setting that a config file may hold too; its key is the long option. */
export interface Setting extends Option {
  readonly default: boolean | number | string | readonly string[];
}

export const MEBI = 1024 * 1024;

const on: Kind = { kind: 'switch' };
const text: Kind = { kind: 'text' };
/** `processes=cpu connections=-age`; the live view knows which screens and columns there are. */
const ofScreens: Kind = {
  kind: 'text',
  shape: /^[\s,]*(?:[a-z]+=-?[A-Za-z]+(?:[\s,]+|$))*$/,
  allowed: 'pairs such as "processes=cpu connections=-ageMs"',
};
const choice = (...choices: string[]): Kind => ({ kind: 'choice', choices });

/** By long option, which is also the config key. `devices` has no option: devices are the arguments. */
export const SETTINGS = {
  devices: { kind: { kind: 'list' }, group: 'What to watch', default: [], help: 'network devices' },
  all: {
    kind: on,
    group: 'What to watch',
    short: 'a',
    default: false,
    help: 'all devices, also loopback and those that are down',
  },
  filter: {
    kind: text,
    group: 'What to watch',
    short: 'f',
    argument: 'EXPR',
    default: '',
    help: 'count only packets that match this pcap-filter(7) expression',
  },
  'tcp-only': { kind: on, group: 'What to watch', default: false, help: 'count only TCP, as nethogs does without -C' },
  promiscuous: {
    kind: on,
    group: 'What to watch',
    short: 'p',
    default: false,
    help: 'also receive packets meant for other machines',
  },
  delay: {
    kind: { kind: 'seconds', max: 86_400 },
    group: 'What to print',
    short: 'd',
    argument: 'SECONDS',
    default: 1,
    help: 'time between two refreshes',
  },
  connections: { kind: on, group: 'What to print', default: false, help: 'also print every connection (JSON, --once)' },
  'view-mode': {
    kind: choice('auto', '0', '1', '2', '3', '4', '5'),
    group: 'What to print',
    short: 'v',
    argument: 'N',
    default: 'auto',
    help: '0 kB/s, 1 total kB, 2 total bytes, 3 total MB, 4 MB/s, 5 GB/s',
  },
  'sort-sent': {
    kind: on,
    group: 'How it looks',
    short: 's',
    default: false,
    help: 'sort by sent; otherwise by received',
  },
  'sort-by': {
    kind: ofScreens,
    group: 'How it looks',
    argument: 'LIST',
    default: '',
    help: 'sort of each screen: processes=cpu connections=-ageMs',
  },
  'group-by': {
    kind: ofScreens,
    group: 'How it looks',
    argument: 'LIST',
    default: '',
    help: 'groups of each screen: processes=user connections=remote',
  },
  'command-line': {
    kind: on,
    group: 'How it looks',
    short: 'l',
    default: false,
    help: 'show programs with their arguments',
  },
  basename: { kind: on, group: 'How it looks', short: 'b', default: false, help: 'show programs without their path' },
  bars: {
    kind: choice('auto', 'htop', 'heat'),
    group: 'How it looks',
    argument: 'NAME',
    default: 'auto',
    help: 'meters: auto, as htop arranges them, or heat, one cell a CPU',
  },
  'cpu-detail': {
    kind: on,
    group: 'How it looks',
    default: false,
    help: 'CPU bars in eight segments: also interrupts, steal, guests and I/O wait',
  },
  'exited-refreshes': {
    kind: { kind: 'integer', min: 0, max: 1_000_000 },
    group: 'How it looks',
    short: 'g',
    argument: 'N',
    default: 50,
    help: 'show a process for N refreshes after it ended',
  },
  units: {
    kind: choice('si', 'binary', 'bits', 'binary-bits'),
    group: 'How it looks',
    argument: 'UNITS',
    default: 'si',
    help: 'si: kB = 1000 bytes; binary: KiB = 1024; bits: kbit; binary-bits: Kibit',
  },
  color: {
    kind: choice('auto', 'always', 'never'),
    group: 'How it looks',
    argument: 'WHEN',
    default: 'auto',
    help: 'use colours',
  },
  ascii: { kind: on, group: 'How it looks', default: false, help: 'use no character outside ASCII' },
  theme: {
    kind: choice('default', 'colour-blind', 'high-contrast', 'mono'),
    group: 'How it looks',
    argument: 'NAME',
    default: 'default',
    help: 'colours of the live view',
  },
  'read-only': {
    kind: on,
    group: 'How it looks',
    default: false,
    help: 'the live view sends no signal to any process',
  },
  numeric: {
    kind: on,
    group: 'How it looks',
    short: 'n',
    default: false,
    help: 'addresses and ports as numbers; packets are not looked into for names',
  },
  resolve: {
    kind: on,
    group: 'How it looks',
    default: false,
    help: 'ask the DNS for names of addresses that were not named on the wire',
  },
  'queue-after': {
    kind: { kind: 'seconds', max: 3600 },
    group: 'Queues',
    argument: 'SECONDS',
    default: QUEUE_THRESHOLDS.afterMs / 1000,
    help: 'a queue of a socket that stands for less than this is no pile-up',
  },
  'queue-delay': {
    kind: { kind: 'seconds', max: 3600 },
    group: 'Queues',
    argument: 'SECONDS',
    default: QUEUE_THRESHOLDS.delayMs / 1000,
    help: 'a queue that moves is one only if it takes longer than this to empty',
  },
  'queue-bytes': {
    kind: { kind: 'integer', min: 0, max: 1024 * MEBI },
    group: 'Queues',
    argument: 'BYTES',
    default: QUEUE_THRESHOLDS.unreadBytes,
    help: 'fewer unread bytes than this are none unless they grow',
  },
  'queue-loss': {
    kind: { kind: 'integer', min: 1, max: 100 },
    group: 'Queues',
    argument: 'PERCENT',
    default: QUEUE_THRESHOLDS.lossShare * 100,
    help: 'packets are lost where this share of the bytes is sent again',
  },
  engine: {
    kind: choice('auto', 'bpf', 'classic'),
    group: 'Engine',
    argument: 'NAME',
    default: 'auto',
    help: 'how owners are found: bpf counts in the kernel by socket, classic asks for sockets and reads /proc',
  },
  light: {
    kind: on,
    group: 'Engine',
    default: false,
    help: 'count in the kernel by socket alone and capture nothing: cheapest on a busy host; without BPF only TCP',
  },
  capture: {
    kind: choice('auto', 'ring', 'pcap'),
    group: 'Engine',
    argument: 'SOURCE',
    default: 'auto',
    help: 'what captures: auto is the own ring (with BPF for what leaves), or libpcap where only that knows the frames',
    hidden: true,
  },
  snaplen: {
    kind: { kind: 'integer', min: 96, max: 65_535 },
    group: 'Engine',
    argument: 'BYTES',
    default: 128,
    help: 'how much of each packet is read (its headers are enough)',
  },
  'ring-size': {
    kind: { kind: 'size', min: MEBI, max: 1024 * MEBI },
    group: 'Engine',
    argument: 'SIZE',
    default: 16 * MEBI,
    help: 'memory of all capture rings together; larger survives longer bursts',
  },
  'max-flows': {
    kind: { kind: 'integer', min: 1024, max: 4_000_000 },
    group: 'Engine',
    argument: 'N',
    default: 200_000,
    help: 'most connections that are kept in memory',
  },
  lookups: {
    kind: { kind: 'integer', min: 1, max: 1_000_000 },
    group: 'Engine',
    argument: 'N',
    default: 10_000,
    help: 'most exact socket look-ups a second',
  },
  'proc-root': {
    kind: text,
    group: 'Engine',
    argument: 'FOLDER',
    default: '/proc',
    help: "where the kernel's /proc is, as in a container that has the host's elsewhere",
    hidden: true,
  },
  'sys-root': {
    kind: text,
    group: 'Engine',
    argument: 'FOLDER',
    default: '/sys',
    help: "where the kernel's /sys is",
    hidden: true,
  },
  'log-file': {
    kind: text,
    group: 'Log and configuration',
    argument: 'FILE',
    default: '',
    help: 'append the log to FILE as JSON; SIGHUP reopens it',
  },
  'log-level': {
    kind: choice('debug', 'info', 'warn', 'error', 'silent'),
    group: 'Log and configuration',
    argument: 'LEVEL',
    default: 'warn',
    help: 'least important messages that are logged',
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;

/** What one run is asked for; never in a config file. */
export const RUN_OPTIONS = {
  trace: {
    kind: on,
    group: 'What to print',
    short: 't',
    help: "print text lines in nethogs' format instead of the live view",
  },
  json: { kind: on, group: 'What to print', help: 'print one JSON object a line and refresh' },
  once: { kind: on, group: 'What to print', help: 'print one table after one delay and end (also with -t or --json)' },
  count: {
    kind: { kind: 'integer', min: 0, max: Number.MAX_SAFE_INTEGER },
    group: 'What to print',
    short: 'c',
    argument: 'N',
    help: 'end after N refreshes; 0: never',
  },
  read: {
    kind: text,
    group: 'What to watch',
    argument: 'FILE',
    help: 'read a pcap or pcapng file instead of devices; - is standard input',
  },
  pid: {
    kind: { kind: 'integer', min: 1, max: 4_194_304 },
    group: 'What to watch',
    short: 'P',
    argument: 'PID',
    help: 'show only this process; may be repeated',
  },
  bughunt: {
    kind: on,
    group: 'Log and configuration',
    short: 'x',
    help: '-t with every log message on standard error',
  },
  config: { kind: text, group: 'Log and configuration', argument: 'FILE', help: 'read this configuration file' },
  'print-config': {
    kind: on,
    group: 'Log and configuration',
    help: 'print the settings in force as a configuration file and end',
  },
  'check-config': {
    kind: on,
    group: 'Log and configuration',
    help: 'say what is wrong with the configuration file, each problem with its line, and end',
  },
} as const satisfies Readonly<Record<string, Option>>;

type ValueOf<D> = D extends boolean
  ? boolean
  : D extends number
    ? number
    : D extends string
      ? string
      : readonly string[];
type Choices<N extends SettingName> = ValueOf<(typeof SETTINGS)[N]['default']>;

/** The settings in force. Sizes in bytes, `delay` in seconds; empty text: not set. */
export type Settings = { readonly [N in SettingName]: Choices<N> };

/** Settings that were given, by a file or on the command line. */
export type PartialSettings = { readonly [N in SettingName]?: Choices<N> };

/** Later ones win. */
export function mergeSettings(...layers: readonly PartialSettings[]): Settings {
  const defaults = Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]));
  return Object.assign(defaults, ...layers) as Settings;
}
