// A value that must not be shown or kept by accident: it can be read in one way only, which says so.

const SHOWN = '********';

/**
 * Holds a secret. Printed, inspected or put into a text it is masked; made into JSON it throws, so that no mask is taken for
 * the value by whoever reads it back.
 */
export class Secret<T = unknown> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value; for what is sent, compared, sealed or masked, nowhere else. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): never {
    throw new TypeError('a secret has no JSON form');
  }

  /** As `console.log` and `util.inspect` ask for it. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN;
  }
}

/** Values of NoEcho parameters, by name. */
export type NoEchoValues = Readonly<Record<string, Secret<string>>>;

/** The same of values as they were given. */
export function concealed(values: Readonly<Record<string, string>>): NoEchoValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Secret(value)]));
}

/** What is concealed, to be sealed or sent. */
export function revealed<T>(values: Readonly<Record<string, Secret<T>>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.reveal()]));
}
