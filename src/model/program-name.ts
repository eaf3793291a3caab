// Owns: what a row is called: program, whole command line or the name without its folders (nethogs' -l and -b).
// Knows nothing of: widths and styles.
import type { OwnerRow } from './model.ts';

export interface NameOptions {
  /** The arguments too. */
  readonly commandLine: boolean;
  /** Without the folders of the program. */
  readonly basename: boolean;
}

/** The name of a row. Rows without a process have one name, whatever the options. */
export function programName(row: OwnerRow, options: NameOptions): string {
  const whole = options.commandLine && row.commandLine !== '' ? row.commandLine : row.program;
  // `[kworker/0:1]` is no path; a command line may be kept back where the program's path is known.
  if (!options.basename || (row.commandLine === '' && !whole.startsWith('/'))) return whole;
  return `${baseName(row.program, row.executable)}${whole.slice(row.program.length)}`;
}

/**
 * Cuts the folders of a program. A title that a program gave itself may hold slashes that are no path
 * (`nginx: worker /etc/x`, `postgres: 10.0.0.9/32`): there only the first word is looked at.
 */
function baseName(program: string, executable: string): string {
  const word = program === executable ? program : (program.split(' ', 1)[0] ?? '');
  const cut = word.replace(/\/+$/, '').lastIndexOf('/') + 1;
  return program.slice(cut);
}
