// Bytes to text. UTF-8 unless they say otherwise: UTF-16 by its mark or its zeros, and what is no UTF-8 but otherwise a
// text is Latin-1, as older editors write it (in the variant of the web, which has the typographic quotes).

/** So much of a file decides. */
const SAMPLE = 4_096;

/** The text; undefined: these bytes are none. A byte order mark is not part of it. */
export function decoded(bytes: Uint8Array): string | undefined {
  const wide = utf16(bytes);
  if (wide !== undefined) return strictly(wide, bytes);
  if (bytes.includes(0)) return undefined;
  return strictly('utf-8', bytes) ?? latin1(bytes);
}

function strictly(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function utf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (bytes.length % 2 === 1) return undefined;
  // Without a mark: nearly every second byte of a template is zero, and none of the others.
  const zeros = [0, 0];
  const sample = bytes.subarray(0, SAMPLE);
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const most = sample.length / 2;
  if (even === 0 && odd > most * 0.7) return 'utf-16le';
  if (odd === 0 && even > most * 0.7) return 'utf-16be';
  return undefined;
}

/** Control characters are the mark of what is no text at all. */
function latin1(bytes: Uint8Array): string | undefined {
  const control = (byte: number) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13;
  return bytes.some((byte) => control(byte) || byte === 127) ? undefined : new TextDecoder('latin1').decode(bytes);
}
