// Identifiers that this sandbox makes: they look random, are reproducible from a seed, and carry a checksum, so that
// any text can be searched for them and "was made here" is decidable. That is how a property naming a resource that
// does not exist yet, or no longer, is told from one naming something outside the sandbox.

import { createHash } from 'node:crypto';

const ALPHABETS = {
  hex: '0123456789abcdef',
  lower: '0123456789abcdefghijklmnopqrstuvwxyz',
  upper: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  mixed: '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
} as const;
export type Alphabet = keyof typeof ALPHABETS;

/** How many last characters are checksum: a foreign run passes by chance once in 65,536 (hex) to 14 million. */
const CHECK: Record<Alphabet, number> = { hex: 4, lower: 4, upper: 4, mixed: 4, digits: 5 };
const SHORTEST: Record<Alphabet, number> = { hex: 8, lower: 10, upper: 12, mixed: 9, digits: 10 };

const SHAPES: readonly [Alphabet, RegExp][] = [
  ['digits', /^\d+$/],
  ['hex', /^[0-9a-f]+$/],
  ['lower', /^[0-9a-z]+$/],
  ['upper', /^[0-9A-Z]+$/],
  ['mixed', /^[0-9A-Za-z]+$/],
];

/** 32-bit FNV-1a with a final mix: cheap, since every alphanumeric run of every payload is tried. */
function sum(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function check(alphabet: Alphabet, body: string): string {
  const letters = ALPHABETS[alphabet];
  let rest = sum(`assent-sandbox ${alphabet} ${body}`);
  let text = '';
  for (let index = 0; index < CHECK[alphabet]; index++) {
    text += letters[rest % letters.length];
    rest = Math.floor(rest / letters.length);
  }
  return text;
}

/**
 * A run of `length` characters (prefix included) from the seed. The prefix must be letters or digits of the alphabet.
 * At least one digit and one letter are in it, except for `digits`.
 */
export function mint(alphabet: Alphabet, length: number, seed: string, prefix = ''): string {
  const letters = ALPHABETS[alphabet];
  const free = length - prefix.length - CHECK[alphabet];
  for (let round = 0; ; round++) {
    let body = prefix;
    let bytes = stream(seed, round, 0);
    for (let index = 0; index < free; index++) {
      if (index > 0 && index % 32 === 0) bytes = stream(seed, round, index);
      body += letters[(bytes[index % 32] as number) % letters.length];
    }
    const run = body + check(alphabet, body);
    if (shapeOf(run) === alphabet && /\d/.test(body)) return run;
  }
}

const stream = (seed: string, round: number, offset: number): Buffer =>
  createHash('sha256').update(`${seed}\n${round}\n${offset}`).digest();

/** The narrowest alphabet a run is written in: the one its checksum is tried in. */
function shapeOf(run: string): Alphabet | undefined {
  return SHAPES.find(([, shape]) => shape.test(run))?.[0];
}

/** A version 4 UUID with the same property. */
export function mintUuid(seed: string): string {
  for (let round = 0; ; round++) {
    const hex = stream(seed, round, 0).toString('hex');
    const body = `${hex.slice(0, 12)}4${hex.slice(13, 16)}${'89ab'[Number.parseInt(hex[16] as string, 16) % 4]}${hex.slice(17, 28)}`;
    const run = body + check('hex', body);
    if (shapeOf(run) === 'hex') {
      return run.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    }
  }
}

/** Whether an alphanumeric run (a UUID without its dashes) was made by `mint`. */
export function isMinted(run: string): boolean {
  const alphabet = shapeOf(run);
  if (!alphabet || run.length < SHORTEST[alphabet] || run.length > 64 || !/\d/.test(run)) return false;
  const split = run.length - CHECK[alphabet];
  return check(alphabet, run.slice(0, split)) === run.slice(split);
}

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const RUN = /[0-9A-Za-z]{8,64}/g;

/** Every minted run in a text, UUIDs without dashes. */
export function tokensIn(text: string): string[] {
  if (text.length < 8) return [];
  const found: string[] = [];
  const rest = text.includes('-')
    ? text.replace(UUID, (uuid) => {
        const run = uuid.replaceAll('-', '');
        if (isMinted(run)) found.push(run);
        return ' ';
      })
    : text;
  for (const [run] of rest.matchAll(RUN)) if (isMinted(run)) found.push(run);
  return found;
}

/** A number in [0, 1) that depends on the text alone. */
export function fraction(text: string): number {
  return sum(text) / 2 ** 32;
}
