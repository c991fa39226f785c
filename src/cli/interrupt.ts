// Ctrl-C and SIGTERM: the first asks for an end in good order, the second ends the process at once. Either way the
// state is in the store, and `resume` goes on.

/** Signals being listened to; `stop` gives them back. */
export interface Interrupt {
  signal: AbortSignal;
  stop(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const INTERRUPTED = 130;

/** `first` says what happens now; `last` runs before the process ends on the second signal. */
export function listen({ first, last }: { first: () => void; last: () => void }): Interrupt {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      last();
      process.exit(INTERRUPTED);
    }
    controller.abort();
    first();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
