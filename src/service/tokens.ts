// Owns: who may read: the service's token, sessions that are derived from it, and the one-time token of the start.
// Knows nothing of: HTTP and where the token is kept.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Tokens {
  /** Whether a token is the service's own or a session's that has not run out. */
  accepts(token: string): boolean;
  /** A new session for a token that is accepted, or for the one-time token, which is used up by it. */
  session(token: string): { readonly token: string; readonly expires: string } | undefined;
}

export interface TokenParts {
  /** 256 bits or more; sessions outlive this process because they are signed with it. */
  readonly token: string;
  readonly oneTime: { readonly token: string; readonly untilMs: number } | undefined;
  /** ms since 1970. */
  readonly now: () => number;
  /** Hears once that the one-time token was used. */
  readonly used: () => void;
}

const SESSION_MS = 24 * 3600 * 1000;

export function createTokens(parts: TokenParts): Tokens {
  const own = digest(parts.token);
  const key = createHmac('sha256', parts.token).update('nettrace session').digest();
  let oneTime = parts.oneTime && { digest: digest(parts.oneTime.token), untilMs: parts.oneTime.untilMs };
  const sign = (body: string) => createHmac('sha256', key).update(body).digest('base64url');
  const accepts = (token: string): boolean => {
    const [body = '', expires = '', signature = '', rest] = token.split('.');
    if (signature === '' || rest !== undefined) return timingSafeEqual(digest(token), own);
    const good = timingSafeEqual(digest(signature), digest(sign(`${body}.${expires}`)));
    return good && Number(expires) > parts.now();
  };
  return {
    accepts,
    session(token) {
      const first = oneTime !== undefined && timingSafeEqual(digest(token), oneTime.digest);
      if (first) {
        const late = parts.now() > (oneTime?.untilMs ?? 0);
        oneTime = undefined;
        parts.used();
        if (late) return undefined;
      } else if (!accepts(token)) return undefined;
      const until = parts.now() + SESSION_MS;
      const body = `${randomBytes(16).toString('base64url')}.${until}`;
      return { token: `${body}.${sign(body)}`, expires: new Date(until).toISOString() };
    },
  };
}

/** The same length for every token: comparing tells nothing, not even that. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
