// The streams of a command: results to stdout, everything else to stderr. The only place that writes to either, so
// that commands run in tests without a process.

/** Where a command writes, and what is on the other end. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Colour may be used on stdout / stderr. */
  colour: { out: boolean; err: boolean };
  /** stderr is a terminal that can be redrawn. */
  live: boolean;
  /** A person can be asked. */
  interactive: boolean;
  /** What lines of stdout have room for; nothing where it is no terminal. */
  width(): { columns?: number };
  /** Why something that was written is lost, though somebody is there to read it; undefined: nothing is. */
  lost(): string | undefined;
  /** Size of the terminal that stderr is. */
  size(): { columns: number; rows: number };
}

/** The process's own streams. A reader that goes away (EPIPE) does not stop the work: a deployment goes on unseen. */
export function processIo(environment: { noColour: boolean; dumb: boolean }): Io {
  const { stdout, stderr, stdin } = process;
  let lost: string | undefined;
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') lost ??= error.message;
    });
  }
  const colour = (stream: NodeJS.WriteStream) => stream.isTTY === true && !environment.noColour && !environment.dumb;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    colour: { out: colour(stdout), err: colour(stderr) },
    live: stderr.isTTY === true && !environment.dumb,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    width: () => (stdout.isTTY === true && stdout.columns > 0 ? { columns: stdout.columns } : {}),
    lost: () => lost,
    size: () => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 }),
  };
}

/** Resolves when everything written so far has left the process. */
export async function flush(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
  );
}
