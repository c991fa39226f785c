// Streams that remember what was written to them.
import type { Io } from '../../src/cli/io.ts';

export interface Captured extends Io {
  stdout: string;
  stderr: string;
}

/** No terminal, no colour, unless asked for. */
export function captured(more: Partial<Pick<Io, 'colour' | 'live' | 'interactive'>> = {}): Captured {
  const io: Captured = {
    stdout: '',
    stderr: '',
    out: (text) => {
      io.stdout += text;
    },
    err: (text) => {
      io.stderr += text;
    },
    colour: { out: false, err: false },
    live: false,
    interactive: false,
    width: () => ({}),
    lost: () => undefined,
    size: () => ({ columns: 80, rows: 24 }),
    ...more,
  };
  return io;
}
