// Owns: the doctor's report as lines for people.
// Knows nothing of: how anything was found out. Everything it gets is sanitised.
import { textWidth } from '../../base/text-width.ts';
import { formatCount, formatSize, quantityText, type UnitMode } from '../../base/units.ts';
import { type Column, renderColumns } from '../text-columns.ts';
import { KIND_NAMES, percent, type SelfTestFigures } from './figures.ts';
import type { DoctorReport, SourceFinding, Tier, TierFinding, Verdict } from './report.ts';

const SOURCE_NAMES: Readonly<Record<string, string>> = {
  'packet-ring': 'packet ring',
  libpcap: 'libpcap',
  rtnetlink: 'interfaces (rtnetlink)',
  'sock-diag-tcp': 'TCP sockets (sock_diag)',
  'sock-diag-udp': 'UDP sockets (sock_diag)',
  'tcp-counts': 'counts of TCP (sock_diag)',
  'sock-diag-raw': 'raw sockets (sock_diag)',
  conntrack: 'NAT table (conntrack)',
  'proc-fd': 'descriptors of all (/proc)',
  pidfd: 'ends of processes (pidfd)',
  'proc-connector': 'process news (connector)',
  btf: 'kernel types (BTF)',
  'cgroup2-root': 'root of cgroup2',
  'socket-meter': 'socket meter (BPF)',
  'process-events': 'process events (BPF)',
  'packet-injection': 'packet sockets (BPF)',
  'egress-tap': 'frames that leave (BPF)',
};

const STATES: Readonly<Record<SourceFinding['state'], string>> = {
  works: 'works',
  'not-supported': 'not supported',
  'not-permitted': 'not permitted',
};

const TIERS: Readonly<Record<Tier, string>> = {
  'socket-meter': 'socket meter',
  'look-ups': 'look-ups',
  'own-processes': 'own processes',
  'tcp-counts': 'counts of TCP',
  nothing: 'nothing',
};

const VERDICTS: Readonly<Record<Verdict, string>> = {
  well: 'All is well.',
  degraded: 'Less works here than could:',
  failed: 'Something is wrong:',
};

export interface DoctorLayout {
  readonly unicode: boolean;
  /** Cells of a line; undefined: no terminal. */
  readonly columns: number | undefined;
}

/** Text reads badly in lines that are longer, and in columns that are narrower. */
const LONGEST_LINE = 110;
const NARROWEST = 24;
const INDENT = 2;

/** The whole report, each line ended. */
export function renderDoctor(report: DoctorReport, { unicode, columns }: DoctorLayout): string {
  const width = Math.min(columns ?? LONGEST_LINE, LONGEST_LINE) - INDENT;
  const parts = [
    section('Sources', renderSources(report.sources, width)),
    section('Capture', renderCapture(report, unicode, width)),
    section('Capabilities', renderCapabilities(report, unicode)),
    section('What to expect', renderTiers(report, width)),
    section('Self-test', renderSelfTest(report, unicode)),
    renderVerdict(report, width),
  ];
  return `nettrace ${report.version} doctor\n\n${parts.join('\n')}`;
}

function section(title: string, body: string): string {
  return `${title}\n${indent(body)}`;
}

function indent(body: string): string {
  return body.replace(/^(?=.)/gm, '  ');
}

/** What to do stands below what does not work. */
function renderSources(sources: readonly SourceFinding[], width: number): string {
  const nameOf = (source: SourceFinding) => SOURCE_NAMES[source.name] ?? source.name;
  const names = Math.max(0, ...sources.map((source) => nameOf(source).length));
  return text(
    sources.flatMap((source) =>
      hang(
        `${STATES[source.state].padEnd(13)}  ${nameOf(source).padEnd(names)}  `,
        [source.reason, source.advice],
        width,
      ),
    ),
  );
}

/** Paragraphs right of a prefix, which stands on the first line alone. */
function hang(prefix: string, paragraphs: readonly string[], width: number): readonly string[] {
  const room = Math.max(NARROWEST, width - prefix.length);
  const lines = paragraphs.flatMap((paragraph) => wrap(paragraph, room));
  const rest = ' '.repeat(prefix.length);
  return lines.length === 0 ? [prefix.trimEnd()] : lines.map((line, at) => `${at === 0 ? prefix : rest}${line}`);
}

