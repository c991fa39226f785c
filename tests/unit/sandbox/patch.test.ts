// RFC 6902: a table of cases written for this project, and random patches against a slow, obvious oracle.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/sandbox/json.ts';
import { applyPatch, MalformedPatch, PatchFailed, parsePatch } from '../../../src/sandbox/patch.ts';

const patch = (document: Json, operations: Json): Json => applyPatch(document, parsePatch(operations));

describe('a patch applies', () => {
  const cases: [why: string, document: Json, operations: Json, expected: Json][] = [
    ['add a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['add replaces an existing member', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['add inserts before an item', [1, 3], [{ op: 'add', path: '/1', value: 2 }], [1, 2, 3]],
    ['add at the length appends', [1], [{ op: 'add', path: '/1', value: 2 }], [1, 2]],
    ['add at - appends', { a: [1] }, [{ op: 'add', path: '/a/-', value: [2] }], { a: [1, [2]] }],
    ['add at the root replaces everything', { a: 1 }, [{ op: 'add', path: '', value: 7 }], 7],
    ['remove a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['remove an item shifts the rest', [1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
    ['replace keeps the place of an item', [1, 2, 3], [{ op: 'replace', path: '/1', value: 9 }], [1, 9, 3]],
    ['move within an array counts after the removal', [1, 2, 3], [{ op: 'move', from: '/0', path: '/2' }], [2, 3, 1]],
    ['move to itself changes nothing', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
    [
      'copy is deep',
      { a: { b: 1 } },
      [
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'replace', path: '/c/b', value: 2 },
      ],
      { a: { b: 1 }, c: { b: 2 } },
    ],
    [
      '~1 and ~0 in keys, once',
      { 'a/b': 1, '~1': 2 },
      [
        { op: 'test', path: '/a~1b', value: 1 },
        { op: 'test', path: '/~01', value: 2 },
      ],
      { 'a/b': 1, '~1': 2 },
    ],
    ['an empty key', { '': 1 }, [{ op: 'replace', path: '/', value: 2 }], { '': 2 }],
    ['a key that is a number', { 0: 'a' }, [{ op: 'remove', path: '/0' }], {}],
    [
      'test ignores the order of keys',
      { a: { b: 1, c: 2 } },
      [{ op: 'test', path: '/a', value: { c: 2, b: 1 } }],
      { a: { b: 1, c: 2 } },
    ],
    [
      'null is a value',
      { a: null },
      [
        { op: 'test', path: '/a', value: null },
        { op: 'add', path: '/b', value: null },
      ],
      { a: null, b: null },
    ],
    [
      '__proto__ is a key like any other',
      {},
      [
        { op: 'add', path: '/__proto__', value: { a: 1 } },
        { op: 'remove', path: '/__proto__/a' },
      ],
      JSON.parse('{"__proto__":{}}'),
    ],
  ];
  test.each(cases)('%s', (_why, document, operations, expected) => {
    const before = structuredClone(document);
    expect(JSON.stringify(patch(document, operations))).toBe(JSON.stringify(expected));
    expect(document).toEqual(before);
  });
});

describe('a patch fails and changes nothing', () => {
  const cases: [why: string, document: Json, operations: Json][] = [
    ['remove of what is absent', { a: 1 }, [{ op: 'remove', path: '/b' }]],
    ['replace of what is absent', { a: 1 }, [{ op: 'replace', path: '/b', value: 1 }]],
    ['add under an absent parent', { a: 1 }, [{ op: 'add', path: '/b/c', value: 1 }]],
    ['add into a scalar', { a: 1 }, [{ op: 'add', path: '/a/b', value: 1 }]],
    ['an index beyond the end', [1], [{ op: 'add', path: '/2', value: 1 }]],
    ['an index with a leading zero', [1, 2], [{ op: 'remove', path: '/01' }]],
    ['a negative index', [1], [{ op: 'remove', path: '/-1' }]],
    ['- where something must be', [1], [{ op: 'remove', path: '/-' }]],
    ['a test of another number', { a: 1 }, [{ op: 'test', path: '/a', value: 2 }]],
    ['a test of text against a number', { a: 1 }, [{ op: 'test', path: '/a', value: '1' }]],
    ['a test of arrays in another order', [[1, 2]], [{ op: 'test', path: '/0', value: [2, 1] }]],
    ['a test of a subset', { a: { b: 1, c: 2 } }, [{ op: 'test', path: '/a', value: { b: 1 } }]],
    ['a move into its own child', { a: { b: 1 } }, [{ op: 'move', from: '/a', path: '/a/c' }]],
    ['an inherited property', {}, [{ op: 'remove', path: '/toString' }]],
    [
      'a late failure after good operations',
      { a: 1 },
      [
        { op: 'add', path: '/b', value: 1 },
        { op: 'test', path: '/a', value: 2 },
      ],
    ],
  ];
  test.each(cases)('%s', (_why, document, operations) => {
    const before = JSON.stringify(document);
    expect(() => patch(document, operations)).toThrow(PatchFailed);
    expect(JSON.stringify(document)).toBe(before);
  });
});

test.each<[why: string, operations: Json]>([
  ['no array', { op: 'add' }],
  ['an operation that is no object', ['add']],
  ['an unknown op', [{ op: 'merge', path: '/a', value: 1 }]],
  ['no path', [{ op: 'remove' }]],
  ['a path without a slash', [{ op: 'remove', path: 'a' }]],
  ['a bad escape', [{ op: 'remove', path: '/a~2' }]],
  ['no value', [{ op: 'add', path: '/a' }]],
  ['no from', [{ op: 'move', path: '/a' }]],
  ['an unknown member', [{ op: 'remove', path: '/a', value: 1 }]],
])('%s is not a patch', (_why, operations) => {
  expect(() => parsePatch(operations)).toThrow(MalformedPatch);
});

// The oracle knows documents as flat lists of leaves and containers, and rebuilds them: nothing shared with patch.ts.
type Slow =
  | { kind: 'leaf'; value: Json }
  | { kind: 'list'; items: Slow[] }
  | { kind: 'map'; entries: [string, Slow][] };
const slow = (value: Json): Slow =>
  Array.isArray(value)
    ? { kind: 'list', items: value.map(slow) }
    : typeof value === 'object' && value !== null
      ? { kind: 'map', entries: Object.entries(value).map(([key, item]) => [key, slow(item)]) }
      : { kind: 'leaf', value };
const fast = (node: Slow): Json =>
  node.kind === 'leaf'
    ? node.value
    : node.kind === 'list'
      ? node.items.map(fast)
      : (Object.fromEntries(node.entries.map(([key, item]) => [key, fast(item)])) as JsonObject);

/** Rewrites the node at the path's parent by `edit`; undefined when the path leads nowhere. */
function rewrite(node: Slow, path: string[], edit: (parent: Slow, last: string) => Slow | undefined): Slow | undefined {
  const [head, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) return edit(node, head);
  if (node.kind === 'list') {
    const index = node.items.findIndex((_, at) => String(at) === head);
    const changed = index < 0 ? undefined : rewrite(node.items[index] as Slow, rest, edit);
    return changed && { kind: 'list', items: node.items.map((item, at) => (at === index ? changed : item)) };
  }
  if (node.kind === 'map') {
    const found = node.entries.find(([key]) => key === head);
    const changed = found && rewrite(found[1], rest, edit);
    return changed && { kind: 'map', entries: node.entries.map(([key, item]) => [key, key === head ? changed : item]) };
  }
  return undefined;
}

function oracle(document: Json, op: 'add' | 'remove' | 'replace', path: string[], value: Json): Json | undefined {
  const result = rewrite(slow(document), path, (parent, last) => {
    if (parent.kind === 'leaf') return undefined;
    if (parent.kind === 'map') {
      const without = parent.entries.filter(([key]) => key !== last);
      const had = without.length < parent.entries.length;
      if (op !== 'add' && !had) return undefined;
      return { kind: 'map', entries: op === 'remove' ? without : [...without, [last, slow(value)]] };
    }
    const at = last === '-' ? parent.items.length : parent.items.findIndex((_, index) => String(index) === last);
    const place = op === 'add' && last === String(parent.items.length) ? parent.items.length : at;
    if (place < 0 || (op !== 'add' && place >= parent.items.length)) return undefined;
    const middle = op === 'remove' ? [] : [slow(value)];
    return {
      kind: 'list',
      items: [...parent.items.slice(0, place), ...middle, ...parent.items.slice(op === 'add' ? place : place + 1)],
    };
  });
  return result && fast(result);
}

test('random operations do what a slow rewriting of the document does', () => {
  const key = fc.constantFrom('a', 'b', '0', '1', '2', '-', '', '/', '~');
  const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Json>(null, true, 0, 1, 'x'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<Json>,
    ),
  }));
  const pointer = fc.array(key, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(json, fc.constantFrom('add', 'remove', 'replace'), pointer, json, (document, op, path, value) => {
      const text = path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
      const operation = op === 'remove' ? { op, path: text } : { op, path: text, value };
      const expected = oracle(document, op, path, value);
      const before = JSON.stringify(document);
      if (expected === undefined) expect(() => patch(document, [operation])).toThrow(PatchFailed);
      else expect(patch(document, [operation])).toEqual(expected);
      expect(JSON.stringify(document)).toBe(before);
    }),
    { numRuns: 5_000 },
  );
});
