// Owns: the JSON Schema of `nettrace doctor --json`.
// Knows nothing of: how anything is found out (doctor-report.ts has the same shape as a type).
import { count, each, flag, list, number, object, type Schema, share, text } from '../../base/schema-parts.ts';
import { OWNERSHIPS } from '../../model/labels.ts';

const sources = list(
  object({
    name: text,
    state: { enum: ['works', 'not-supported', 'not-permitted'] },
    ...each(['reason', 'advice'], text),
  }),
  'Every source, really tried',
);

const capture = object(
  {
    fault: text,
    ...each(['milliseconds', 'ringBytes'], count),
    devices: list(
      object({
        ...each(['name', 'state', 'linkType', 'capture', 'fault'], text),
        decoded: flag,
        ...each(['frames', 'kernelDrops', 'interfaceDrops'], count),
      }),
    ),
  },
  'A short capture of what a run without arguments would watch; with a fault nothing was captured',
  ['fault'],
);

const capabilities = list(
  object({ ...each(['name', 'use'], text), ...each(['effective', 'permitted', 'bounding'], flag) }),
);

const tiers = list(
  object({
    tier: { enum: ['socket-meter', 'look-ups', 'own-processes', 'tcp-counts', 'nothing'] },
    ...each(['loads', 'inForce'], flag),
    expect: text,
  }),
  'How owners can be found, the surest first, and which way a run takes',
);

const figures = object({
  ownership: { enum: OWNERSHIPS },
  v6: flag,
  groups: list(
    object({
      kind: { enum: ['tcp', 'udp', 'one-shot', 'bulk', 'burst'] },
      ...each(['processes', 'bytes'], count),
      found: share,
      wrong: number,
    }),
  ),
  found: share,
  ...each(['wrong', 'residual', 'cpuMicrosPerFrame', 'cpuShare', 'burstRate'], number),
  reasons: { type: 'object', additionalProperties: number },
  ...each(['counterBytes', 'frames', 'kernelDrops', 'unfinished'], count),
  dropRate: share,
});

const selfTest: Schema = {
  anyOf: [
    object({ state: { enum: ['not-run', 'broken'] }, reason: text }),
    object({ state: { const: 'done' }, passed: flag, faults: list(text), figures }),
  ],
};

export const DOCTOR_SCHEMA: Schema = object({
  type: { const: 'doctor' },
  version: text,
  verdict: { enum: ['well', 'degraded', 'failed'] },
  reasons: list(text, 'Why it is not well, the gravest first'),
  sources,
  capture,
  capabilities,
  tiers,
  selfTest,
});
