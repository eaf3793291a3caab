// Owns: the headers that every answer has, and whole refusals for what never became a request: its bytes, not its routes.
// Knows nothing of: limits, tokens and the answers to requests.
import { STATUS_CODES } from 'node:http';
import { errorReply } from './routes.ts';

export const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

export const ONLY_READING = 'only GET and HEAD: nothing can be changed here';

/** What Node's parser says (llhttp's code, or its own) and the packet in which it stopped. */
export interface ParserError {
  readonly code?: string | undefined;
  readonly rawPacket?: Uint8Array | undefined;
}

/** The answer to bytes that are no request, after which the connection is closed. */
export function refusalOfBytes({ code, rawPacket }: ParserError): string {
  if (code === 'HPE_HEADER_OVERFLOW') return rawRefusal(431, 'the headers of a request may have 8 KiB');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return rawRefusal(408, 'a request may take 10 seconds');
  if (code === 'HPE_INVALID_METHOD' && beginsWithWord(rawPacket)) return rawRefusal(405, ONLY_READING);
  return rawRefusal(400, 'this is no request of HTTP/1.1');
}

export function rawRefusal(status: number, error: string): string {
  const { body, type } = errorReply(status, error);
  const headers = {
    ...HEADERS,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** A method that the parser does not know: a token (RFC 9110, 5.6.2), a blank, a target. */
function beginsWithWord(bytes: Uint8Array | undefined): boolean {
  const start = Buffer.from((bytes ?? []).slice(0, 64)).toString('latin1');
  return /^[\w!#$%&'*+.^`|~-]+ [!-~]/.test(start) && !/^(?:GET|HEAD) /.test(start);
}
