// Owns: the target of a request: its path and question, and whose it is where it says that itself.
// Knows nothing of: who may ask.

export interface Target {
  /** Of the absolute form (RFC 9112, 3.2.2), in lower case: proxies use it. undefined: Host says it. */
  readonly site: { readonly scheme: string; readonly host: string } | undefined;
  readonly path: string;
  /** Without its question mark. */
  readonly search: string;
}

export function readTarget(target: string): Target {
  const [, scheme, host = '', rest = ''] = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(target) ?? [];
  if (scheme === undefined) return { site: undefined, ...split(target) };
  // RFC 9110, 4.2.3: an empty path is that of the root.
  const site = { scheme: scheme.toLowerCase(), host: host.toLowerCase() };
  return { site, ...split(rest.startsWith('/') ? rest : `/${rest}`) };
}

function split(target: string): Pick<Target, 'path' | 'search'> {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, search: '' } : { path: target.slice(0, mark), search: target.slice(mark + 1) };
}
