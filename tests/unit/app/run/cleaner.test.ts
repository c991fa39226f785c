import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cleaner, forms, MASK } from '../../../../src/app/run/cleaner.ts';

function cleanerOf(...values: unknown[]): Cleaner {
  const cleaner = new Cleaner();
  cleaner.add(values);
  return cleaner;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

// A value that every way of writing changes.
const SECRET = `p"a/s\\s & <w>'ö+d%`;

test.each<[string, string]>([
  ['as it is', SECRET],
  ['in JSON', JSON.stringify({ p: SECRET })],
  ['in JSON in JSON', JSON.stringify(JSON.stringify({ p: SECRET }))],
  ['in JSON in ASCII', JSON.stringify(SECRET).replace('ö', '\\u00f6')],
  ['in JSON with escaped slashes', JSON.stringify(SECRET).replace('/', '\\/')],
  ['in a URL', `https://x/?p=${encodeURIComponent(SECRET)}&q`],
  ['in a form', new URLSearchParams({ p: SECRET, q: '1' }).toString()],
  ['in a URL of lower case', encodeURIComponent(SECRET).toLowerCase()],
  ['in a URL in a URL', encodeURIComponent(encodeURIComponent(SECRET))],
  ['in XML text', `<p>${SECRET.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</p>`],
  [
    'in an XML attribute',
    `<p v="${SECRET.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')}"/>`,
  ],
  ['in base64', base64(SECRET)],
  ['in base64 after one byte', base64(`a${SECRET}b`)],
  ['in base64 after two bytes', base64(`ab${SECRET}bc`)],
  ['in JSON in base64', base64(JSON.stringify({ pw: SECRET }))],
  ['in base64 of URLs', Buffer.from(`ab${SECRET}`).toString('base64url')],
  ['in hex', Buffer.from(SECRET).toString('hex')],
  ['in hex of upper case', Buffer.from(SECRET).toString('hex').toUpperCase()],
])('a secret is masked %s', (_, text) => {
  const cleaner = cleanerOf(SECRET);
  expect(cleaner.finds(text)).toBe(true);
  const clean = cleaner.text(`before ${text} after`);
  expect(clean).toMatch(/^before .*\*{8}.* after$/s);
  for (const form of forms(SECRET)) expect(clean).not.toContain(form);
});

test('no part of a value stays because another one begins in it or is a part of it', () => {
  expect(cleanerOf('shop', 'shop-2024-x').text('at shop-2024-x now')).toBe(`at ${MASK} now`);
  expect(cleanerOf('abcd', 'cdefgh').text('abcdefgh!')).toBe(`${MASK}!`);
  expect(cleanerOf('hunter22').text('a hunter22 b hunter22')).toBe(`a ${MASK} b ${MASK}`);
});

test('short words and other texts stay as they are', () => {
  expect(cleanerOf('no').text('no on')).toBe('no on');
  expect(cleanerOf('hunter22', undefined).text('nothing of that kind')).toBe('nothing of that kind');
  expect(cleanerOf({ a: 12345 }).text('{"a":12345}')).toBe(MASK);
});

test('what a secret is made of is one: its lines and the secret members of its JSON', () => {
  const key = '-----BEGIN KEY-----\nMIIEvAIBADANBgkqhkiG9w0B\n-----END KEY-----';
  expect(cleanerOf(key).text('bad line MIIEvAIBADANBgkqhkiG9w0B')).toBe(`bad line ${MASK}`);
  expect(cleanerOf('first-item,second-item,no').text('no second-item')).toBe(`no ${MASK}`);
  const json = '{"username":"admin","password":"hunter22"}';
  expect(cleanerOf(json).text('admin may not have hunter22')).toBe(`admin may not have ${MASK}`);
});

test('errors are cleaned with their causes and stacks', () => {
  const error = new Error('outer hunter22', { cause: new Error('inner hunter22') });
  cleanerOf('hunter22').error(error);
  expect(`${error.message} ${error.stack} ${(error.cause as Error).message}`).not.toContain('hunter22');
});

test('whatever the secrets and however they are written into a text, none is left', () => {
  const secret = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 24 }).filter((text) => !/^[*\s]*$/.test(text));
  const noise = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(), noise)),
      (secrets, parts) => {
        const cleaner = cleanerOf(...secrets);
        const text = parts.map(([which, how, between]) => {
          const written = [...forms(secrets[which % secrets.length] ?? '')];
          return `${between}${written[how % written.length] ?? ''}`;
        });
        const clean = cleaner.text(text.join(''));
        // The mask itself may be a part of an odd value.
        const left = clean.split(MASK).filter((piece) => cleaner.finds(piece));
        expect(left).toEqual([]);
      },
    ),
  );
});
