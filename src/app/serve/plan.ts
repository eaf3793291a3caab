// Owns: from what was asked for to what is done: addresses, token, folders, user; every refusal as one sentence.
// Knows nothing of: processes. Nothing is opened but what must be read.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { sanitize } from '../../base/sanitize.ts';
import { describeErrno, UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import type { ServeRequest } from './request.ts';

export type Listen =
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface ServePlan {
  readonly listens: readonly Listen[];
  readonly hosts: readonly string[];
  /** Those of --host. */
  readonly names: readonly string[];
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly tokenFile: string;
  /** undefined: no history is kept. */
  readonly historyFile: string | undefined;
  readonly stateDir: string;
  /** To which the live program attaches. */
  readonly feedSocket: string;
  readonly identity: { readonly uid: number; readonly gid: number } | undefined;
}

const HISTORY_NAME = 'history.db';
const FEED_NAME = 'nettrace.sock';

export const DEFAULT_LISTEN = '127.0.0.1:7373';

/** Throws UserError. */
export function planService(world: World, request: ServeRequest): ServePlan {
  const root = world.credentials.geteuid() === 0;
  const listens = (request.listen.length === 0 ? [DEFAULT_LISTEN] : request.listen).map(parseListen);
  const tls = readTls(request);
  const open = listens.find((listen) => listen.kind === 'tcp' && !isLoopback(listen.address));
  if (open !== undefined && tls === undefined && !request.insecure) {
    const word = listenText(open);
    throw new UserError(
      `${word} can be reached from other machines, where the token could be read on the way: give --tls-cert and --tls-key, listen on 127.0.0.1, or say --insecure-i-know`,
    );
  }
  const exposed = listens.find((listen) => listen.kind === 'tcp' && !isLoopback(listen.address));
  if (exposed !== undefined && request.metricsWithoutToken) {
    throw new UserError(
      `--metrics-without-token is only for loopback: ${listenText(exposed)} can be reached from other machines`,
    );
  }
  const stateDir = resolve(request.stateDir ?? defaultStateDir(world.env, root));
  return {
    listens,
    hosts: ['localhost', '127.0.0.1', '[::1]', ...listens.flatMap(hostOf)],
    names: request.hosts.map(hostName),
    tls,
    tokenFile: resolve(request.tokenFile ?? join(stateDir, 'token')),
    historyFile: request.history === false ? undefined : resolve(request.history ?? join(stateDir, HISTORY_NAME)),
    stateDir,
    feedSocket: feedSocketOf(world.env, root, request.stateDir),
    identity: root ? findIdentity(request.user ?? 'nobody') : refuseUser(request.user),
  };
}

/** `[::1]:7373`, `127.0.0.1:7373`, `unix:/run/x.sock`. */
export function parseListen(word: string): Listen {
  if (word.startsWith('unix:')) {
    const path = resolve(word.slice(5));
    if (word.length > 5 && path.length < 108) return { kind: 'unix', path };
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(word);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (isIP(address) === 0 || port > 65_535) {
    throw new UserError(
      `--listen must be an address with its port or unix: with a path, such as 127.0.0.1:7373, [::1]:7373 or unix:/run/nettrace/http.sock, not "${sanitize(word, 100)}"`,
    );
  }
  return { kind: 'tcp', address, port };
}

export function listenText(listen: Listen, port?: number): string {
  if (listen.kind === 'unix') return `unix:${sanitize(listen.path, 200)}`;
  return `${listen.address.includes(':') ? `[${listen.address}]` : listen.address}:${port ?? listen.port}`;
}

/** 127.0.0.0/8 (RFC 1122, 3.2.1.3) and ::1. */
function isLoopback(address: string): boolean {
  return address.startsWith('127.') || /^(?:0*:)*(?:0*1)$/.test(address);
}

/** As it stands in the header Host, without a port. Throws UserError. */
function hostName(word: string): string {
  const name = word.toLowerCase();
  if (/^[a-z0-9_.-]+$|^\[[0-9a-f:.]+\]$/.test(name) && name.length <= 253) return name;
  throw new UserError(
    `--host must be a name or an address without a port, such as monitor.example.org, not "${sanitize(word, 60)}"`,
  );
}

function hostOf(listen: Listen): readonly string[] {
  if (listen.kind === 'unix') return [];
  return [listen.address.includes(':') ? `[${listen.address.toLowerCase()}]` : listen.address];
}

function readTls({ tlsCert, tlsKey }: ServeRequest): ServePlan['tls'] {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new UserError('--tls-cert and --tls-key need each other');
  return { cert: readPem('--tls-cert', tlsCert), key: readPem('--tls-key', tlsKey) };
}

/** Throws UserError where the two cannot serve. OpenSSL is loaded only where TLS is asked for. */
export async function checkTls({ tlsCert, tlsKey }: ServeRequest, tls: ServePlan['tls']): Promise<void> {
  if (tls === undefined) return;
  const { createSecureContext } = await import('node:tls');
  const fails = (options: Partial<NonNullable<ServePlan['tls']>>) => {
    try {
      createSecureContext(options);
      return false;
    } catch {
      return true;
    }
  };
  const [cert, key] = [sanitize(tlsCert ?? '', 200), sanitize(tlsKey ?? '', 200)];
  if (fails({ cert: tls.cert })) throw new UserError(`--tls-cert ${cert} holds no certificate in PEM form`);
  if (fails({ key: tls.key })) {
    throw new UserError(`--tls-key ${key} holds no private key in PEM form that opens without a passphrase`);
  }
  if (fails(tls)) throw new UserError(`--tls-key ${key} is not the key of the certificate in --tls-cert ${cert}`);
}

function readPem(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${option} ${sanitize(path, 200)} cannot be read: ${describeErrno(error)}`);
  }
}

/** systemd names the folder that it made (systemd.exec(5)). */
function defaultStateDir(env: World['env'], root: boolean): string {
  const given = env['STATE_DIRECTORY']?.split(':')[0];
  if (given) return given;
  if (root) return '/var/lib/nettrace';
  return join(env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? '/tmp', '.local/state'), 'nettrace');
}

/** systemd names the folder that it made; a service with a state folder of its own has its socket there. */
export function feedSocketOf(env: World['env'], root: boolean, stateDir: string | undefined): string {
  if (stateDir !== undefined) return join(resolve(stateDir), FEED_NAME);
  const given = env['RUNTIME_DIRECTORY']?.split(':')[0];
  if (given) return join(given, FEED_NAME);
  return join(root ? '/run/nettrace' : defaultStateDir(env, root), FEED_NAME);
}

function refuseUser(user: string | undefined): undefined {
  if (user !== undefined) throw new UserError('--user needs root: without it the service has its own rights already');
}

function findIdentity(user: string): { readonly uid: number; readonly gid: number } {
  const line = readUsers().find((entry) => entry.startsWith(`${user}:`));
  const [, , uid, gid] = (line ?? '').split(':').map(Number);
  if (uid === undefined || gid === undefined)
    throw new UserError(`there is no user "${sanitize(user, 64)}"; see --user`);
  if (uid === 0 || gid === 0) {
    throw new UserError('--user must not be root or have its group: this user reads from the network');
  }
  return { uid, gid };
}

/** A container may have no such file. */
function readUsers(): readonly string[] {
  try {
    return readFileSync('/etc/passwd', 'utf8').split('\n');
  } catch {
    return [];
  }
}
