// Tests: install and uninstall, really run, in a mount namespace where the system's folders are empty ones.
import { equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from './support/sample-builder.ts';

const CLONE = fileURLToPath(PACKAGE_ROOT);
const skip =
  process.getuid?.() !== 0
    ? 'it writes to system folders, which takes root'
    : spawnSync('unshare', ['-m', 'true']).status === 0
      ? false
      : 'no mount namespaces here';

/** What a shell says in the namespace; the clone is at /opt/clone, too. */
function inside(script: string): string {
  const setUp = `for folder in /usr/local /opt /etc/systemd; do mkdir -p $folder && mount -t tmpfs none $folder || exit 9; done
    mkdir -p /usr/local/bin /opt/clone && mount --bind "$CLONE" /opt/clone || exit 9
    cd /opt/clone; exec 2>&1; `;
  const env = { ...process.env, CLONE, PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', setUp + script], {
    encoding: 'utf8',
    env,
  });
  equal(status, 0, stdout + stderr);
  return stdout;
}

test('install brings command, pages, completion and a unit that systemd takes; uninstall leaves nothing', {
  skip,
}, () => {
  const said = inside(`sh scripts/install.sh install --service || exit 1
    readlink /usr/local/bin/nettrace
    ls /usr/local/share/man/man8 /usr/local/share/bash-completion/completions
    grep -v '^#' /etc/systemd/system/nettrace.service | grep ExecStart
    ! command -v systemd-analyze >/dev/null || systemd-analyze verify /etc/systemd/system/nettrace.service || exit 1
    sh scripts/install.sh uninstall >/dev/null || exit 1
    echo left: $(find /usr/local /etc/systemd ! -type d)`);
  match(said, /^\/opt\/clone\/nettrace$/m);
  match(said, /^nettrace\.8$/m);
  match(said, /^nettrace-serve\.8$/m);
  match(said, /^ExecStart=\/\S+ --max-semi-space-size=\d+ \/opt\/clone\/dist\/cli\/main\.js serve$/m);
  match(said, /^left:$/m);
});

test('a service is refused where it could not read the clone, before anything is written', { skip }, () => {
  const said = inside(`mkdir -p /opt/closed/clone && chmod 700 /opt/closed && mount --bind "$CLONE" /opt/closed/clone
    cd /opt/closed/clone && sh scripts/install.sh install --service
    echo code $?, left: $(find /usr/local /etc/systemd ! -type d)`);
  ok(/^nettrace: the service cannot read .*\/opt\/closed.*\n.*code 1, left:$/ms.test(said), said);
});
