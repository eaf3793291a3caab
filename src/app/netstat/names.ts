// Owns: the names that one netstat run shows: hosts, services, users and devices, each read only when it is asked for.
// Knows nothing of: tables.

import { sanitize } from '../../base/sanitize.ts';
import type { Addon } from '../../native/addon.ts';
import type { Names } from '../../netstat/addresses.ts';
import { parseProtocols, parseServices, parseUsers, readEtc, type Services } from '../../procfs/etc-files.ts';
import type { Clock } from '../clock.ts';

export interface NetstatNames extends Names {
  /** Asks for the names of these addresses and waits, at most `ms` in all. Names that are known stay known. */
  resolve(addresses: Iterable<string>, ms: number): Promise<void>;
  deviceIndex(name: string): number | undefined;
  /** Devices are read again: they come and go. */
  forgetDevices(): void;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** /etc/services, for names in filters. */
export const readServices: () => Services = once(() => parseServices(readEtc('services')));

export function createNames(addon: Addon, clock: Clock): NetstatNames {
  const protocols = once(() => parseProtocols(readEtc('protocols')));
  const users = once(() => parseUsers(readEtc('passwd')));
  const hosts = new Map<string, string>();
  const asked = new Set<string>();
  const readDevices = () => new Map(addon.listInterfaces().map(({ name, index }) => [index, sanitize(name)]));
  let devices: ReadonlyMap<number, string> | undefined;
  const known = () => {
    devices ??= readDevices();
    return devices;
  };
  return {
    host: (address) => hosts.get(address),
    service: (port, protocol) =>
      protocol === 'raw' ? protocols().get(port) : readServices().name(port, protocol === 'udplite' ? 'udp' : protocol),
    user: (uid) => users().get(uid),
    device: (index) => (index === 0 ? undefined : (known().get(index) ?? `if${index}`)),
    deviceIndex: (name) => [...known()].find(([, known]) => known === name)?.[0],
    forgetDevices() {
      devices = undefined;
    },
    async resolve(addresses, ms) {
      const fresh = [...addresses].filter((address) => !asked.has(address));
      if (fresh.length === 0) return;
      const [{ promises }, { resolveHosts }] = await Promise.all([import('node:dns'), import('../host-names.ts')]);
      // getnameinfo(3) knows /etc/hosts and every other source that nsswitch.conf names; its threads are few, so DNS
      // itself is asked where the files know nothing.
      const reverse = async (address: string) => (await promises.reverse(address))[0];
      const ended = new AbortController();
      const found = await resolveHosts(fresh, fromHosts(reverse), clock.sleep(ms, ended.signal));
      ended.abort();
      for (const address of fresh) asked.add(address);
      for (const [address, name] of found.names) hosts.set(address, name);
    },
  };
}

/** hosts(5) first, as nsswitch.conf has it everywhere. */
function fromHosts(reverse: (address: string) => Promise<string | undefined>) {
  const local = new Map<string, string>();
  for (const line of readHosts().split('\n')) {
    const [address, name] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address && name && !local.has(address)) local.set(address, name);
  }
  return async (address: string) => local.get(address) ?? reverse(address);
}

function readHosts(): string {
  return readEtc('hosts');
}
