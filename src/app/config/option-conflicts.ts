// Owns: which settings cannot be in force together, each as one sentence.
// Knows nothing of: how they were written; what came from a file and what was typed is told apart by its caller.

import { UserError } from '../user-error.ts';
import type { PartialSettings, SettingName, Settings } from './option-table.ts';

/** They decide which packets count: without a capture the figures would not be what was asked for. */
const OF_CAPTURED_PACKETS = ['filter', 'tcp-only', 'promiscuous'] as const satisfies readonly SettingName[];
/** They only tune a capture: harmless in a configuration file, a mistake where they are typed. */
const TUNING = ['capture', 'snaplen', 'ring-size'] as const satisfies readonly SettingName[];

/**
 * Throws UserError.
 * @param settings in force
 * @param typed on the command line
 * @param file --read
 */
export function checkConflicts(settings: Settings, typed: PartialSettings, file: string | undefined): void {
  if (settings.numeric && settings.resolve) {
    throw new UserError('--numeric and --resolve exclude each other: --numeric shows no names');
  }
  if (file !== undefined) checkFile(typed);
  else if (settings.light) checkLight(settings, typed);
}

/** What among the settings cannot do without a capture, as it is written; undefined: nothing. */
export function needsCapture(settings: Settings): string | undefined {
  const packets = OF_CAPTURED_PACKETS.find((name) => isSet(settings[name]));
  if (packets !== undefined) return `--${packets}`;
  if (settings.engine === 'classic') return '--engine classic';
  return settings.capture === 'auto' ? undefined : `--capture ${settings.capture}`;
}

function checkLight(settings: Settings, typed: PartialSettings): void {
  const packets = OF_CAPTURED_PACKETS.find((name) => isSet(settings[name]));
  const tuning = TUNING.find((name) => typed[name] !== undefined);
  const name = packets ?? tuning;
  if (name !== undefined) throw new UserError(`--light and --${name} exclude each other: --light captures nothing`);
  if (settings.engine === 'classic') {
    throw new UserError('--light and --engine classic exclude each other: classic counts what is captured');
  }
}

function checkFile(typed: PartialSettings): void {
  if (typed.light === true) throw new UserError('--light and --read exclude each other: a file has packets only');
  if (typed.engine !== undefined && typed.engine !== 'auto') {
    throw new UserError('--engine and --read exclude each other: a file does not know processes');
  }
}

function isSet(value: string | boolean): boolean {
  return typeof value === 'string' ? value.trim() !== '' : value;
}