function wrap(paragraph: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of paragraph.split(' ').filter((each) => each !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last) + 1 + textWidth(word) <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function renderCapture({ capture }: DoctorReport, unicode: boolean, width: number): string {
  const { devices } = capture;
  const watched = devices.length === 0 ? 'No device is up and running: name one, or use -a.' : '';
  const rings = `${size(capture.ringBytes, RINGS)} of rings${devices.length > 1 ? ', shared' : ''}`;
  if (capture.fault !== undefined) {
    const names = devices.map((device) => device.name).join(', ');
    const would = names === '' ? '' : `To be watched: ${names}; ${rings}.`;
    return text([...wrap(`Nothing was captured: ${capture.fault}.`, width), would]);
  }
  const table = renderColumns(
    devices,
    [
      left('DEVICE', (device) => device.name),
      left('LINK', (device) => device.linkType || '-'),
      left('SOURCE', (device) => device.capture),
      right('FRAMES', (device) => count(device.frames)),
      right('DROPPED', (device) => count(device.kernelDrops + device.interfaceDrops)),
      left('STATE', (device) => (device.fault === '' ? device.state : `${device.state}: ${device.fault}`)),
    ],
    unicode,
  );
  return `${table}${text([watched, `Looked for ${capture.milliseconds} ms; ${rings}.`])}`;
}

function renderCapabilities({ capabilities }: DoctorReport, unicode: boolean): string {
  const mark = (has: boolean) => (has ? 'yes' : '-');
  const table = renderColumns(
    capabilities,
    [
      left('CAPABILITY', (row) => row.name),
      left('EFFECTIVE', (row) => mark(row.effective)),
      left('PERMITTED', (row) => mark(row.permitted)),
      left('BOUNDING', (row) => mark(row.bounding)),
      left('FOR', (row) => row.use),
    ],
    unicode,
  );
  return `${table}${text(['After start they are kept as they are here; files are opened with the rights of whoever called sudo.'])}`;
}

function renderTiers({ tiers }: DoctorReport, width: number): string {
  const names = Math.max(...tiers.map(({ tier }) => TIERS[tier].length));
  const state = (row: TierFinding) => (row.inForce ? 'in use' : row.loads ? 'works' : 'no');
  return text(
    tiers.flatMap((row) => hang(`${state(row).padEnd(6)}  ${TIERS[row.tier].padEnd(names)}  `, [row.expect], width)),
  );
}

function renderSelfTest({ selfTest }: DoctorReport, unicode: boolean): string {
  if (selfTest.state === 'not-run') return text([`Not run: ${selfTest.reason}.`]);
  if (selfTest.state === 'broken') return text([`Broken: ${selfTest.reason}.`]);
  const { figures } = selfTest;
  const table = renderColumns(
    figures.groups,
    [
      left('TRAFFIC', (group) => KIND_NAMES[group.kind]),
      right('PROCESSES', (group) => String(group.processes)),
      right('BYTES', (group) => size(group.bytes)),
      right('FOUND', (group) => percent(group.found)),
      right('WRONG', (group) => percent(group.wrong)),
    ],
    unicode,
  );
  return `${table}${text(describeFigures(figures))}`;
}

function describeFigures(figures: SelfTestFigures): readonly string[] {
  const reasons = Object.entries(figures.reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([label, bytes]) => `${label} ${size(bytes)}`);
  return [
    `Owners      ${percent(figures.found)} of the bytes found, ${percent(figures.wrong)} charged to a wrong process`,
    `Without     ${reasons.length === 0 ? 'nothing' : reasons.join(', ')}`,
    `Books       ${percent(figures.residual)} off the device's own ${size(figures.counterBytes)}`,
    ...describeCapture(figures),
    ...(figures.v6 ? [] : ['IPv6        not here: all went by IPv4']),
  ];
}

/** Where nothing is captured there are no frames to be counted or lost. */
function describeCapture(figures: SelfTestFigures): readonly string[] {
  const all = figures.frames + figures.kernelDrops;
  if (all === 0) return ['Drops       none: nothing is captured', `Own CPU     ${percent(figures.cpuShare)} of a core`];
  return [
    `Drops       ${count(figures.kernelDrops)} of ${count(all)} frames (${percent(figures.dropRate)})`,
    `Own CPU     ${figures.cpuMicrosPerFrame.toFixed(2)} us a frame, ${percent(figures.cpuShare)} of a core at ${count(figures.burstRate)} frames/s`,
  ];
}

function renderVerdict({ verdict, reasons }: DoctorReport, width: number): string {
  return text([VERDICTS[verdict], ...reasons.flatMap((reason) => hang('  - ', [reason], width))]);
}

const SIZES: UnitMode = { base: 'si', quantity: 'bytes' };

const RINGS: UnitMode = { base: 'binary', quantity: 'bytes' };

/** Without the blanks that keep a live column from moving. */
function size(bytes: number, mode: UnitMode = SIZES): string {
  return quantityText(formatSize(bytes, mode)).replace(/ +/g, ' ').trim();
}

function count(number: number): string {
  return quantityText(formatCount(number)).replace(/ +/g, '');
}

function text(lines: readonly string[]): string {
  return lines
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('');
}

function left<R>(title: string, of: (row: R) => string): Column<R> {
  return { title, align: 'left', text: of };
}

function right<R>(title: string, of: (row: R) => string): Column<R> {
  return { title, align: 'right', text: of };
}
