// Owns: the names of users by their ids while a run lasts: passwd(5) is read again only where somebody is new.
// Knows nothing of: sockets.
import { parseUsers } from '../../procfs/etc-files.ts';

/** The name of a user, the id as text if it has none. @param read the text of passwd(5) */
export function createUserNames(read: () => string): (uid: number) => string {
  const names = new Map<number, string>();
  return (uid) => {
    const known = names.get(uid);
    if (known !== undefined) return known;
    const name = parseUsers(read()).get(uid) ?? String(uid);
    names.set(uid, name);
    return name;
  };
}
