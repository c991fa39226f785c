// One question to a person at a terminal.
import { createInterface } from 'node:readline/promises';
import { interrupted } from '../app/session.ts';

/** Whether the answer begins with y. An end of input is a no; an abort or Ctrl-C rejects as interrupted. */
export async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  const closed = new AbortController();
  let byCtrlC = false;
  // In raw mode Ctrl-C is a key, not a signal.
  lines.on('SIGINT', () => {
    byCtrlC = true;
    lines.close();
  });
  lines.on('close', () => closed.abort());
  try {
    const answer = await lines.question(question, { signal: AbortSignal.any([signal, closed.signal]) });
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch {
    process.stderr.write('\n');
    if (byCtrlC || signal.aborted) throw interrupted();
    return false;
  } finally {
    lines.close();
  }
}
