// Owns: the table `[push]` of the configuration: where metrics are sent, how often, and each mistake as a sentence.
// Knows nothing of: how they are sent. zod is loaded with it: only a service with a configuration needs it.
import { z } from 'zod';
import { sanitize } from '../../base/sanitize.ts';
import { UserError } from '../user-error.ts';

export interface PushTarget {
  readonly kind: 'remote-write' | 'otlp';
  readonly url: string;
  /** Value of the header Authorization. */
  readonly authorization: string | undefined;
}

export interface PushSettings {
  readonly targets: readonly PushTarget[];
  readonly intervalMs: number;
  /** Bytes of requests that wait for one receiver. */
  readonly bufferBytes: number;
  /** Names this host in every series; undefined: the host's own name. */
  readonly instance: string | undefined;
}

/** An address that something is sent to. */
export const httpUrl = z.string().refine(isHttpUrl, { error: 'must be an http:// or https:// address' });

export const pushSchema = z.strictObject({
  'remote-write': httpUrl.optional(),
  otlp: httpUrl.optional(),
  interval: z.number().min(1, { error: 'must be at least 1 second' }).max(3600).default(15),
  'buffer-bytes': z.number().int().min(65_536).max(1_073_741_824).default(16_777_216),
  'token-file': z.string().min(1).optional(),
  instance: z.string().min(1).max(200).optional(),
});

/** Everything that is wrong with the table, each as a sentence with the key that it is about. */
export function pushProblems(table: unknown): readonly { readonly key: string; readonly text: string }[] {
  const parsed = pushSchema.safeParse(table);
  if (parsed.success) {
    const { 'remote-write': remoteWrite, otlp } = parsed.data;
    if (remoteWrite !== undefined || otlp !== undefined) return [];
    return [{ key: '', text: '[push] needs remote-write = "URL" or otlp = "URL"' }];
  }
  return parsed.error.issues.flatMap((issue) => {
    const unknown = issue.code === 'unrecognized_keys';
    const keys = unknown ? issue.keys : [issue.path.join('.')];
    const what = unknown ? 'is no setting' : issue.message;
    return keys.map((key) => ({ key, text: `[push] ${sanitize(key, 60)}: ${sanitize(what, 200)}` }));
  });
}

/**
 * @param table what the configuration has under `push`; undefined: nothing is pushed
 * @param readToken the content of a file; throws what is wrong with it. Throws UserError.
 */
export function readPushSettings(table: unknown, readToken: (path: string) => string): PushSettings | undefined {
  if (table === undefined) return undefined;
  const [problem] = pushProblems(table);
  if (problem !== undefined) throw new UserError(problem.text);
  const data = pushSchema.parse(table);
  const token = data['token-file'] === undefined ? undefined : readToken(data['token-file']).trim();
  const targets = (['remote-write', 'otlp'] as const).flatMap((kind) => {
    const address = data[kind];
    return address === undefined ? [] : [targetOf(kind, address, token)];
  });
  return {
    targets,
    intervalMs: data.interval * 1000,
    bufferBytes: data['buffer-bytes'],
    instance: data.instance,
  };
}

function targetOf(kind: PushTarget['kind'], address: string, token: string | undefined): PushTarget {
  const { url: bare, authorization } = splitCredentials(address);
  return { kind, url: bare, authorization: token === undefined ? authorization : `Bearer ${token}` };
}

/** Name and password of an address become a header: they must not be in messages. */
export function splitCredentials(address: string): {
  readonly url: string;
  readonly authorization: string | undefined;
} {
  const parsed = new URL(address);
  const { username, password } = parsed;
  parsed.username = '';
  parsed.password = '';
  if (username === '' && password === '') return { url: parsed.href, authorization: undefined };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url: parsed.href, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
