// Owns: every escape code that is ever written; the only file that spells one (ECMA-48, xterm's control sequences).
// Knows nothing of: what is drawn, styles by meaning (theme.ts) and when bytes are written.

const ESC = '\x1b';
const CSI = `${ESC}[`;

/** Cursor to a cell; row and column count from 0 here, from 1 on the wire. */
export function moveTo(row: number, column: number): string {
  return `${CSI}${row + 1};${column + 1}H`;
}

/** Select Graphic Rendition from its parameters: '0', '0;1;32'. */
export function sgr(parameters: string): string {
  return `${CSI}${parameters}m`;
}

const RESET_STYLE = sgr('0');
/** Clears from the cursor to the right edge in the current background. */
export const ERASE_TO_END_OF_LINE = `${CSI}K`;
export const CLEAR_SCREEN = `${CSI}2J`;
export const SHOW_CURSOR = `${CSI}?25h`;
export const HIDE_CURSOR = `${CSI}?25l`;
/** Synchronized output (mode 2026): the terminal shows the frame at its end. Terminals without it ignore the mode. */
export const BEGIN_FRAME = `${CSI}?2026h`;
export const END_FRAME = `${CSI}?2026l`;

const ALTERNATE_SCREEN_ON = `${CSI}?1049h`;
const ALTERNATE_SCREEN_OFF = `${CSI}?1049l`;
/** Without autowrap the bottom-right cell can be written without scrolling. */
const AUTOWRAP_OFF = `${CSI}?7l`;
const AUTOWRAP_ON = `${CSI}?7h`;
/** Button presses and drags (1002) in the SGR form (1006), which knows no column limit. Not 1015. */
const MOUSE_ON = `${CSI}?1002h${CSI}?1006h`;
const MOUSE_OFF = `${CSI}?1006l${CSI}?1002l`;
const BRACKETED_PASTE_ON = `${CSI}?2004h`;
const BRACKETED_PASTE_OFF = `${CSI}?2004l`;

/** Takes the screen over. Raw mode comes first; see system-views, 11.1. */
export function enterSequence(mouse: boolean): string {
  return ALTERNATE_SCREEN_ON + HIDE_CURSOR + AUTOWRAP_OFF + (mouse ? MOUSE_ON : '') + BRACKETED_PASTE_ON + CLEAR_SCREEN;
}

/**
 * Gives the screen back: the reverse of entering, for whatever state the terminal is in, also in the middle of a frame
 * or of an escape sequence (its first byte, ESC, ends any unfinished one). Writing it twice does no harm.
 */
export const LEAVE_SEQUENCE =
  END_FRAME + BRACKETED_PASTE_OFF + MOUSE_OFF + AUTOWRAP_ON + RESET_STYLE + SHOW_CURSOR + ALTERNATE_SCREEN_OFF;

/** Puts a text on the terminal's clipboard: OSC 52 with the selection `c`, base64 (xterm's control sequences). */
export function clipboardSequence(text: string): string {
  return `${ESC}]52;c;${Buffer.from(text).toString('base64')}${ESC}\\`;
}
