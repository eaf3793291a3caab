// Owns: capabilities, who called sudo, and the order in which rights are given up and taken back.
// Knows nothing of: what needs the rights.
import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { becomeForGood, type Credentials, findInvokingUser, withRightsOf } from '../src/app/invoking-user.ts';
import { readPrivileges } from '../src/app/privileges.ts';

const ROOT = { geteuid: () => 0 };

test('capabilities are read from the effective set', () => {
  const full = readPrivileges('CapPrm:\t0000000000000000\nCapEff:\t000001ffffffffff\n');
  deepEqual(full, { capture: true, meter: true, allProcesses: true, missing: [] });
  const none = readPrivileges('CapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n');
  deepEqual([none.capture, none.allProcesses], [false, false]);
  // setcap cap_net_raw only: bit 13
  const raw = readPrivileges('CapEff:\t0000000000002000\n');
  deepEqual(raw, {
    capture: true,
    meter: false,
    allProcesses: false,
    missing: ['CAP_DAC_READ_SEARCH', 'CAP_NET_ADMIN', 'CAP_SYS_PTRACE'],
  });
  // before Linux 5.8: CAP_NET_ADMIN and CAP_SYS_ADMIN
  equal(readPrivileges('CapEff:\t0000000000201000\n').meter, true);
  equal(readPrivileges('CapEff:\t0000000000200000\n').meter, false);
});

test('without /proc nothing is assumed to be missing: the kernel says no if it must', () => {
  equal(readPrivileges('').capture, true);
});

test('the caller of sudo is found only as root, and only a user', () => {
  const env = { SUDO_UID: '1000', SUDO_GID: '100', SUDO_USER: 'alice' };
  deepEqual(findInvokingUser(env, ROOT), { uid: 1000, gid: 100, name: 'alice' });
  equal(findInvokingUser(env, { geteuid: () => 1000 }), undefined);
  equal(findInvokingUser({ SUDO_UID: '0' }, ROOT), undefined);
  equal(findInvokingUser({ SUDO_UID: '-1' }, ROOT), undefined);
  equal(findInvokingUser({ SUDO_UID: '1000; id' }, ROOT), undefined);
  equal(findInvokingUser({}, ROOT), undefined);
});

function recorder(noUserDatabase = false): { readonly calls: string[]; readonly credentials: Credentials } {
  const calls: string[] = [];
  const note = (name: string) => (id: unknown) => void calls.push(`${name} ${id}`);
  const credentials: Credentials = {
    ...{ geteuid: () => 0, getegid: () => 0, getgroups: () => [0, 4] },
    initgroups(user, group) {
      if (noUserDatabase) throw new Error('no such user');
      calls.push(`initgroups ${user} ${group}`);
    },
    ...{ setgroups: note('setgroups'), setegid: note('setegid'), seteuid: note('seteuid') },
    ...{ setgid: note('setgid'), setuid: note('setuid') },
  };
  return { calls, credentials };
}

const ALICE = { uid: 1000, gid: 100, name: 'alice' };

test("work is done with the user's ids and groups, and root is back even when it throws", () => {
  const { calls, credentials } = recorder();
  const work = () => {
    calls.push('work');
    throw new Error('no');
  };
  throws(() => withRightsOf(ALICE, credentials, work), /no/);
  deepEqual(calls, [
    'initgroups 1000 100',
    'setegid 100',
    'seteuid 1000',
    'work',
    'seteuid 0',
    'setegid 0',
    'setgroups 0,4',
  ]);
});

test('a user that the user database does not know keeps no group of root', () => {
  const { calls, credentials } = recorder(true);
  becomeForGood(ALICE, credentials);
  deepEqual(calls, ['setgroups 100', 'setgid 100', 'setuid 1000']);
});
