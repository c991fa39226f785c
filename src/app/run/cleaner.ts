// Masks every known secret in texts that came from outside: messages of the cloud, errors of the network, whatever a
// service quotes. One per session; it learns values as they become known and holds them in memory only.
//
// A service rarely quotes a value as it was sent: it stands in JSON, in JSON within JSON, in a URL, in XML, inside a
// larger text in base64. So each value is looked for in all of these. All places are found first and masked together,
// so that no value hides half of another one.
import { Secret } from '../../domain/secret.ts';

/** What stands where a secret stood. */
export const MASK = '********';

/** Shorter values would mask ordinary words. */
const LEAST = 4;
/** Shorter lines of a value occur by chance. */
const LEAST_LINE = 16;
/** Shorter items of a list would mask ordinary words. */
const LEAST_ITEM = 6;

/** Knows secrets and removes them. */
export class Cleaner {
  /** Every form of every value. */
  readonly #forms = new Set<string>();

  /** Learns values, secrets among them; those shorter than four characters are not masked. */
  add(values: Iterable<unknown>): void {
    for (const value of values) {
      for (const text of texts(value instanceof Secret ? value.reveal() : value)) {
        for (const form of forms(text)) this.#forms.add(form);
      }
    }
  }

  /** Whether a text holds any value in any form. */
  finds(text: string): boolean {
    for (const form of this.#forms) if (text.includes(form)) return true;
    return false;
  }

  /** The text with every value masked. */
  text(text: string): string {
    const places: [start: number, end: number][] = [];
    for (const form of this.#forms) {
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) places.push([at, at + form.length]);
    }
    if (places.length === 0) return text;
    places.sort(([left], [right]) => left - right);
    let clean = '';
    let seen = 0;
    let masked = -1;
    for (const [start, end] of places) {
      if (start > masked) clean += text.slice(seen, start) + MASK;
      masked = Math.max(masked, end);
      seen = masked;
    }
    return clean + text.slice(seen);
  }

  /** The value with every text in it masked, keys too. */
  value<T>(value: T): T {
    return this.#value(value) as T;
  }

  /** A message of an error, and those of its causes, masked in place. */
  error<E>(error: E): E {
    for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
      if (this.finds(at.message)) at.message = this.text(at.message);
      if (at.stack !== undefined && this.finds(at.stack)) at.stack = this.text(at.stack);
    }
    return error;
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#value(item)]));
  }
}

/** The texts in a value that give it away: itself, its long lines, its items, the secret members of an object. */
function* texts(value: unknown): Generator<string> {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === undefined) return;
  for (const part of [text, text.trim()]) if (part.length >= LEAST) yield part;
  const lines = text.split(/\r?\n/);
  if (lines.length > 1) for (const line of lines) if (line.trim().length >= LEAST_LINE) yield line.trim();
  // A list of CloudFormation is a text with commas; each item goes to a property of its own.
  const items = text.split(',');
  if (items.length > 1) for (const item of items) if (item.trim().length >= LEAST_ITEM) yield item.trim();
  const object = typeof value === 'string' ? parsed(value) : value;
  if (typeof object !== 'object' || object === null) return;
  for (const [key, member] of Object.entries(object)) {
    if (typeof member === 'string' && member.length >= LEAST && SECRET_KEY.test(key)) yield member;
  }
}

const SECRET_KEY = /pass|secret|token|key|pwd|credential|private/i;

function parsed(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value in every form in which it may be quoted. */
export function forms(value: string): Set<string> {
  const once = escaped(value);
  const twice = escaped(once);
  const plain = new Set([value, once, twice, ascii(value), escaped(ascii(value)), once.replaceAll('/', '\\/')]);
  const found = new Set(plain);
  for (const url of [percent(value), percent(value).replaceAll('%20', '+'), strict(value), form(value)]) {
    found.add(url);
    found.add(url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
    // As a parameter of a URL that is a parameter.
    found.add(percent(url));
  }
  for (const written of xmls(value)) found.add(written);
  for (const text of [value, once]) {
    const bytes = Buffer.from(text);
    found.add(bytes.toString('hex'));
    found.add(bytes.toString('hex').toUpperCase());
    for (const base64 of base64s(bytes)) {
      found.add(base64);
      found.add(base64.replaceAll('+', '-').replaceAll('/', '_'));
      found.add(percent(base64));
      found.add(escaped(base64).replaceAll('/', '\\/'));
    }
  }
  for (const one of found) if (one.length < LEAST) found.delete(one);
  return found;
}

/** Inside the quotes of a JSON text. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** JSON of those who write everything but ASCII as \uXXXX. */
function ascii(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is everything that is not ASCII.
  return escaped(text).replace(/[^\x00-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function percent(text: string): string {
  // A lone surrogate has no encoding.
  return encodeURIComponent(text.toWellFormed());
}

/** RFC 3986, as AWS's signatures have it. */
function strict(text: string): string {
  return percent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** application/x-www-form-urlencoded */
function form(text: string): string {
  return new URLSearchParams([['', text.toWellFormed()]]).toString().slice(1);
}

/** Writers of XML differ in which quotes they replace and by what, and in whether `>` is replaced. */
function* xmls(text: string): Generator<string> {
  for (const greater of ['>', '&gt;']) {
    for (const double of ['"', '&quot;', '&#34;', '&#x22;']) {
      for (const single of ["'", '&apos;', '&#39;', '&#x27;']) {
        const entities: Readonly<Record<string, string>> = {
          '&': '&amp;',
          '<': '&lt;',
          '>': greater,
          '"': double,
          "'": single,
        };
        yield text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
      }
    }
  }
}

const BITS = 6;

/**
 * The base64 characters that bytes give wherever they stand in a larger text: at each of the three alignments without
 * the characters that they share with their neighbours, and once more as its end, where the last one is theirs.
 */
function* base64s(bytes: Buffer): Generator<string> {
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = Math.ceil((before * 8) / BITS);
    yield text.slice(first);
    yield text.slice(first, Math.floor(((before + bytes.length) * 8) / BITS));
  }
}
