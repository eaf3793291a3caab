// Owns: a real terminal emulator (@xterm/headless) as the oracle of the renderer: bytes in, cells out.
// Knows nothing of: our buffers; what it returns is what a person would see.
import xterm from '@xterm/headless';
import { codePointWidth } from '../src/base/text-width.ts';

export interface Emulator {
  write(bytes: string): Promise<void>;
  resize(columns: number, rows: number): void;
  /** One string a cell: character, width and style as the emulator holds them. */
  cells(): string[][];
  /** The screen as text, one line a row. */
  lines(): string[];
  cursor(): { readonly row: number; readonly column: number };
  dispose(): void;
}

/** @param widths 'ours': the emulator agrees with our width table; 'old': Unicode 6, where emoji take one cell */
export function createEmulator(columns: number, rows: number, widths: 'ours' | 'old' = 'ours'): Emulator {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  if (widths === 'ours') {
    terminal.unicode.register({
      version: 'ours',
      wcwidth: (point) => codePointWidth(point),
      charProperties: properties,
    });
    terminal.unicode.activeVersion = 'ours';
  }
  const buffer = () => terminal.buffer.active;
  return {
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    resize: (toColumns, toRows) => terminal.resize(toColumns, toRows),
    cells: () => Array.from({ length: terminal.rows }, (_, row) => rowCells(terminal, row)),
    lines: () =>
      Array.from(
        { length: terminal.rows },
        (_, row) =>
          buffer()
            .getLine(buffer().viewportY + row)
            ?.translateToString() ?? '',
      ),
    cursor: () => ({ row: buffer().cursorY, column: buffer().cursorX }),
    dispose: () => terminal.dispose(),
  };
}

/** xterm's packing: state << 3 | width << 1 | joins the cell before. */
function properties(point: number, preceding: number): number {
  const width = codePointWidth(point);
  if (width === 0 && preceding !== 0) return (((preceding >> 1) & 3) << 1) | 1;
  return width << 1;
}

function rowCells(terminal: InstanceType<typeof xterm.Terminal>, row: number): string[] {
  const active = terminal.buffer.active;
  const line = active.getLine(active.viewportY + row);
  return Array.from({ length: terminal.cols }, (_, column) => {
    const cell = line?.getCell(column);
    if (cell === undefined) return '?';
    const style = [
      cell.getFgColorMode(),
      cell.getFgColor(),
      cell.getBgColorMode(),
      cell.getBgColor(),
      cell.isBold() ? 'b' : '',
      cell.isDim() ? 'd' : '',
      cell.isItalic() ? 'i' : '',
      cell.isUnderline() ? 'u' : '',
      cell.isInverse() ? 'r' : '',
    ].join(',');
    // An erased cell and a written space look the same.
    return `${cell.getWidth() === 0 ? '' : cell.getChars() || ' '}|${cell.getWidth()}|${style}`;
  });
}
