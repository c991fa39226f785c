// What commands that work on a cloud share: session, signals and progress are opened around the work and closed after
// it, whatever happens.
import type { Control } from '../app/session.ts';
import type { OpenSession } from '../edge/session.ts';
import { openSession } from '../edge/session.ts';
import { type Interrupt, listen } from './interrupt.ts';
import type { Io } from './io.ts';
import type { CloudOptions } from './options.ts';
import { type Progress, progress, SilentProgress } from './progress.ts';
import { count } from './render/style.ts';

/** What the work gets. */
export interface Opened {
  session: OpenSession;
  control: Control;
  interrupt: Interrupt;
  progress: Progress;
}

/** Opens, works, closes. With `jsonl` every event is a line on stdout and stderr stays quiet. */
export async function withSession<T>(
  io: Io,
  options: CloudOptions & { format: string },
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const session = await openSession({ ...options, warn: (message) => io.err(`${message}\n`) });
  const shown = options.format === 'jsonl' ? new SilentProgress() : progress(io, session.clock.now);
  const interrupt = listen({
    first: () => shown.note(stopping(shown.inFlight())),
    last: () => {
      shown.stop();
      io.err('Stopped at once. State is saved; `assent resume` goes on.\n');
    },
  });
  const emit: Control['emit'] = (event) => {
    // Ctrl-C has said so already, with more to it.
    if (event.event !== 'suspending') shown.show(event);
    if (options.format === 'jsonl') io.out(`${JSON.stringify({ version: 1, kind: 'event', ...event })}\n`);
  };
  try {
    return await work({ session, control: { signal: interrupt.signal, emit }, interrupt, progress: shown });
  } finally {
    shown.stop();
    interrupt.stop();
    await session.close();
  }
}

function stopping(inFlight: number): string {
  const waiting =
    inFlight === 0 ? '' : ` Waiting at most 30 s for ${count(inFlight, 'operation')} in flight; none is called off.`;
  return (
    `Interrupted: nothing new is started.${waiting}\n` +
    'Press Ctrl-C again to stop at once; state is saved and `assent resume` goes on.\n'
  );
}
