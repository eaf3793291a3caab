// Owns: the shape of what the doctor finds, and the rules by which it calls a machine well, degraded or failed.
// Knows nothing of: how anything is found out and how it is printed.
import type { SourceProbe } from '../../native/addon.ts';
import type { Ownership } from '../../native/schema.ts';
import type { SelfTestFigures } from './figures.ts';

/** Sanitised. */
export type SourceFinding = SourceProbe;

export interface DeviceFinding {
  readonly name: string;
  readonly state: string;
  readonly linkType: string;
  readonly decoded: boolean;
  /** `ring`, `libpcap`, or `none` where nothing was captured. */
  readonly capture: string;
  readonly frames: number;
  readonly kernelDrops: number;
  readonly interfaceDrops: number;
  /** One clause; empty where all is well. */
  readonly fault: string;
}

/** A short capture of what a run without arguments would watch. */
export interface CaptureFinding {
  /** One clause why nothing was captured; undefined: it was. */
  readonly fault: string | undefined;
  readonly milliseconds: number;
  /** All rings together, as asked for. */
  readonly ringBytes: number;
  readonly devices: readonly DeviceFinding[];
}

export interface CapabilityFinding {
  readonly name: string;
  readonly effective: boolean;
  readonly permitted: boolean;
  readonly bounding: boolean;
  /** One clause. */
  readonly use: string;
}

export type SelfTestFinding =
  | { readonly state: 'not-run'; readonly reason: string }
  | { readonly state: 'broken'; readonly reason: string }
  | {
      readonly state: 'done';
      readonly passed: boolean;
      /** What is not as it must be, each as one clause. */
      readonly faults: readonly string[];
      readonly figures: SelfTestFigures;
    };

/** How owners are found: by the socket meter, by look-ups, for own processes alone, by TCP's own counts, or not at all. */
export type Tier = 'socket-meter' | 'look-ups' | 'own-processes' | 'tcp-counts' | 'nothing';

export interface TierFinding {
  readonly tier: Tier;
  readonly loads: boolean;
  /** It is what a run uses. */
  readonly inForce: boolean;
  /** One sentence: what to expect. */
  readonly expect: string;
}

export type Verdict = 'well' | 'degraded' | 'failed';

export interface DoctorReport {
  readonly version: string;
  readonly verdict: Verdict;
  /** Why it is not `well`, each as one clause, the gravest first. */
  readonly reasons: readonly string[];
  readonly sources: readonly SourceFinding[];
  readonly capture: CaptureFinding;
  readonly capabilities: readonly CapabilityFinding[];
  readonly tiers: readonly TierFinding[];
  readonly selfTest: SelfTestFinding;
}

export type Findings = Omit<DoctorReport, 'verdict' | 'reasons' | 'tiers'> & {
  /** How the engine itself found owners in this run; undefined where it did not run. */
  readonly ownership: Ownership | undefined;
};

export function judge(findings: Findings): DoctorReport {
  const { ownership, version, ...found } = findings;
  const tiers = judgeTiers(findings.sources, ownership);
  const failures = failuresOf(findings);
  const reasons = [...failures, ...weaknessesOf(findings, tiers)];
  const verdict = failures.length > 0 ? 'failed' : reasons.length > 0 ? 'degraded' : 'well';
  return { version, verdict, reasons, ...found, tiers };
}

/** Sources without which something is missing; the others help only where these do not work. */
const NEEDED: Readonly<Record<string, string>> = {
  rtnetlink: 'interfaces cannot be listed',
  'sock-diag-tcp': 'the kernel does not tell of TCP sockets by sock_diag',
  'sock-diag-udp': 'the kernel does not tell of UDP sockets by sock_diag',
  'proc-fd': 'not every process can be seen',
  'socket-meter': 'the socket meter does not load',
  'process-events': 'processes are not seen from their beginning',
};

function failuresOf({ selfTest }: Findings): readonly string[] {
  if (selfTest.state === 'broken') return [`the self-test did not work: ${selfTest.reason}`];
  return selfTest.state === 'done' ? selfTest.faults : [];
}

