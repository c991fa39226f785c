// Bounded concurrency.

/** Calls `work` for every item, at most `most` at once, in order; resolves when all have. A rejection ends it. */
export async function pooled<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}
