// Names to indices, and columns of them that grow: a million rows are a few megabytes. In the end indices are put into
// the order of names, so that nothing computed from them depends on the order in which rows came.

/** No column has more names than this. */
export const MOST_NAMES = 1 << 24;

/** Names of one column; an index is given to each when it is first met. */
export class Names {
  readonly #indices = new Map<string, number>();

  /** Index of a name, a new one if it has none. */
  index(name: string): number {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    const next = this.#indices.size;
    this.#indices.set(name, next);
    return next;
  }

  get size(): number {
    return this.#indices.size;
  }

  /** Names by code unit, and for each index so far its place among them. */
  sorted(): { names: string[]; places: Uint32Array } {
    const names = [...this.#indices.keys()].sort();
    const places = new Uint32Array(names.length);
    for (const [place, name] of names.entries()) places[this.#indices.get(name) as number] = place;
    return { names, places };
  }
}

/** A column of numbers that grows. */
export class Column<T extends Uint32Array | Float64Array> {
  #values: T;
  #length = 0;
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#values = make(1_024);
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const wider = this.#make(2 * this.#length);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  /** What there is so far; shares memory. */
  values(): T {
    return this.#values.subarray(0, this.#length) as T;
  }
}

/** A column of indices. */
export function indices(): Column<Uint32Array> {
  return new Column((length) => new Uint32Array(length));
}

/** A column of numbers. */
export function numbers(): Column<Float64Array> {
  return new Column((length) => new Float64Array(length));
}

/** Each index replaced by its place, where it stands. */
export function replaced(column: Column<Uint32Array>, places: Uint32Array): Uint32Array {
  const values = column.values();
  for (let row = 0; row < values.length; row += 1) values[row] = places[values[row] as number] as number;
  return values;
}
