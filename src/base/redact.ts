// Owns: leaving out of a command line what looks like a secret.
// Knows nothing of: who shows it. It is a help for the careless, no promise: what looks like no secret stays.

const NAMES = 'pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|auth';
/** `--password=x`, `TOKEN=x`, `db.password:x`. */
const ASSIGNED = new RegExp(`((?:^|[\\s\\-_./])[\\w.-]*(?:${NAMES})[\\w.-]*[=:])\\S+`, 'gi');
/** `--password x`. */
const NEXT = new RegExp(`((?:^|\\s)--?[\\w-]*(?:${NAMES})[\\w-]*\\s+)(?!-)\\S+`, 'gi');
/** `scheme://user:x@host`. */
const IN_URL = /(:\/\/[^\s:/@]*:)[^\s@]+(?=@)/g;
/** `Authorization: Bearer x`. */
const BEARER = /\b(Bearer|Basic)\s+\S+/gi;

export function redactSecrets(commandLine: string): string {
  return commandLine
    .replace(BEARER, '$1 ***')
    .replace(IN_URL, '$1***')
    .replace(ASSIGNED, '$1***')
    .replace(NEXT, '$1***');
}
