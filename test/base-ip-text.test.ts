// Owns: vectors of RFC 5952 and of endpoints.
// Knows nothing of: sockets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, endpointText, isUnspecified, isV4Mapped } from '../src/base/ip-text.ts';

function groups(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]));
}
const V4 = groups(0, 0, 0, 0, 0, 0xffff, 0x0a00, 0x0009);

test('addresses follow RFC 5952', () => {
  const vectors: readonly (readonly [Uint8Array, string])[] = [
    [groups(0, 0, 0, 0, 0, 0, 0, 0), '::'],
    [groups(0, 0, 0, 0, 0, 0, 0, 1), '::1'],
    [groups(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), '2001:db8::1'],
    [groups(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), '2001:db8::1:0:0:1'],
    [groups(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), '2001:db8:0:1:1:1:1:1'],
    [groups(0x2001, 0, 0, 1, 0, 0, 0, 1), '2001:0:0:1::1'],
    [groups(0xfe80, 0, 0, 0, 0, 0, 0, 0), 'fe80::'],
    [groups(0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeee, 0xa), '2001:db8:aaaa:bbbb:cccc:dddd:eeee:a'],
    [V4, '10.0.0.9'],
    [groups(0, 0, 0, 0, 0, 0xffff, 0, 0), '0.0.0.0'],
    [groups(0, 0, 0, 0, 0, 0xfffe, 1, 2), '::fffe:1:2'],
  ];
  for (const [bytes, text] of vectors) assert.equal(addressText(bytes), text);
});

test('an address is read at its offset and not beyond the array', () => {
  const bytes = new Uint8Array(40);
  bytes.set(V4, 20);
  assert.equal(addressText(bytes, 20), '10.0.0.9');
  assert.throws(() => addressText(bytes, 25), RangeError);
  assert.ok(isV4Mapped(bytes, 20) && !isV4Mapped(bytes, 0));
  assert.ok(isUnspecified(bytes, 0) && !isUnspecified(bytes, 20));
});

test('an endpoint shows where the address ends', () => {
  const loopback = groups(0, 0, 0, 0, 0, 0, 0, 1);
  assert.equal(endpointText(V4, 0, 443), '10.0.0.9:443');
  assert.equal(endpointText(loopback, 0, 6379), '[::1]:6379');
  assert.equal(endpointText(groups(0xfe80, 0, 0, 0, 0, 0, 0, 7), 0, 22, 'eth0'), '[fe80::7%eth0]:22');
  assert.equal(endpointText(V4, 0, 0), '10.0.0.9:*');
});
