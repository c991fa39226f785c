// JSON as it was written: numbers keep their digits, a member named twice is refused, and what is wrong is said by place
// alone. JSON.parse rounds what is beyond 2^53 and quotes the text it stumbles over, which may be a secret. (RFC 8259)

/** A number with the digits it was written with. */
export class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type JsonText = string | boolean | null | Digits | JsonText[] | Map<string, JsonText>;

/** What is wrong, and where. */
export class BadJson extends Error {
  override name = 'BadJson';
  readonly line: number;
  readonly column: number;

  constructor(what: string, text: string, at: number) {
    super(what);
    const before = text.slice(0, at).split(/\r\n|\r|\n/);
    this.line = before.length;
    this.column = [...(before.at(-1) ?? '')].length + 1;
  }
}

/** Deeper than anybody writes. */
const DEEPEST = 64;

/** @throws BadJson */
export function readJson(text: string): JsonText {
  return new Reader(text).whole();
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const WORD = /true|false|null/y;
/** Up to its end, escapes included; control characters are none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids exactly these.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const BLANK = /[ \t\r\n]*/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonText {
    const value = this.#value(0);
    if (this.#at < this.#text.length) throw this.#bad('something follows the value');
    return value;
  }

  #value(depth: number): JsonText {
    if (depth > DEEPEST) throw this.#bad('it is nested too deeply');
    this.#take(BLANK);
    const next = this.#text[this.#at];
    const value =
      next === '{'
        ? this.#object(depth)
        : next === '['
          ? this.#list(depth)
          : next === '"'
            ? this.#string()
            : this.#word();
    this.#take(BLANK);
    return value;
  }

  #object(depth: number): Map<string, JsonText> {
    const members = new Map<string, JsonText>();
    this.#members('}', () => {
      const start = this.#at;
      if (this.#text[start] !== '"') throw this.#bad('a name in quotes is expected');
      const name = this.#string();
      this.#take(BLANK);
      if (this.#text[this.#at] !== ':') throw this.#bad('a colon is expected');
      this.#at += 1;
      if (members.has(name)) throw this.#bad('a name is there twice', start);
      members.set(name, this.#value(depth + 1));
    });
    return members;
  }

  #list(depth: number): JsonText[] {
    const items: JsonText[] = [];
    this.#members(']', () => items.push(this.#value(depth + 1)));
    return items;
  }

  /** What stands between brackets, with commas between. */
  #members(end: string, member: () => void): void {
    this.#at += 1;
    this.#take(BLANK);
    if (this.#text[this.#at] === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#take(BLANK);
      member();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== end) throw this.#bad(`a comma or ${end} is expected`);
      this.#at += 1;
      if (next === end) return;
    }
  }

  #string(): string {
    const written = this.#take(STRING);
    if (written === undefined) throw this.#bad('a text does not end, or holds what has to be escaped');
    return JSON.parse(written) as string;
  }

  #word(): JsonText {
    const word = this.#take(WORD);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    const number = this.#take(NUMBER);
    if (number === undefined) throw this.#bad('a value is expected');
    return new Digits(number);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #bad(what: string, at = this.#at): BadJson {
    return new BadJson(what, this.#text, at);
  }
}
