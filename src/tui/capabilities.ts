// Owns: what the terminal at hand can show, decided from the environment and the options alone (pure).
// Knows nothing of: escape codes and streams; it never asks the terminal anything.
import type { TextMode } from '../view/styled-text.ts';

/** 'mono' is attributes only (bold, reverse ...); '16' are the palette indexes that follow the user's own theme. */
export type ColorTier = 'mono' | '16' | '256' | 'truecolor';

export type ColorChoice = 'auto' | 'always' | 'never';

/** The variables that matter here; `process.env` fits. */
export interface TerminalEnvironment {
  readonly TERM?: string | undefined;
  readonly COLORTERM?: string | undefined;
  readonly NO_COLOR?: string | undefined;
  readonly LC_ALL?: string | undefined;
  readonly LC_CTYPE?: string | undefined;
  readonly LANG?: string | undefined;
  /** The size, where the driver does not know it. */
  readonly COLUMNS?: string | undefined;
  readonly LINES?: string | undefined;
}

export interface CapabilityInput {
  readonly env: TerminalEnvironment;
  readonly stdinIsTty: boolean;
  readonly stdoutIsTty: boolean;
  /** --color; 'auto' when absent. */
  readonly color?: ColorChoice;
  /** --ascii. */
  readonly ascii?: boolean;
  /** Cells of East-Asian "ambiguous" characters; 1 when absent. */
  readonly ambiguousWidth?: 1 | 2;
}

export interface Capabilities {
  /** True when a live view can run: both streams are terminals and TERM names one that knows escapes. */
  readonly interactive: boolean;
  /** Why it cannot, as one clause for the user; '' when it can. */
  readonly obstacle: string;
  /** Whether text that is written once (not the live view) may carry SGR codes. */
  readonly escapes: boolean;
  readonly colorTier: ColorTier;
  /** Bright colours as bold: the Linux console and 8-colour terminals have no palette index 8-15. */
  readonly brightAsBold: boolean;
  readonly unicode: boolean;
  readonly ambiguousWidth: 1 | 2;
}

export function detectCapabilities(input: CapabilityInput): Capabilities {
  const term = input.env.TERM ?? '';
  const obstacle = findObstacle(input, term);
  const choice = input.color ?? 'auto';
  return {
    interactive: obstacle === '',
    obstacle,
    escapes: writesEscapes(input, term, choice),
    colorTier: chooseTier(input.env, term, choice),
    brightAsBold: isLinuxConsole(term) || /-8color$/.test(term),
    unicode: input.ascii !== true && localeIsUtf8(input.env) && !isLinuxConsole(term),
    ambiguousWidth: input.ambiguousWidth ?? 1,
  };
}

/** What screens need to know of it. */
export function textModeOf(capabilities: Capabilities): TextMode {
  return {
    unicode: capabilities.unicode,
    color: capabilities.colorTier !== 'mono',
    ambiguousWidth: capabilities.ambiguousWidth,
  };
}

function findObstacle(input: CapabilityInput, term: string): string {
  if (!input.stdoutIsTty) return 'standard output is not a terminal';
  if (!input.stdinIsTty) return 'standard input is not a terminal';
  if (term === '') return 'TERM is not set';
  if (isDumb(term)) return `TERM=${printable(term)} cannot position text`;
  return '';
}

function writesEscapes(input: CapabilityInput, term: string, choice: ColorChoice): boolean {
  if (choice === 'never') return false;
  if (choice === 'always') return true;
  return input.stdoutIsTty && term !== '' && !isDumb(term) && !input.env.NO_COLOR;
}

/** An explicit --color beats NO_COLOR (no-color.org: only a non-empty value counts), which beats what TERM offers. */
function chooseTier(env: TerminalEnvironment, term: string, choice: ColorChoice): ColorTier {
  if (choice === 'never') return 'mono';
  if (choice === 'auto' && env.NO_COLOR) return 'mono';
  const colorTerm = env.COLORTERM ?? '';
  if (colorTerm === 'truecolor' || colorTerm === '24bit' || /-direct$/.test(term)) return 'truecolor';
  if (/-256color$/.test(term)) return '256';
  // DEC video terminals and "-m"/"-mono" entries have no colour in terminfo.
  if (choice === 'auto' && (/^vt\d/.test(term) || /-(m|mono)$/.test(term))) return 'mono';
  return '16';
}

/** Its fonts have 256 or 512 characters: no Braille, and few of the block elements that graphs are made of (setfont(8)). */
function isLinuxConsole(term: string): boolean {
  return term === 'linux' || term.startsWith('linux-');
}

function isDumb(term: string): boolean {
  return term === 'dumb' || term === 'unknown' || term.startsWith('dumb-');
}

/** POSIX order: LC_ALL, else LC_CTYPE, else LANG; the first that is non-empty decides alone. */
function localeIsUtf8(env: TerminalEnvironment): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return /utf-?8/i.test(locale);
}

/** TERM comes from outside: only its plain letters may reach a message. */
function printable(term: string): string {
  return term.replace(/[^\w.+-]/g, '?').slice(0, 32);
}
