// Owns: under which name the other ends of connections are kept: a domain, a host of the local network, or a network.
// Knows nothing of: connections. There are millions of addresses; a history that told them apart would be a log.

const SECOND_LEVEL = /^(?:ac|co|com|edu|gov|go|gob|net|ne|or|org|nom|mil)$/;
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab])/i;
const LOOPBACK = /^(?:127\.|::1$)/;
const MULTICAST = /^(?:22[4-9]\.|23\d\.|ff|255\.255\.255\.255$)/i;

/**
 * `github.com` for `lb-140.github.com`; `192.168.1.7` (RFC 1918, 6598, 3927, 4193, 4291); `203.0.113.0/24`;
 * `2001:db8:1::/48`; `loopback`, `multicast`.
 */
export function remoteGroup(address: string, name: string | undefined): string {
  if (LOOPBACK.test(address)) return 'loopback';
  if (MULTICAST.test(address)) return 'multicast';
  const domain = name === undefined ? '' : domainOf(name);
  if (domain !== '') return domain;
  if (PRIVATE.test(address)) return address;
  if (address.includes(':'))
    return `${groupsOf(address)
      .slice(0, 3)
      .join(':')
      .replace(/(?::0)+$/, '')}::/48`;
  const parts = address.split('.');
  return parts.length === 4 ? `${parts.slice(0, 3).join('.')}.0/24` : address;
}

/** The last two labels, three where the second-last is a public suffix by its looks (`example.co.uk`). */
function domainOf(name: string): string {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  if (labels.length < 2) return name.toLowerCase().slice(0, 100);
  const [top = '', second = ''] = [labels.at(-1), labels.at(-2)];
  const count = top.length === 2 && SECOND_LEVEL.test(second) ? 3 : 2;
  return labels.slice(-count).join('.').slice(0, 100);
}

/** The groups before `::` and as many zeros as the prefix needs. */
function groupsOf(address: string): readonly string[] {
  const [before = ''] = address.split('::');
  const groups = before === '' ? [] : before.split(':');
  return [...groups, '0', '0', '0'];
}
