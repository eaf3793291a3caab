// Tests: hostile bytes in every foreign field of trace text and JSON lines.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJsonLines } from '../src/export/json-lines.ts';
import { createTrace } from '../src/export/trace.ts';
import { createModelBuilder } from '../src/model/build-model.ts';
import { assertValid } from './support/json-valid.ts';
import { HOST, reasonNumber, sampleOf } from './support/sample-builder.ts';
import type { SnapshotRows } from './support/snapshot-builder.ts';

// Controls (C0, DEL, C1), invisible and bidirectional characters, line separators, lone surrogates.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Every byte alone, between letters and at both ends; and the forms that a filter of single bytes would miss. */
const HOSTILE: readonly Uint8Array[] = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(0x61, byte, 0x62)),
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte, 0x2f, 0x39, byte)),
  ...[
    '\u202e',
    '\u2066',
    '\u200f',
    '\u2028',
    '\u0085',
    '\u009b31m',
    '\u061c',
    '\ufeff',
    '\u{e0041}',
    '\x1b]0;x\x07',
  ].map((text) => Buffer.from(`a${text}b`)),
  Buffer.from('x\nRefreshing:\nroot/1/0\t9\t9\n'),
  Buffer.from('"},{"pid":1,"x":"\\'),
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0xc0, 0x8a),
  Uint8Array.of(0xf8, 0x88, 0x80, 0x80, 0x80),
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
];

/** The same text in every field that comes from outside. */
function world(text: Uint8Array): SnapshotRows {
  return {
    meta: [{ realtimeMs: 1 }],
    interfaces: [{ name: text, faultText: text, fault: text, linkTypeName: text, state: 'failed', linkType: 1 }],
    addresses: [{ address: '10.0.0.1' }],
    owners: [
      {
        id: 30,
        kind: 'process',
        reason: reasonNumber('none'),
        pid: 77,
        uid: 5,
        user: text,
        name: text,
        executable: text,
        commandLine: text,
      },
      { id: 31, kind: 'process', reason: reasonNumber('none'), pid: 78, name: text },
    ],
    accounts: [
      { owner: 30, receivedBytes: 10, receivedPackets: 1 },
      { owner: 31, receivedBytes: 10, receivedPackets: 1 },
    ],
    faults: [
      { code: text, text, subject: text, syscall: text, number: 1 },
      { code: 'kInternal', text },
    ],
  };
}

function modelWith(text: Uint8Array) {
  const hostname = Buffer.from(text).toString('latin1');
  return createModelBuilder()(sampleOf(world(text), { host: { ...HOST, hostname } }));
}

test('no byte in a foreign text reaches a line of JSON as a control, and the line parses back', () => {
  for (const text of HOSTILE) {
    const line = createJsonLines({ connections: true })(modelWith(text));
    assert.equal(line.indexOf('\n'), line.length - 1, `${Buffer.from(text).toString('hex')}`);
    assert.doesNotMatch(line.slice(0, -1), UNSAFE);
    const parsed = JSON.parse(line) as { readonly processes: readonly { readonly pid: number }[] };
    assertValid(parsed);
    assert.deepEqual(
      parsed.processes.map((row) => row.pid),
      [77, 78],
    );
    assertAllSafe(parsed);
  }
});

/** JSON's own escapes would hide a control character from the check above. */
function assertAllSafe(value: unknown): void {
  if (typeof value === 'string') {
    assert.doesNotMatch(value, UNSAFE);
  } else if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(assertAllSafe);
  }
}

test('no byte in a foreign text forges a record of the trace', () => {
  for (const text of HOSTILE) {
    for (const commandLine of [false, true]) {
      const render = createTrace({
        viewMode: 2,
        sortBySent: false,
        commandLine,
        basename: false,
        tcpOnly: false,
        exitedRefreshes: 1,
      });
      const output = render(modelWith(text));
      assert.doesNotMatch(output.replace(/[\t\n]/g, ''), UNSAFE);
      const lines = output.split('\n').slice(output.split('\n').indexOf('Refreshing:') + 1, -1);
      assert.deepEqual(
        lines.map((line) => line.replace(/^.*\/(\d+\/\d+\t\d+\t\d+)$/, '$1')),
        ['77/5\t0\t10', '78/0\t0\t10', '0/0\t0\t0', '0/0\t0\t0'],
        `${Buffer.from(text).toString('hex')}`,
      );
    }
  }
});
