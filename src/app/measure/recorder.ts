// The hot side of measurement: counts into typed arrays, a few nanoseconds each, and never a call into wasm (one costs
// more than the whole record). The buckets are those of wasm-core's `sketch`: exponent and six bits of mantissa.
import { type Counts, encodeSketch } from '../../core/sketch.ts';

// One value's bits, seen as two 32-bit words.
const BITS = new Float64Array(1);
const WORDS = new Uint32Array(BITS.buffer);
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;
const SHIFT = 14;
/** Buckets of one power of two. */
const OCTAVE = 64;

/** Bucket of a positive, finite value; the same as `Sketch::index`. */
export function bucketOf(value: number): number {
  BITS[0] = value;
  return (WORDS[HIGH] as number) >>> SHIFT;
}

/** Values of one series with their quantiles. What is not finite is ignored; what is below zero counts as zero. */
export class Distribution {
  /** Counts of buckets `#base` and following: a window over what has occurred, in whole octaves. */
  #counts = new Float64Array(0);
  #base = 0;
  #zero = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  record(value: number): void {
    if (!(value > 0)) {
      if (value <= 0 && value !== Number.NEGATIVE_INFINITY) {
        this.#zero += 1;
        this.#min = 0;
      }
      return;
    }
    BITS[0] = value;
    const at = ((WORDS[HIGH] as number) >>> SHIFT) - this.#base;
    const count = this.#counts[at];
    if (count === undefined) {
      if (value === Number.POSITIVE_INFINITY) return;
      this.#reach(at + this.#base);
      // Not `this.record`, which a subclass may count by.
      Distribution.prototype.record.call(this, value);
      return;
    }
    this.#counts[at] = count + 1;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** Everything since the last drain, encoded, and starts anew; `undefined` where nothing was recorded. */
  drain(): Uint8Array | undefined {
    const counts = this.#read();
    if (counts === undefined) return undefined;
    // Only what has been encoded is forgotten.
    const sketch = encodeSketch(counts);
    this.#counts.fill(0);
    this.#zero = 0;
    this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = 0;
    return sketch;
  }

  #read(): Counts | undefined {
    // A value above zero leaves a largest value.
    if (this.#max === 0 && this.#zero === 0) return undefined;
    const all = this.#counts;
    let used = 0;
    for (let at = 0; at < all.length; at += 1) if (all[at] !== 0) used += 1;
    const indices = new Uint32Array(used);
    const counts = new Float64Array(used);
    for (let at = 0, next = 0; next < used; at += 1) {
      const count = all[at] ?? 0;
      if (count === 0) continue;
      indices[next] = this.#base + at;
      counts[next] = count;
      next += 1;
    }
    return { indices, counts, zero: this.#zero, sum: this.#sum, min: this.#min, max: this.#max };
  }

  /** Widens the window so that it holds the bucket. */
  #reach(index: number): void {
    const octave = index - (index % OCTAVE);
    const empty = this.#counts.length === 0;
    const base = empty ? octave : Math.min(this.#base, octave);
    const end = empty ? octave + OCTAVE : Math.max(this.#base + this.#counts.length, octave + OCTAVE);
    const wider = new Float64Array(end - base);
    if (!empty) wider.set(this.#counts, this.#base - base);
    this.#counts = wider;
    this.#base = base;
  }
}

/** A total that only grows. It shows from its start, as 0: "never" and "not measured" differ. */
export class Counter {
  #value = 0;
  #told = false;

  /** Adds `n`; what is not a positive finite number is ignored. */
  add(n = 1): void {
    if (n > 0 && n !== Number.POSITIVE_INFINITY) this.#value += n;
  }

  drain(): number | undefined {
    const value = this.#value;
    if (this.#told && value === 0) return undefined;
    this.#told = true;
    this.#value = 0;
    return value;
  }
}

/** The largest value seen. */
export class Maximum {
  #value: number | undefined;

  /** What is not finite is ignored. */
  record(value: number): void {
    if (Number.isFinite(value) && (this.#value === undefined || value > this.#value)) this.#value = value;
  }

  drain(): number | undefined {
    const value = this.#value;
    this.#value = undefined;
    return value;
  }
}
