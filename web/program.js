// Owns: what a program is called, here and in the history: without folders, arguments and what follows a colon.
// Knows nothing of: the service's other names for a row.

/** The folders of a path; files of older versions and relative paths hold them, `[kworker/0` is none. */
const FOLDERS = /^\.{0,2}\/(?:.*\/)?(?=.)/;

/** As src/store/history-account.ts names the row, which sees the same fields of it. @param {any} row */
export function programOf({ kind, name, program, exe, cmdline }) {
  if (kind !== 'process') return name;
  return programKey(bareProgram(program ?? name, exe ?? '', cmdline ?? '') || name);
}

/** A key of the history by program. @param {string} key */
export const programKey = (key) => key.replace(FOLDERS, '');

/** @param {string} program @param {string} exe @param {string} cmdline '' where it is kept back */
function bareProgram(program, exe, cmdline) {
  const word = firstWord(cmdline === '' && !program.startsWith('/') ? program : withoutFolders(program, exe));
  return word.startsWith('/') ? word.slice(word.lastIndexOf('/') + 1) : word;
}

/** A title may hold slashes that are no path: there only the first word is looked at. @param {string} program @param {string} exe */
function withoutFolders(program, exe) {
  const word = program === exe ? program : (program.split(' ', 1)[0] ?? '');
  return program.slice(word.replace(/\/+$/, '').lastIndexOf('/') + 1);
}

/** @param {string} text */
const firstWord = (text) => text.split(/[\s:]/, 1)[0] ?? '';
