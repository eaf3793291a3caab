// Owns: the entries of the field table about what a process uses besides the network, and where it belongs.
// Knows nothing of: layouts and formats.
import { field } from './field.ts';
import type { OwnerRow } from './model.ts';

const none = { optional: true } as const;

export const USAGE_FIELDS = [
  field<OwnerRow>(
    'cpu',
    'CPU%',
    'share',
    'cpu',
    (r) => r.usage?.cpu,
    'CPU time since the sample before as a share of one CPU: 1.5 are one and a half',
    none,
  ),
  field<OwnerRow>(
    'rssBytes',
    'RSS',
    'bytes',
    'rssBytes',
    (r) => r.usage?.rssBytes,
    'Resident memory, pages that are shared with others included',
    { width: 5, optional: true },
  ),
  field<OwnerRow>(
    'memory',
    'MEM%',
    'share',
    'memoryShare',
    (r) => r.usage?.memory,
    "Resident memory as a share of the host's",
    none,
  ),
  field<OwnerRow>('threads', 'THR', 'count', 'threads', (r) => r.usage?.threads, 'Threads', {
    width: 4,
    optional: true,
  }),
  field<OwnerRow>(
    'runState',
    'S',
    'text',
    'runState',
    (r) => r.usage?.state,
    "The kernel's letter for its state: R runs, S sleeps, D waits for a disk, Z has ended, T is stopped",
    { width: 1, optional: true },
  ),
  field<OwnerRow>('unit', 'UNIT', 'text', 'unit', (r) => r.unit?.unit, 'Its systemd unit, by its control group', {
    width: 18,
    optional: true,
  }),
  field<OwnerRow>(
    'container',
    'CONTAINER',
    'text',
    'container',
    (r) => r.unit?.container,
    'Container: twelve digits of its id, or the name of a machine',
    { width: 12, optional: true },
  ),
  field<OwnerRow>(
    'runtime',
    'RUNTIME',
    'text',
    'containerRuntime',
    (r) => r.unit?.runtime,
    'What runs the container, as far as its control group tells',
    { width: 10, optional: true },
  ),
  field<OwnerRow>('pod', 'POD', 'text', 'pod', (r) => r.unit?.pod, 'UID of its Kubernetes pod', {
    width: 36,
    optional: true,
  }),
] as const;
