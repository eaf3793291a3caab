// Owns: what a failure of the addon means to a person: one sentence that says what to do.
// Knows nothing of: exit codes and where the sentence is shown.
import { getSystemErrorMap } from 'node:util';
import { sanitize } from '../base/sanitize.ts';
import type { NativeError, NativeInterface } from './addon.ts';

/** A NativeError, or a fault of a snapshot whose texts were already sanitised. */
export interface Explainable {
  readonly code: string;
  readonly message: string;
  readonly errno: number;
  readonly subject: Uint8Array | string;
  readonly detail: Uint8Array | string;
  readonly name?: string;
  readonly syscall?: string;
}

type Device = Pick<NativeInterface, 'name'>;

/** What helps to explain. */
export interface ErrorContext {
  /** The devices there are. */
  readonly devices?: readonly Device[];
  /** The filter that was given. */
  readonly filter?: string;
  /** -a was given. */
  readonly all?: boolean;
  /** Nothing could be started, as opposed to: something goes on with less. */
  readonly starting?: boolean;
}

const LONGEST_TEXT = 200;
const UNNAMED = 'processes that live for milliseconds may stay without a name';
const LIBPCAP_PACKAGE = 'libpcap0.8 (Debian, Ubuntu) or libpcap (Fedora, Arch)';

/** As the engine says what is missing, native/engine/engine.cc. */
const INITIAL_USER_NAMESPACE = 'the initial user namespace';
const OTHER_PROCESSES = 'the processes of others';

export function isNativeError(error: unknown): error is NativeError {
  return (
    error instanceof Error &&
    'syscall' in error &&
    'subject' in error &&
    /^k[A-Z]/.test(String((error as NativeError).code))
  );
}

/** One sentence without a full stop, sanitised. */
export function explainNativeError(error: Explainable, context: ErrorContext = {}): string {
  const subject = clean(error.subject);
  switch (error.code) {
    case 'kDeviceNotFound':
      return explainNoSuchDevice(error.subject, context.devices ?? []);
    case 'kDeviceDown':
      return `the network device ${quote(subject)} is down; bring it up with "ip link set ${subject} up"${context.all ? '' : ' or use -a'}`;
    case 'kDeviceVanished':
      return `the network device ${quote(subject)} has gone away`;
    case 'kNoDevice':
      return context.all
        ? 'there is no network device here that can be watched'
        : 'there is no network device that is up and running; name one, or use -a for all devices with loopback';
    case 'kTooManyDevices':
      return 'more than 32,000 network devices have come and gone, and later ones are not watched: start nettrace again';
    case 'kFilterInvalid':
      return `the filter ${quote(clean(context.filter ?? error.subject))} is not valid: ${reason(error)}; see pcap-filter(7)`;
    case 'kNotPermitted':
      return explainNotPermitted(error, subject);
    case 'kStreamsOnly':
      return explainStreamsOnly(clean(error.detail));
    case 'kMeterNotPermitted':
      if (context.starting) {
        return `counting by socket needs ${clean(error.detail) || 'more rights'}; run "sudo nettrace"`;
      }
      return `exact owners need ${clean(error.detail) || 'CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN'}: ${UNNAMED}`;
    case 'kMeterUnsupported':
      if (context.starting) return `this kernel cannot count by socket (${reason(error)}); "nettrace doctor" says more`;
      return `this kernel cannot count by socket (${reason(error)}): ${UNNAMED}`;
    case 'kMeterFailed':
      return `counting by socket failed (${reason(error)}): ${UNNAMED}`;
    case 'kFileUnreadable':
      return `cannot read ${quote(subject)}: ${reason(error)}`;
    case 'kFileNotACapture':
      return `${quote(subject)} is not a pcap or pcapng capture`;
    case 'kFileTruncated':
      return `the capture ${quote(subject)} ends within a packet; everything before it was counted`;
    case 'kInvalidOption':
      return `the option ${subject} has a wrong value${detail(error)}`;
    case 'kResourceExhausted':
      return `the system is out of file descriptors or memory${detail(error)}; a smaller --ring-size or --max-flows helps`;
    case 'kLinkTypeUnknown':
      return `the link type${on(subject)} is not decoded`;
    case 'kNetlinkFailed':
      return `the kernel refused a netlink request${detail(error)}; connections may stay without a process`;
    case 'kProcUnreadable':
      return `${subject || '/proc'} cannot be read${detail(error)}; connections may stay without a process`;
    case 'kCaptureFailed':
      return `capturing${on(subject)} failed${detail(error)}`;
    case 'kListenFailed':
      return `cannot listen on ${subject}: ${reason(error)}; choose another --listen address or path`;
    case 'kConfineFailed':
      return `the rights of the process that reads from the network cannot be given up: ${error.syscall} failed${detail(error)}`;
    default:
      return `${clean(error.message) || 'an internal error'}${on(subject)}${detail(error)}`;
  }
}

/** A capability that is held in a namespace of one's own counts for nothing in the network of the host. */
function explainNotPermitted(error: Explainable, subject: string): string {
  const refused = `capturing${on(subject)} is not permitted`;
  return clean(error.detail) === INITIAL_USER_NAMESPACE
    ? `${refused} from within a user namespace (unshare, rootless container); run "sudo nettrace" outside of it`
    : `${refused}; run "sudo nettrace", or give it CAP_NET_RAW`;
}

function explainStreamsOnly(missing: string): string {
  const own = 'only TCP is counted, and only your own processes are named; run "sudo nettrace"';
  if (missing === INITIAL_USER_NAMESPACE) return `${own} outside of this user namespace for all`;
  if (missing === OTHER_PROCESSES) return `${own} for all ("nettrace doctor" lists the rights)`;
  return 'only TCP is counted, since nothing is captured and BPF does not load; "nettrace doctor" says why';
}

export function explainNoSuchDevice(name: Uint8Array | string, devices: readonly Device[]): string {
  return `there is no network device ${quote(clean(name))}; ${listDevices(devices)}`;
}

/** Why the addon itself could not be loaded; `undefined` where the error's own message says it. */
export function explainLoadError(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_DLOPEN_FAILED') return undefined;
  const first = clean(String(message).split('\n', 1)[0] ?? '');
  if (first.includes('libpcap')) return `libpcap is missing; install the package ${LIBPCAP_PACKAGE}`;
  return `the native addon does not load (${first}); run "npm run build" again`;
}

function listDevices(devices: readonly Device[]): string {
  if (devices.length === 0) return 'there are none here';
  return `the devices here are ${devices.map((device) => clean(device.name)).join(', ')}`;
}

/** libpcap's words, else the system's. */
function reason(error: Explainable): string {
  if (error.detail.length > 0) return clean(error.detail);
  return error.errno === 0 ? 'it failed' : systemText(error.errno);
}

function detail(error: Explainable): string {
  const text = error.detail.length === 0 && error.errno === 0 ? '' : reason(error);
  // A fault may repeat the text of its code, which the sentence has said already.
  return text === '' || text === clean(error.message) ? '' : ` (${text})`;
}

/** As strerror(3), e.g. 'permission denied'. */
function systemText(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}

function on(subject: string): string {
  return subject === '' ? '' : ` on ${subject}`;
}

function quote(text: string): string {
  return `"${text}"`;
}

function clean(text: Uint8Array | string): string {
  const flat = sanitize(text, LONGEST_TEXT + 1).trim();
  return flat.length > LONGEST_TEXT ? `${flat.slice(0, LONGEST_TEXT)}...` : flat;
}