function weaknessesOf(findings: Findings, tiers: readonly TierFinding[]): readonly string[] {
  const { sources, capture, selfTest } = findings;
  const works = (name: string) => sources.some((source) => source.name === name && source.state === 'works');
  const refused = (name: string) => sources.some((source) => source.name === name && source.state === 'not-permitted');
  const captures = works('packet-ring') || works('libpcap');
  const missing = Object.keys(NEEDED).filter((name) => !works(name) && !refused(name));
  const inForce = tiers.find((tier) => tier.inForce)?.tier;
  const drops = capture.devices.reduce((all, device) => all + device.kernelDrops, 0);
  // One missing right has many faces: it is told once.
  const forWantOfRights = Object.keys(NEEDED).some(refused) || refused('packet-ring');
  return [
    ...(forWantOfRights ? [WITHOUT_RIGHTS] : []),
    ...(captures || refused('packet-ring') ? [] : ['packets cannot be captured']),
    ...missing.map((name) => NEEDED[name] ?? name),
    ...(inForce === 'look-ups' && works('socket-meter')
      ? ['owners were found by look-ups, although the socket meter loads']
      : []),
    ...capture.devices.filter((device) => device.fault !== '').map((device) => `${device.name}: ${device.fault}`),
    ...(drops > 0 ? [`${drops} packets were dropped in a short capture`] : []),
    ...(selfTest.state === 'not-run' && !forWantOfRights ? [`the self-test was not run: ${selfTest.reason}`] : []),
  ];
}

const WITHOUT_RIGHTS =
  'rights are missing, so this is what works without them; "sudo nettrace doctor" tells what works with them';

/** By what the engine says of itself; where it did not run, by what loads. */
function judgeTiers(sources: readonly SourceFinding[], ownership: Ownership | undefined): readonly TierFinding[] {
  const works = (name: string) => sources.some((source) => source.name === name && source.state === 'works');
  const captures = works('packet-ring') || works('libpcap');
  const metered = ownership === 'bpf' || ownership === 'stream' || ownership === 'cgroup';
  const loads: Readonly<Record<Tier, boolean>> = {
    'socket-meter': works('socket-meter'),
    'look-ups': captures && works('proc-fd'),
    'own-processes': captures,
    'tcp-counts': works('tcp-counts'),
    nothing: true,
  };
  const inForce = metered
    ? 'socket-meter'
    : ownership === 'sock-diag'
      ? 'tcp-counts'
      : (['look-ups', 'own-processes', 'tcp-counts', 'nothing'] as const).find((tier) => loads[tier]);
  return (Object.keys(loads) as Tier[])
    .filter((tier) => tier !== 'nothing' || inForce === 'nothing')
    .map((tier) => ({
      tier,
      loads: loads[tier],
      inForce: tier === inForce,
      expect: tier === 'socket-meter' ? METERED[metered ? ownership : 'bpf'] : EXPECT[tier],
    }));
}

const METERED = {
  bpf: 'every byte of every process has its owner, however short the process lives, in containers too',
  stream: 'every byte has its owner; a process that only looks at received data (MSG_PEEK) counts as receiving it',
  cgroup:
    'sockets that one process uses are exact; those that several use stay unattributed; before Linux 6.3 accepted ' +
    'connections are looked up, and others belong to who made them',
} as const;

const EXPECT: Readonly<Record<Exclude<Tier, 'socket-meter'>, string>> = {
  'look-ups':
    'connections that last are exact; a process of a few milliseconds may end unseen, and its bytes stay unattributed',
  'own-processes': 'only your own processes can be named; the bytes of all others stay unattributed',
  'tcp-counts':
    'TCP alone, without capture: payload is exact, bytes on the wire are estimated within 1 %; connections shorter than ' +
    '0.2 s, and those of others without the right to see them, have no name; UDP is not counted',
  nothing: 'nothing can be counted',
};
