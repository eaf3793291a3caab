// Owns: what the themes beside the default one change.
// Knows nothing of: tiers and escape codes.
import type { StyleToken } from '../view/styled-text.ts';
import { type Look, look } from './look.ts';

/** The palette of Okabe and Ito (2008), which all common kinds of colour vision tell apart: no red against green. */
const ORANGE = look('', '33', '38;5;214', '38;2;230;159;0');
const SKY = look('', '96', '38;5;74', '38;2;86;180;233');
const BLUE = look('', '34', '38;5;32', '38;2;0;114;178');
const YELLOW = look('1', '93', '38;5;227', '38;2;240;228;66');
const VERMILLION = look('1', '1;31', '1;38;5;202', '1;38;2;213;94;0');
const PURPLE = look('', '35', '38;5;175', '38;2;204;121;167');

export const COLOUR_BLIND: Partial<Record<StyleToken, Look>> = {
  good: SKY,
  warn: YELLOW,
  bad: VERMILLION,
  sent: ORANGE,
  received: SKY,
  'table-header-sorted': look('1;4', '1;4;93', '1;4;38;5;227', '1;4;38;2;240;228;66'),
  'cpu-low': BLUE,
  'cpu-user': SKY,
  'cpu-kernel': VERMILLION,
  'cpu-virt': PURPLE,
  'cpu-irq': YELLOW,
  'cpu-softirq': PURPLE,
  'cpu-steal': PURPLE,
  'cpu-guest': PURPLE,
  'mem-used': SKY,
  'mem-shared': PURPLE,
  'mem-buffers': BLUE,
  'mem-cache': YELLOW,
  'swap-used': VERMILLION,
  'swap-cache': YELLOW,
  'load-ok': SKY,
  'load-warn': YELLOW,
  'load-bad': VERMILLION,
  'ledger-process': SKY,
  'ledger-kernel': BLUE,
  'ledger-forwarded': PURPLE,
  'ledger-unknown': YELLOW,
  'ledger-lost': VERMILLION,
};

/**
 * Nothing is dim: what steps back elsewhere is plain, what matters is bright and bold. Plain is the terminal's own
 * foreground: a white of ours could not be read on a light background.
 */
const PLAIN = look('');

export const HIGH_CONTRAST: Partial<Record<StyleToken, Look>> = {
  dim: PLAIN,
  exited: look('4'),
  rule: PLAIN,
  tab: PLAIN,
  label: look('', '1;96'),
  good: look('1', '1;92'),
  warn: look('1', '1;93'),
  bad: look('1;7', '1;97;41'),
  sent: look('1', '1;95'),
  received: look('1', '1;96'),
  'key-label': PLAIN,
  'bar-text': look('1', '1;97'),
  selected: look('1;7', '1;30;107'),
  'selected-dim': look('7', '30;47'),
  'tab-active': look('1;7', '1;30;107'),
  'cpu-low': look('', '1;94'),
  'cpu-user': look('', '1;92'),
  'cpu-kernel': look('', '1;91'),
  'cpu-iowait': look('', '1;97'),
  'mem-used': look('', '1;92'),
  'mem-compressed': look('', '1;97'),
  'mem-cache': look('', '1;93'),
  'ledger-kernel': look('', '1;94'),
  'ledger-no-socket': look('', '1;97'),
};
