// Owns: what the control groups of a process say about it: its container and pod, or its systemd unit.
// Knows nothing of: container engines; nobody is asked for the names that people gave.
import { sanitize } from '../base/sanitize.ts';

/** Where a process belongs. Every text is sanitised. */
export interface Unit {
  /** systemd unit, e.g. `nginx.service`; undefined in a container, whose unit only repeats its id. */
  readonly unit: string | undefined;
  /** Twelve digits of its id, or the name where the runtime names it so (LXC, machines). */
  readonly container: string | undefined;
  readonly runtime: string | undefined;
  /** UID of the Kubernetes pod. */
  readonly pod: string | undefined;
}

export const NO_UNIT: Unit = { unit: undefined, container: undefined, runtime: undefined, pod: undefined };

const ID = '[0-9a-f]{64}';
/** Scopes that runtimes make under systemd: prefix and runtime. */
const SCOPES: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  containerd: 'containerd',
  nerdctl: 'nerdctl',
  crio: 'cri-o',
  libpod: 'podman',
  buildah: 'buildah',
};
const SCOPE = new RegExp(`^(${Object.keys(SCOPES).join('|')})-(${ID})(?:\\.scope)?$`);
/** A folder of cgroupfs above the folder of the container. */
const FOLDERS: Readonly<Record<string, string>> = {
  docker: 'docker',
  'docker-ce': 'docker',
  libpod_parent: 'podman',
  'libpod-payload': 'podman',
  ecs: 'ecs',
  garden: 'garden',
  actions_job: 'docker',
};
const BARE_ID = new RegExp(`^(?:crio-|libpod-|docker-)?(${ID})$`);
/** A pod's UID: systemd has `_` where Kubernetes has `-`; static pods have 32 digits. */
const POD = /(?:^|-)pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/;
const LXC = /^lxc(?:\.payload)?[./](.+)$/;
/** The machine that libvirt, systemd-nspawn or machinectl registered. */
const MACHINE = /^(?:machine-(.+)\.scope|systemd-nspawn@(.+)\.service)$/;
const UNIT = /\.(?:service|scope|socket|mount|swap)$/;
const SLICE = /\.slice$/;
const LONGEST = 200;

/**
 * The unit of a process by its /proc/PID/cgroup (cgroups(7)), one character a byte: the unified hierarchy, then
 * systemd's own of version 1; where neither names anything, the container that another one names.
 */
export function unitOf(cgroup: string): Unit {
  const lines = cgroup.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d{1,9}:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers, path }];
  });
  const unified = lines.find(({ controllers }) => controllers === '')?.path ?? '/';
  const systemd = lines.find(({ controllers }) => controllers === 'name=systemd')?.path ?? '/';
  for (const path of [unified, systemd]) {
    const unit = unitOfPath(path);
    if (unit !== NO_UNIT) return unit;
  }
  const other = lines.map(({ path }) => unitOfPath(path)).find(({ container }) => container !== undefined);
  return other ?? NO_UNIT;
}

function unitOfPath(path: string): Unit {
  // A group that was removed while processes were in it; a path above the root of a cgroup namespace.
  const parts = path
    .replace(/ \(deleted\)$/, '')
    .split('/')
    .filter((part) => part !== '' && part !== '..');
  return containerOf(parts) ?? systemdUnit(parts) ?? NO_UNIT;
}

/** The innermost container. */
function containerOf(parts: readonly string[]): Unit | undefined {
  const pod = parts
    .map((part) => POD.exec(part)?.[1])
    .find((uid) => uid !== undefined)
    ?.replaceAll('_', '-');
  for (let i = parts.length - 1; i >= 0; i--) {
    const part = parts[i] ?? '';
    const above = parts[i - 1] ?? '';
    const scope = SCOPE.exec(part);
    if (scope !== null) return container(shortId(scope[2]), SCOPES[scope[1] ?? ''], pod);
    const id = BARE_ID.exec(part)?.[1];
    if (id !== undefined) return container(shortId(id), runtimeAbove(parts.slice(0, i), pod), pod);
    const machine = MACHINE.exec(part);
    if (machine !== null) return container(unescapeUnit(machine[1] ?? machine[2] ?? ''), 'machine', pod);
    const lxc = LXC.exec(part)?.[1] ?? (above === 'lxc' || above === 'lxc.payload' ? part : undefined);
    if (lxc !== undefined) return container(lxc, 'lxc', pod);
  }
  return pod === undefined ? undefined : { ...NO_UNIT, pod };
}

function container(name: string, runtime: string | undefined, pod: string | undefined): Unit {
  return { unit: undefined, container: sanitize(bytesOf(name), LONGEST), runtime, pod };
}

/** Of a bare id in cgroupfs: the folder above it names the runtime, or the namespace of containerd. */
function runtimeAbove(above: readonly string[], pod: string | undefined): string | undefined {
  const known = above.map((part) => FOLDERS[part]).find((runtime) => runtime !== undefined);
  if (known !== undefined) return known;
  return above.length === 1 && pod === undefined ? 'containerd' : undefined;
}

function shortId(id: string | undefined): string {
  return (id ?? '').slice(0, 12);
}

/** The innermost unit; the innermost slice where there is no unit. */
function systemdUnit(parts: readonly string[]): Unit | undefined {
  const name = parts.findLast((part) => UNIT.test(part)) ?? parts.findLast((part) => SLICE.test(part));
  return name === undefined ? undefined : { ...NO_UNIT, unit: sanitize(bytesOf(unescapeUnit(name)), LONGEST) };
}

/** `\x2d` is a dash in the name of a unit (systemd.unit(5), String Escaping for Inclusion in Unit Names). */
function unescapeUnit(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
