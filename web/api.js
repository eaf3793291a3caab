// Owns: the token, requests, and the stream of snapshots that comes back by itself after the service was away.
// Knows nothing of: what is shown.
const KEPT = 'nettrace.token';

export class Refused extends Error {}

/** The token of this tab; one in the address is exchanged and taken out of it. Rejects where that is not accepted. */
export async function findToken() {
  const once = /(?:^#|&)token=([^&]+)/.exec(location.hash)?.[1];
  if (once !== undefined) {
    // Where nobody answers it stays there, for when the page is loaded again.
    const kept = await exchange(decodeURIComponent(once));
    history.replaceState(null, '', location.pathname + location.search);
    if (kept === '') throw new Refused();
    return kept;
  }
  return sessionStorage.getItem(KEPT) ?? '';
}

/** A one-time token becomes one for this tab; a lasting one stays what it is. @param {string} token */
export async function exchange(token) {
  const reply = await fetch('/api/v1/session', { headers: { Authorization: `Bearer ${token}` } });
  if (reply.status === 401) return '';
  const body = reply.ok ? await reply.json() : {};
  const kept = typeof body.token === 'string' ? body.token : token;
  sessionStorage.setItem(KEPT, kept);
  return kept;
}

export function forgetToken() {
  sessionStorage.removeItem(KEPT);
}

/** @param {string} token @param {string} path @param {RequestInit} [more] */
async function get(token, path, { headers, ...more } = {}) {
  const reply = await fetch(path, { headers: { ...headers, Authorization: `Bearer ${token}` }, ...more });
  if (reply.status === 401) throw new Refused();
  if (!reply.ok)
    throw new Error((await reply.json().catch(() => ({}))).error ?? `the service answered ${reply.status}`);
  return reply;
}

/** @param {string} token @param {string} path */
export const ask = async (token, path) => (await get(token, path)).json();

/**
 * Reads events until the token is refused. After a line that broke only those are asked for that were missed.
 * @param {string} token
 * @param {{snapshot(o: any): void, event(o: any): void, state(s: 'live' | 'lost', detail: string): void}} to
 */
export async function follow(token, to) {
  let last = 0;
  for (let failures = 0; ; failures++) {
    const stop = new AbortController();
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), 40_000);
    };
    try {
      alive();
      const reply = await get(token, '/api/v1/events', {
        signal: stop.signal,
        headers: last === 0 ? {} : { 'Last-Event-ID': String(last) },
      });
      const reader = /** @type {ReadableStream<Uint8Array>} */ (reply.body).getReader();
      const decoder = new TextDecoder();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        rest += decoder.decode(value, { stream: true });
        const blocks = rest.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data === undefined) continue;
          failures = 0;
          const name = /^event: (\w+)/m.exec(block)?.[1];
          if (name === 'event') {
            const event = JSON.parse(data);
            last = Math.max(last, event.id ?? 0);
            to.event(event);
          } else {
            to.state('live', 'live');
            to.snapshot(JSON.parse(data));
          }
        }
      }
    } catch (error) {
      if (error instanceof Refused) return;
    } finally {
      clearTimeout(timer);
    }
    to.state('lost', 'no answer, trying again');
    await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 250 * 2 ** failures)));
  }
}
