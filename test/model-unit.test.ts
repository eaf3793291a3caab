// Owns: what control groups say about a process, as a table of the paths that systems really have.
// Knows nothing of: /proc.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Unit, unitOf } from '../src/model/unit.ts';
import { usageOf } from '../src/model/usage.ts';

const ID = '4f3a9c1b2d3e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8';
const SHORT = '4f3a9c1b2d3e';
const UID = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
const UNDERSCORED = UID.replaceAll('-', '_');

const none = { unit: undefined, container: undefined, runtime: undefined, pod: undefined };
const unit = (name: string): Unit => ({ ...none, unit: name });
const container = (runtime: string | undefined, pod?: string, name = SHORT): Unit => ({
  ...none,
  container: name,
  runtime,
  pod,
});

/** Paths of the unified hierarchy. */
const PATHS: Readonly<Record<string, Unit>> = {
  '/': none,
  '/init.scope': unit('init.scope'),
  '/system.slice/nginx.service': unit('nginx.service'),
  '/system.slice/system-getty.slice/getty@tty1.service': unit('getty@tty1.service'),
  '/system.slice/system-postgresql.slice/postgresql@15-main.service': unit('postgresql@15-main.service'),
  '/system.slice/dbus.socket': unit('dbus.socket'),
  '/user.slice/user-1000.slice/session-3.scope': unit('session-3.scope'),
  '/user.slice/user-1000.slice/user@1000.service/init.scope': unit('init.scope'),
  '/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome\\x2dterminal-4711.scope': unit(
    'app-gnome-terminal-4711.scope',
  ),
  '/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service': unit('syncthing.service'),
  '/system.slice/nginx.service/workers': unit('nginx.service'),
  '/batch.slice': unit('batch.slice'),
  '/system.slice/old.service (deleted)': unit('old.service'),
  '/../../system.slice/cron.service': unit('cron.service'),
  [`/system.slice/docker-${ID}.scope`]: container('docker'),
  [`/docker/${ID}`]: container('docker'),
  [`/system.slice/docker-${ID}.scope/init`]: container('docker'),
  // The engine itself is no container.
  '/system.slice/docker.service': unit('docker.service'),
  [`/docker/buildx/${ID}`]: container('docker'),
  // A container in a container: the inner one.
  [`/docker/${'a'.repeat(64)}/docker/${ID}`]: container('docker'),
  [`/default/${ID}`]: container('containerd'),
  [`/system.slice/nerdctl-${ID}.scope`]: container('nerdctl'),
  [`/machine.slice/libpod-${ID}.scope/container`]: container('podman'),
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`]: container('podman'),
  [`/libpod_parent/libpod-${ID}`]: container('podman'),
  // podman's monitor runs beside the container.
  [`/machine.slice/libpod-conmon-${ID}.scope`]: unit(`libpod-conmon-${ID}.scope`),
  [`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORED}.slice/cri-containerd-${ID}.scope`]:
    container('containerd', UID),
  [`/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/crio-${ID}.scope`]: container('cri-o', UID),
  [`/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNDERSCORED}.slice/docker-${ID}.scope`]:
    container('docker', UID),
  [`/kubepods/burstable/pod${UID}/${ID}`]: container(undefined, UID),
  [`/kubepods/besteffort/pod${UID}`]: { ...none, pod: UID },
  [`/kubepods/pod${'0123456789abcdef'.repeat(2)}/${ID}`]: container(undefined, '0123456789abcdef'.repeat(2)),
  [`/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${UNDERSCORED}.slice/cri-containerd-${ID}.scope`]:
    container('containerd', UID),
  [`/ecs/9781c248-0edd-4cdb-9a93-f63cb662a5d3/${ID}`]: container('ecs'),
  '/lxc/web': container('lxc', undefined, 'web'),
  '/lxc.payload.web/system.slice/cron.service': container('lxc', undefined, 'web'),
  '/machine.slice/machine-qemu\\x2d1\\x2ddebian.scope/libvirt/emulator': container(
    'machine',
    undefined,
    'qemu-1-debian',
  ),
  '/machine.slice/systemd-nspawn@builder.service/payload': container('machine', undefined, 'builder'),
  // 63 digits, or other letters, are no id.
  [`/docker/${ID.slice(1)}`]: none,
  [`/system.slice/docker-${'g'.repeat(64)}.scope`]: unit(`docker-${'g'.repeat(64)}.scope`),
};

test('a cgroup path names the container, the pod or the unit of a process', () => {
  for (const [path, expected] of Object.entries(PATHS)) assert.deepEqual(unitOf(`0::${path}\n`), expected, path);
});

test('where version 1 is mounted too, the hierarchy that names something counts', () => {
  const lines = (...paths: string[]) => unitOf(`${paths.join('\n')}\n`);
  assert.deepEqual(lines('9:name=systemd:/system.slice/sshd.service', '1:cpu:/', '0::/'), unit('sshd.service'));
  assert.deepEqual(lines(`12:memory:/docker/${ID}`, `1:name=systemd:/docker/${ID}`), container('docker'));
  assert.deepEqual(lines(`4:memory:/docker/${ID}`, '1:name=systemd:/', '0::/'), container('docker'));
  assert.deepEqual(lines('4:memory:/system.slice/x.service', '0::/'), none, 'a controller alone names no unit');
  assert.deepEqual(lines('3:cpu,cpuacct:/', '0::/system.slice/a:b.service'), unit('a:b.service'));
});

test('a cgroup name cannot bring control characters, bad UTF-8 or lines of its own to the screen', () => {
  assert.equal(unitOf('0::/system.slice/a\x1b[31m\xff.service\n').unit, 'a\\x1b[31m\\xff.service');
  assert.equal(unitOf('0::/system.slice/a\\x1bb.service\n').unit, 'a\\x1bb.service', 'an escaped one neither');
  for (const text of ['', '\n', '0::', 'nonsense', '0::relative', '::/a.service']) assert.deepEqual(unitOf(text), none);
  assert.ok((unitOf(`0::/${'x'.repeat(5000)}.service\n`).unit?.length ?? 0) <= 200);
});

test('CPU time becomes a share of one CPU, and is unknown until there are two readings', () => {
  const at = (atMs: number, cpuMs: number) => ({ atMs, cpuMs });
  const usage = (cpu: { atMs: number; cpuMs: number }, cpuBefore?: { atMs: number; cpuMs: number }) =>
    usageOf({ usage: { state: 'S', threads: 2, rssBytes: 256, cpu, cpuBefore }, cgroup: '' }, 1024);
  assert.deepEqual(usage(at(1000, 500)), { cpu: undefined, rssBytes: 256, memory: 0.25, threads: 2, state: 'S' });
  assert.equal(usage(at(2000, 2000), at(1000, 500))?.cpu, 1.5, 'two threads use one and a half CPUs');
  assert.equal(usage(at(2000, 400), at(1000, 500))?.cpu, 0, 'time that went back');
  assert.equal(usage(at(1000, 600), at(1000, 500))?.cpu, undefined, 'no time has passed');
  assert.equal(usageOf({ usage: undefined, cgroup: '' }, 1024), undefined);
  assert.equal(usageOf(undefined, 1024), undefined);
});
