// Owns: the front's process: everything is loaded, then every right is given up and that is checked, then it listens.
// Knows nothing of: requests (src/service) and how its sockets were made.
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../native/addon.ts';
import { explainNativeError, isNativeError } from '../../native/native-error.ts';
import type { Door } from '../../service/access.ts';
import { createCollectorLink } from '../../service/collector-link.ts';
import { createHttpFront } from '../../service/http-front.ts';
import { loadPage } from '../../service/static-files.ts';
import { createTokens } from '../../service/tokens.ts';
import { UserError } from '../user-error.ts';
import { keepPulse, openLink, pulse, readOrders } from './child.ts';
import { FIRST_LISTENER_FD, type FrontOrders, GREETING, PULSE } from './request.ts';
import { serviceRoutes } from './routes.ts';

const LONGEST_LINE = 64 * 1024 * 1024;
const MOST_WAITING = 256 * 1024;
/** After the end is asked for, readers of events get so long to hear of it. */
const GRACE_MS = 300;

/** Runs until it is told to end. */
export async function runFront(): Promise<void> {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const orders = await readOrders<FrontOrders>(end);
  const page = loadPage(findUp('web'), chartFolder());
  const now = () => performance.now();
  // Loaded before the rights are gone: TLS contexts, compression and the addon.
  const addon = loadAddon();
  const link = createCollectorLink(
    (line) => socket.writableLength < MOST_WAITING && socket.write(line) !== undefined,
    now,
    randomInt(1, 2 ** 47),
  );
  const socket = openLink(LONGEST_LINE, link.receive);
  socket.write(`${GREETING}\n`);
  const tokens = createTokens({
    token: orders.token,
    oneTime: orders.oneTime,
    now: Date.now,
    used: () => pulse(PULSE.used),
  });
  const front = createHttpFront({
    routes: [...serviceRoutes({ ...orders, now }), ...page],
    link,
    tokens,
    now,
  });
  const doors = orders.doors.map(({ kind, port }) => ({
    server: front.serve(doorOf(orders, kind, port), kind === 'tcp' ? orders.tls : undefined),
  }));
  giveUpRights(addon, orders);
  for (const [place, { server }] of doors.entries()) server.listen({ fd: FIRST_LISTENER_FD + place });
  const beat = keepPulse();
  pulse(PULSE.ready);
  await ended;
  clearInterval(beat);
  front.close();
  for (const { server } of doors) server.close();
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
}

function doorOf({ hosts, names, tls }: FrontOrders, kind: 'tcp' | 'unix', port: number | undefined): Door {
  return { scheme: tls !== undefined && kind === 'tcp' ? 'https' : 'http', port, hosts, names };
}

/** Throws UserError where any thread still has a right. */
function giveUpRights(addon: ReturnType<typeof loadAddon>, { identity }: FrontOrders): void {
  try {
    addon.confine(identity ?? null);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new UserError(explainNativeError(error), 'start', { cause: error });
  }
  for (const thread of readdirSync('/proc/self/task')) {
    const left = rightsLeft(readFileSync(`/proc/self/task/${thread}/status`, 'latin1'));
    if (left !== undefined) throw new UserError(`the front does not start: thread ${thread} still has ${left}`);
  }
}

/**
 * What a thread has that a front must not have, read from its status (proc(5)). Not CapBnd: a thread can empty that for
 * itself alone, and others run before any code of ours. It bounds what execve(2) gives, which seccomp refuses.
 */
export function rightsLeft(status: string): string | undefined {
  const value = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
  if (value('Uid') === '' || value('Uid').split(/\s+/).includes('0')) return 'user id 0';
  for (const name of ['CapEff', 'CapPrm', 'CapInh', 'CapAmb']) {
    if (!/^0+$/.test(value(name))) return `capabilities (${name})`;
  }
  if (value('NoNewPrivs') !== '1') return 'the right to gain rights (NoNewPrivs)';
  return value('Seccomp') === '2' ? undefined : 'all system calls (Seccomp)';
}

/** A folder beside package.json, from dist/app and from the tests' build/t/src/app alike. */
function findUp(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let parent = dirname(folder); parent !== folder; folder = parent, parent = dirname(folder)) {
    try {
      readFileSync(join(folder, 'package.json'));
      break;
    } catch {
      // further up
    }
  }
  return join(folder, name);
}

function chartFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css'));
  } catch {
    return '';
  }
}
