// Owns: the comparison of our decoder with tshark over the capture corpus, packet by packet, and its reviewed differences.
// Knows nothing of: how either decodes. The corpus lies beside the checkout and is never part of it.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DecodedPacket, decodeCorpusMissing, decodeFiles, REPOSITORY } from './support/decode-corpus.ts';
import { askTshark, type OraclePacket, tsharkMissing } from './support/tshark.ts';

const CORPUS = join(REPOSITORY, '../shared/captures/tcpdump');
const REVIEWED = join(REPOSITORY, 'test/fixtures/tshark-differences.json');
const REQUIRED_SHARE = 0.999;
const PARALLEL = 2;

interface Reviewed {
  readonly reasons: Readonly<Record<string, string>>;
  readonly differences: readonly { readonly file: string; readonly packet: number; readonly reason: string }[];
}

type Compared = keyof OraclePacket & keyof DecodedPacket;
const COMPARED: readonly Compared[] = [
  ...(['length', 'ipVersion', 'source', 'destination', 'protocol'] as const),
  ...(['sourcePort', 'destinationPort', 'fragment'] as const),
];
const LENGTHS = ['ipLength', 'payloadLength'] as const;

/** Names of the fields that differ. Lengths are compared where the packet has no fault and tshark says them. */
function differingFields(ours: DecodedPacket, theirs: OraclePacket): readonly string[] {
  const fields = COMPARED.filter((field) => ours[field] !== theirs[field]);
  if (ours.outcome !== 'ok') return fields;
  return [...fields, ...LENGTHS.filter((field) => theirs[field] !== undefined && ours[field] !== theirs[field])];
}

/** Asks tshark about each link type's file, at most PARALLEL at a time. */
async function oracleByLinkType(linkTypes: readonly number[], folder: string) {
  const answers = new Map<number, readonly OraclePacket[]>();
  const queue = [...linkTypes];
  const worker = async (): Promise<void> => {
    for (let type = queue.shift(); type !== undefined; type = queue.shift()) {
      answers.set(type, await askTshark(join(folder, `${type}.pcap`), join(folder, 'config')));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return answers;
}

const nameOf = (one: { readonly file: string; readonly packet: number }): string => `${one.file} #${one.packet}`;

function whyNot(): string | undefined {
  if (!existsSync(CORPUS)) return 'the capture corpus is not beside the checkout (../shared/captures/tcpdump)';
  return decodeCorpusMissing() ?? tsharkMissing();
}

test('L3 and L4 fields of the corpus equal tshark’s, but for reviewed differences', async (t) => {
  const reason = whyNot();
  if (reason !== undefined) return t.skip(reason);
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-differential-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'config'));

  const all = await decodeFiles([CORPUS], folder);
  const decoded = all.filter((packet) => packet.outcome !== 'link-type-unknown');
  const byLinkType = new Map<number, DecodedPacket[]>();
  for (const packet of decoded) {
    const group = byLinkType.get(packet.linkType);
    if (group === undefined) byLinkType.set(packet.linkType, [packet]);
    else group.push(packet);
  }
  const answers = await oracleByLinkType([...byLinkType.keys()], folder);

  const found = new Map<string, string>();
  for (const [linkType, packets] of byLinkType) {
    const theirs = answers.get(linkType) ?? [];
    assert.equal(theirs.length, packets.length, `tshark answers for every packet of link type ${linkType}`);
    packets.forEach((ours, index) => {
      const oracle = theirs[index] as OraclePacket;
      const fields = differingFields(ours, oracle);
      const shown = fields.map(
        (field) => `${field} ${String(ours[field as Compared])} / ${String(oracle[field as Compared])}`,
      );
      if (fields.length > 0) found.set(nameOf(ours), `${ours.outcome}: ${shown.join(', ')}`);
    });
  }

  const share = 1 - found.size / decoded.length;
  t.diagnostic(`${decoded.length} packets compared, ${found.size} differ: ${(share * 100).toFixed(3)} % equal`);
  t.diagnostic(`${all.length - decoded.length} packets of link types that are not decoded are not compared`);
  const reviewed = JSON.parse(readFileSync(REVIEWED, 'utf8')) as Reviewed;
  const known = new Set(reviewed.differences.map(nameOf));
  const unreviewed = [...found].filter(([name]) => !known.has(name)).map(([name, text]) => `${name}: ${text}`);
  assert.deepEqual(unreviewed, [], 'every difference (ours / theirs) is in tshark-differences.json with its reason');
  const gone = [...known].filter((name) => !found.has(name));
  assert.deepEqual(gone, [], 'tshark-differences.json lists nothing that is equal by now');
  assert.ok(share >= REQUIRED_SHARE, `${share} of the packets are equal`);
});

test('each reviewed difference has one of the reasons written down', () => {
  const reviewed = JSON.parse(readFileSync(REVIEWED, 'utf8')) as Reviewed;
  const used = new Set(reviewed.differences.map((one) => one.reason));
  assert.deepEqual([...used].sort(), Object.keys(reviewed.reasons).sort());
});
