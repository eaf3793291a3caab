// Owns: entries of the option table as options of commander, and commander's complaints as one sentence.
// Knows nothing of: which options a command has.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Option as Entry, MEBI, SETTINGS, type SettingName } from '../app/config/option-table.ts';
import { describeAllowed, parseWord } from '../app/config/option-value.ts';
import { sanitize } from '../base/sanitize.ts';

const entries = new WeakMap<Option, Entry>();

/** The entry of the option table that an option was made of; undefined for those that a command wrote by itself. */
export function entryOf(option: Option): Entry | undefined {
  return entries.get(option);
}

export function addOption(command: Command, name: string, entry: Entry): void {
  const flags = `${entry.short ? `-${entry.short}, ` : ''}--${name}${entry.argument ? ` <${entry.argument}>` : ''}`;
  const option = new Option(flags, `${entry.help}${moreHelp(name, entry)}`).helpGroup(`${entry.group}:`);
  if (entry.kind.kind !== 'switch') {
    option.argParser((word: string, before: unknown) => {
      const value = parseWord(entry.kind, word);
      if (value === undefined) throw new InvalidArgumentError(`must be ${describeAllowed(entry.kind)}`);
      return name === 'pid' ? [...((before as number[] | undefined) ?? []), value] : value;
    });
  }
  entries.set(option, entry);
  command.addOption(entry.hidden ? option.hideHelp() : option);
  if (entry.kind.kind === 'switch' && name in SETTINGS) command.addOption(negationOf(name, entry));
}

/** The default of a setting that has a value, and the values of a choice. */
function moreHelp(name: string, { kind }: Entry): string {
  if (kind.kind === 'switch' || kind.kind === 'text' || !(name in SETTINGS)) return '';
  const byDefault = SETTINGS[name as SettingName].default;
  if (name === 'view-mode' || name === 'units') return '';
  if (kind.kind === 'choice') return `: ${describeAllowed(kind)} (default: ${byDefault})`;
  return ` (default: ${kind.kind === 'size' ? `${Number(byDefault) / MEBI}M` : byDefault})`;
}

/** A switch that a configuration file turned on can be turned off. nethogs' -C (also UDP) is one of these. */
function negationOf(name: string, entry: Entry): Option {
  if (name !== 'tcp-only') return new Option(`--no-${name}`).hideHelp();
  return new Option('-C, --no-tcp-only', 'count all protocols; the default').helpGroup(`${entry.group}:`);
}

/** commander's words in one line: `error: option '-d, --delay <SECONDS>' argument 'x' is invalid. must be ...` */
export function sentenceOf(message: string): string {
  const text = sanitize(
    message
      .replace(/^error: /, '')
      .replace(/\n\(Did you mean (.*?)\?\)/, ' (did you mean $1?)')
      .trim(),
    300,
  );
  const bad = /^option '(.*?)' argument '(.*)' is invalid\. (must be .*)$/.exec(text);
  if (!bad) return text;
  const [, flags = '', word = '', allowed = ''] = bad;
  return `${flags.replace(/ <.*>$/, '').replace(', ', ' or ')} ${allowed}, not "${word}"`;
}

/** What was given for an option, by its long name. */
export function optionValue(command: Command, name: string): unknown {
  const given: Record<string, unknown> = command.opts();
  return given[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
}
