// Owns: how each style token looks in each colour tier, as SGR parameters.
// Knows nothing of: escape codes (ansi.ts), screens and which terminal is attached.
import { STYLE_TOKENS, type StyleToken } from '../view/styled-text.ts';
import type { ThemeName } from '../view/ui-state.ts';
import type { ColorTier } from './capabilities.ts';
import { type Look, look } from './look.ts';
import { COLOUR_BLIND, HIGH_CONTRAST } from './theme-looks.ts';

const GREY = look('2', '90', '38;5;245', '38;2;138;138;138');

const LOOKS: Readonly<Record<StyleToken, Look>> = {
  normal: look(''),
  dim: GREY,
  bold: look('1'),
  italic: look('3'),
  underline: look('4'),
  title: look('1', '1;36'),
  label: look('', '36'),
  value: look('1'),
  link: look('4', '4;34', '4;38;5;75', '4;38;2;95;175;255'),
  match: look('7', '30;43'),
  good: look('', '32'),
  warn: look('1', '33'),
  bad: look('1', '1;31'),
  alarm: look('1;7', '1;37;41'),
  'table-header': look('1', '1;36'),
  'table-header-sorted': look('1;4', '1;4;32'),
  'header-reverse': look('7', '30;42'),
  rule: GREY,
  selected: look('7', '30;46', '38;5;231;48;5;24', '38;2;255;255;255;48;2;0;95;135'),
  'selected-dim': look('7', '30;47', '38;5;252;48;5;238', '38;2;208;208;208;48;2;68;68;68'),
  pinned: look('1', '1;33'),
  exited: GREY,
  sent: look('', '35', '38;5;176', '38;2;215;135;215'),
  received: look('', '36', '38;5;79', '38;2;95;215;175'),
  // The terminal's own foreground: a light grey cannot be read on a light background.
  tab: look(''),
  'tab-active': look('1;7', '1;30;46', '1;38;5;231;48;5;24', '1;38;2;255;255;255;48;2;0;95;135'),
  key: look('1', '1'),
  'key-label': look('', '36'),
  input: look('4'),
  'input-cursor': look('7'),
  'bar-caption': look('', '36'),
  'bar-bracket': look('1'),
  'bar-text': look('1', '1;90'),
  'cpu-low': look('', '1;34'),
  'cpu-user': look('', '32'),
  'cpu-kernel': look('', '31'),
  'cpu-virt': look('', '36'),
  'cpu-irq': look('', '33'),
  'cpu-softirq': look('', '35'),
  'cpu-steal': look('', '36'),
  'cpu-guest': look('', '36'),
  'cpu-iowait': look('', '1;90'),
  'mem-used': look('', '32'),
  'mem-shared': look('', '35'),
  'mem-compressed': look('', '1;90'),
  'mem-buffers': look('', '1;34'),
  'mem-cache': look('', '33'),
  'mem-available': look('', '36'),
  'swap-used': look('', '31'),
  'swap-cache': look('', '33'),
  'swap-frontswap': look('', '1;90'),
  'load-ok': look('', '32'),
  'load-warn': look('1', '1;33'),
  'load-bad': look('1', '1;31'),
  'load-one': look('1'),
  'load-five': look('1', '1;36'),
  'load-fifteen': look('', '36'),
  'ledger-process': look('', '32'),
  'ledger-kernel': look('', '34'),
  'ledger-forwarded': look('', '36'),
  'ledger-no-socket': look('', '1;90'),
  'ledger-unknown': look('', '33'),
  'ledger-lost': look('1', '1;31'),
};

/** Tokens resolved for one terminal. Tokens that look alike share an id, so that no byte is spent between them. */
export interface Theme {
  /** Id of a token's look, an index into `parameters`. 'normal' is always 0. */
  readonly idOf: Readonly<Record<StyleToken, number>>;
  /** Complete SGR parameters by id, each starting from a reset: '0', '0;1;32'. */
  readonly parameters: readonly string[];
}

/** What a theme changes of the default one; mono has its own tier. */
const CHANGES: Readonly<Record<ThemeName, Partial<Record<StyleToken, Look>>>> = {
  default: {},
  'colour-blind': COLOUR_BLIND,
  'high-contrast': HIGH_CONTRAST,
  mono: {},
};

/** @param brightAsBold for terminals without palette indexes 8-15: bright colours become bold ones. */
export function createTheme(tier: ColorTier, brightAsBold = false, name: ThemeName = 'default'): Theme {
  const looks = { ...LOOKS, ...CHANGES[name] };
  const shown = name === 'mono' ? 'mono' : tier;
  const parameters = ['0'];
  const idOf: Partial<Record<StyleToken, number>> = {};
  for (const token of STYLE_TOKENS) {
    const text = resolve(looks[token], shown, brightAsBold);
    const known = parameters.indexOf(text);
    idOf[token] = known >= 0 ? known : parameters.push(text) - 1;
  }
  return { idOf: idOf as Record<StyleToken, number>, parameters };
}

function resolve(style: Look, tier: ColorTier, brightAsBold: boolean): string {
  const own = parametersFor(style, tier);
  if (own === '') return '0';
  return `0;${brightAsBold ? boldInsteadOfBright(own) : own}`;
}

function parametersFor(style: Look, tier: ColorTier): string {
  switch (tier) {
    case 'mono':
      return style.mono;
    case '16':
      return style.c16;
    case '256':
      return style.c256 ?? style.c16;
    case 'truecolor':
      return style.rgb ?? style.c256 ?? style.c16;
  }
}

/** 90-97 -> 1;30-37 (console_codes(4): the Linux console shows bold as bright). Only called for the 16-colour tier. */
function boldInsteadOfBright(parameters: string): string {
  const rest = parameters.split(';').filter((part) => part !== '1');
  const bright = rest.some((part) => /^9[0-7]$/.test(part));
  const dark = rest.map((part) => (/^9[0-7]$/.test(part) ? String(Number(part) - 60) : part));
  const bold = bright || parameters.split(';').includes('1');
  return [...(bold ? ['1'] : []), ...dark].join(';');
}
