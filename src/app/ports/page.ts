/** A part of a list; `next` names the part that follows. */
export interface Page<T> {
  items: T[];
  next?: string;
}

/** Which part of a list: `next` of the part before, and how many items at most. */
export interface PageOf {
  next?: string | undefined;
  limit?: number | undefined;
}

/** Every item of a list, page by page. For lists whose length somebody else bounds (a stack's runs, one run's turns). */
export async function* allOf<T>(page: (next?: string) => Promise<Page<T>>): AsyncGenerator<T, void> {
  for (let next: string | undefined; ; ) {
    const { items, next: following } = await page(next);
    yield* items;
    if (following === undefined) return;
    next = following;
  }
}
