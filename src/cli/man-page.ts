// Owns: a manual page in troff's man macros (groff_man(7)), from what a command takes and what is written about it.
// Knows nothing of: which commands there are.
import type { Described, OptionShape } from './command-shape.ts';

/** A term and what it means. */
export type Entry = readonly [string, string];

/** What is written by hand for one page. */
export interface ManText {
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly keys?: readonly Entry[];
  readonly files?: readonly Entry[];
  readonly environment?: readonly Entry[];
  /** By code. */
  readonly exit: readonly Entry[];
  /** A command and what it does. */
  readonly examples: readonly Entry[];
  /** Further pages, such as `ss(8)`. */
  readonly seeAlso: readonly string[];
}

export interface ManParts extends Described {
  readonly text: ManText;
  /** The other pages of nettrace. */
  readonly others: readonly string[];
  readonly version: string;
  /** `2026-11-24`. */
  readonly date: string;
}

export function manPage({ name, summary, shape, text, others, version, date }: ManParts): string {
  const title = name === '' ? 'nettrace' : `nettrace-${name}`;
  const called = name === '' ? 'nettrace' : `nettrace ${name}`;
  return [
    `.TH ${title.toUpperCase()} 8 ${date} "nettrace ${version}" "System Administration"`,
    section('NAME', [`${title} \\- ${troff(summary)}`]),
    section('SYNOPSIS', [`.B ${troff(called)}`, ...(shape.usage === '' ? [] : [troff(shape.usage)])]),
    section('DESCRIPTION', paragraphs(text.description)),
    section('OPTIONS', optionLines(shape.options)),
    section('KEYS', entries(text.keys ?? [])),
    section('FILES', entries(text.files ?? [])),
    section('ENVIRONMENT', entries(text.environment ?? [])),
    section('EXIT STATUS', entries(text.exit)),
    section(
      'EXAMPLES',
      text.examples.flatMap(([command, what]) => ['.TP', `.B ${troff(command)}`, troff(what)]),
    ),
    section('SEE ALSO', [
      [...text.seeAlso, ...others.map((other) => `${other}(8)`)]
        .map((page) =>
          page.replace(/^(.*)\((.*)\)$/, (_, title: string, number: string) => `.BR ${troff(title)} (${number})`),
        )
        .join(' ,\n'),
    ]),
  ]
    .filter((part) => part !== '')
    .join('\n')
    .concat('\n');
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`.SH ${title.includes(' ') ? `"${title}"` : title}`, ...lines].join('\n');
}

function paragraphs(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text, at) => (at === 0 ? [troff(text)] : ['.PP', troff(text)]));
}

function entries(list: readonly Entry[]): readonly string[] {
  return list.flatMap(([term, meaning]) => ['.TP', `.B ${troff(term)}`, troff(meaning)]);
}

function optionLines(options: readonly OptionShape[]): readonly string[] {
  const groups = [...new Set(options.map(({ group }) => group))];
  return groups.flatMap((group) => [
    ...(group === '' || groups.length === 1 ? [] : [`.SS ${troff(group)}`]),
    ...options
      .filter((option) => option.group === group)
      .flatMap((option) => ['.TP', flagsLine(option), `${troff(sentence(option.help))}`]),
  ]);
}

function flagsLine({ names, argument }: OptionShape): string {
  const flags = names.map((name) => `\\fB${troff(name)}\\fR`).join(', ');
  return argument === undefined ? flags : `${flags} \\fI${troff(argument)}\\fR`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Text as troff prints it unchanged: hyphens that can be typed back, no line that is taken for a request. */
function troff(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/"/g, '\\(dq')
    .replace(/'/g, '\\(aq')
    .replace(/`/g, '\\(ga')
    .replace(/\^/g, '\\(ha')
    .replace(/~/g, '\\(ti')
    .replace(/^(?=\.)/gm, '\\&');
}
