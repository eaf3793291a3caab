// Owns: that every failure of the addon is one clean sentence that says what to do.
// Knows nothing of: exit codes.
import { equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { explainLoadError, explainNativeError, isNativeError } from '../src/native/native-error.ts';
import { nativeError } from './support/fake-world.ts';

const devices = ['lo', 'eth0'].map((name) => ({ name: new TextEncoder().encode(name) }));

test('an unknown device is answered with the devices there are', () => {
  const text = explainNativeError(nativeError('kDeviceNotFound', 'eth7'), { devices });
  equal(text, 'there is no network device "eth7"; the devices here are lo, eth0');
  match(explainNativeError(nativeError('kDeviceNotFound', 'eth7')), /there are none here$/);
});

test("a bad filter is shown as it was typed, with libpcap's words", () => {
  const error = nativeError('kFilterInvalid', '', "can't parse filter expression: syntax error");
  equal(
    explainNativeError(error, { filter: 'prot 80' }),
    'the filter "prot 80" is not valid: can\'t parse filter expression: syntax error; see pcap-filter(7)',
  );
});

test('missing rights name the command to run', () => {
  match(
    explainNativeError(nativeError('kNotPermitted', 'eth0', '', 1)),
    /^capturing on eth0 is not permitted; run "sudo nettrace"/,
  );
});

test('a capability in a namespace of its own is not advised to whoever has it there', () => {
  const refused = nativeError('kNotPermitted', 'eth0', 'the initial user namespace', 1);
  match(explainNativeError(refused), /from within a user namespace .*; run "sudo nettrace" outside of it$/);
  const streams = nativeError('kStreamsOnly', '', 'the initial user namespace');
  match(explainNativeError(streams), /run "sudo nettrace" outside of this user namespace for all$/);
  match(explainNativeError(nativeError('kStreamsOnly')), /^only TCP is counted, since .* BPF does not load/);
});

test('-a is not advised to whoever gave it', () => {
  equal(/-a/.test(explainNativeError(nativeError('kNoDevice'), { all: true })), false);
  equal(/-a/.test(explainNativeError(nativeError('kDeviceDown', 'eth0'), { all: true })), false);
  match(explainNativeError(nativeError('kDeviceDown', 'eth0')), /or use -a$/);
});

test("a file that cannot be read has the system's reason", () => {
  equal(
    explainNativeError(nativeError('kFileUnreadable', 'x.pcap', '', 2)),
    'cannot read "x.pcap": no such file or directory',
  );
  equal(explainNativeError(nativeError('kFileNotACapture', 'x.txt')), '"x.txt" is not a pcap or pcapng capture');
});

test('all 256 bytes in every foreign field give one printable line, also for codes that are not known yet', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const codes = [
    'kDeviceNotFound',
    'kDeviceDown',
    'kFilterInvalid',
    'kFileUnreadable',
    'kFileNotACapture',
    'kFileTruncated',
  ];
  for (const code of [...codes, 'kInvalidOption', 'kNotPermitted', 'kCaptureFailed', 'kNetlinkFailed', 'kFuture']) {
    const error = Object.assign(nativeError(code), { subject: bytes, detail: bytes, errno: 99999 });
    const text = explainNativeError(error, {
      devices: [{ name: bytes }],
      filter: Buffer.from(bytes).toString('latin1'),
    });
    ok(!/[\p{Cc}\p{Cs}\u2028\u2029\u202e]/u.test(text), code);
    ok(text.length < 1000, `${code}: ${text.length}`);
  }
});

test('only errors of the addon are taken for such', () => {
  ok(isNativeError(nativeError('kInternal')));
  ok(!isNativeError(Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'open' })));
  ok(!isNativeError('kInternal'));
});

test('an addon that does not load says which package is missing', () => {
  const error = (message: string) => Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' });
  match(
    explainLoadError(error('libpcap.so.0.8: cannot open shared object file')) ?? '',
    /^libpcap is missing; install/,
  );
  match(
    explainLoadError(error('invalid ELF header\n at /x')) ?? '',
    /\(invalid ELF header\); run "npm run build" again$/,
  );
  equal(explainLoadError(new Error('the native addon is not built; run "npm run setup"')), undefined);
});
