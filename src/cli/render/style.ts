// Colours and small formats that all renderers share.
import { stripVTControlCharacters } from 'node:util';

export { plain } from '../../domain/plain.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

const CODES: Record<Colour, readonly [number, number]> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** A {@link Paint} for a stream with or without colour. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_, text) => text;
  return (name, text) => {
    const [on, off] = CODES[name];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

/** `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** As {@link duration}, in whole seconds: for what is redrawn many times a second. */
export function seconds(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1_000));
  return whole < 60 ? `${whole} s` : duration(whole * 1_000);
}

/** `1 resource`, `2 resources`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Columns padded to their widest cell; the last one is left as it is. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
    });
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
      );
      return `${indent}${cells.join('  ')}`.trimEnd();
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** Cells a text takes, escape sequences not counted. */
export function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** The text cut to a number of cells. Only for text without escape sequences. */
export function cut(text: string, cells: number): string {
  const letters = [...text];
  return letters.length <= cells ? text : `${letters.slice(0, Math.max(0, cells - 1)).join('')}…`;
}
