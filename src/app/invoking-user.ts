// Owns: who asked for this run under sudo, and doing file work with that user's rights instead of root's.
// Knows nothing of: which files and why.

export interface InvokingUser {
  readonly uid: number;
  readonly gid: number;
  /** As sudo names the user, else the uid. Not sanitised. */
  readonly name: string;
}

/** The part of `process` that is needed. */
export interface Credentials {
  geteuid(): number;
  getegid(): number;
  getgroups(): number[];
  initgroups(user: string | number, extraGroup: number): void;
  setgroups(groups: readonly number[]): void;
  setegid(gid: number): void;
  seteuid(uid: number): void;
  setgid(gid: number): void;
  setuid(uid: number): void;
}

/** undefined when not root, or when root itself asked. sudo(8) always sets SUDO_UID, SUDO_GID and SUDO_USER itself. */
export function findInvokingUser(
  env: Readonly<Record<string, string | undefined>>,
  credentials: Pick<Credentials, 'geteuid'>,
): InvokingUser | undefined {
  const uid = parseId(env['SUDO_UID']);
  if (credentials.geteuid() !== 0 || uid === undefined || uid === 0) return undefined;
  return { uid, gid: parseId(env['SUDO_GID']) ?? uid, name: env['SUDO_USER'] ?? String(uid) };
}

/** Runs `work` with the user's effective ids; root's are back afterwards. Only while no other thread needs root. */
export function withRightsOf<T>(user: InvokingUser | undefined, credentials: Credentials, work: () => T): T {
  if (user === undefined) return work();
  const before = { gid: credentials.getegid(), groups: credentials.getgroups() };
  takeGroups(user, credentials);
  try {
    credentials.setegid(user.gid);
    credentials.seteuid(user.uid);
    return work();
  } finally {
    credentials.seteuid(0);
    credentials.setegid(before.gid);
    credentials.setgroups(before.groups);
  }
}

/**
 * Becomes the user for good: what runs after this cannot get root back. Some builds of node 20 refuse to change ids at
 * all (CVE-2024-22017, Debian 13's own); the caller of sudo then keeps the rights that sudo gave.
 */
export function becomeForGood(user: InvokingUser, credentials: Credentials): void {
  try {
    takeGroups(user, credentials);
    credentials.setgid(user.gid);
    credentials.setuid(user.uid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_INVALID_STATE') throw error;
  }
}

/** The user's own groups; only the primary one where the user is not in the user database. */
function takeGroups(user: InvokingUser, credentials: Credentials): void {
  try {
    credentials.initgroups(user.uid, user.gid);
  } catch {
    credentials.setgroups([user.gid]);
  }
}

function parseId(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
