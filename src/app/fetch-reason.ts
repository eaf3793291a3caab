// Owns: why a request over HTTP failed, as one clause.
// Knows nothing of: who asked whom and what for.
import { sanitize } from '../base/sanitize.ts';
import { describeErrno } from './user-error.ts';

const UNTRUSTED = 'its certificate is not trusted here';

/** Codes of node, undici and OpenSSL. */
const CLAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it broke off the connection',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up now',
  UND_ERR_SOCKET: 'it ended the connection without an answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of its answer',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: is it http?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: is it http?',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
};

/** @param error what fetch threw: `fetch failed`, with the reason as its cause */
export function fetchReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // Of several addresses each has failed.
  const one = cause instanceof AggregateError ? cause.errors[0] : cause;
  const { code, message } = one as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string') return CLAUSES[code] ?? describeErrno(one);
  return sanitize(String(message ?? one), 200);
}
