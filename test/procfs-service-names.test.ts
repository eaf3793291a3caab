// Tests: services(5).
import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { parseServices } from '../src/procfs/service-names.ts';

test('a port has the first name that is listed for its protocol', () => {
  const name = parseServices(
    '# comment 1/tcp\n' +
      'https\t\t443/tcp\t\t# http over TLS\n' +
      'https\t\t443/udp\n' +
      'second\t443/tcp\n' +
      '#old 99/tcp\n' +
      'domain 53/udp dns\n' +
      'bad 99999/tcp\n' +
      'broken\n',
  );
  equal(name('tcp', 443), 'https');
  equal(name('udp', 443), 'https');
  equal(name('tcp', 53), undefined);
  equal(name('udp', 53), 'domain');
  equal(name('tcp', 99), undefined);
  equal(name('tcp', 99_999), undefined);
});
