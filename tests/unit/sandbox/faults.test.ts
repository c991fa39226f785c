// Faults files are checked whole: a typing error is an error, never a rule that silently does nothing.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BadFaults, chooseFault, type FaultRule, parseFaults } from '../../../src/sandbox/faults.ts';
import { Store } from '../../../src/sandbox/store.ts';

const rule = (match: object, fault: object) => ({ rules: [{ match, fault }] });
const throttle = { kind: 'throttle' };

test.each<[why: string, file: unknown, message: RegExp]>([
  ['not an object', [], /an object is wanted/],
  ['no rules', {}, /rules is missing/],
  ['an unknown member', { rules: [], extra: 1 }, /unknown member "extra"/],
  ['an unknown operation', rule({ operation: 'Create' }, throttle), /rules\[0\]\.match\.operation.*"Create"/],
  ['a misspelt match', rule({ operation: 'create', tpye: 'x' }, throttle), /unknown member "tpye"/],
  ['an unknown fault', rule({ operation: 'create' }, { kind: 'explode' }), /"explode" is none of throttle/],
  ['a fault that is a prototype member', rule({ operation: 'create' }, { kind: 'toString' }), /"toString" is none of/],
  ['a missing error code', rule({ operation: 'create' }, { kind: 'fail' }), /errorCode is missing/],
  ['an unknown error code', rule({ operation: 'create' }, { kind: 'fail', errorCode: 'Oops' }), /Oops is none of/],
  ['a poll that fails the operation', rule({ operation: 'poll' }, { kind: 'stuck' }), /only create, update and delete/],
  [
    'hidden reads of an update',
    rule({ operation: 'update' }, { kind: 'notFoundAfterCreate', reads: 1 }),
    /needs operation create/,
  ],
  ['a zeroth match', rule({ operation: 'create', nth: 0 }, throttle), /whole numbers from 1/],
  ['a probability above one', rule({ operation: 'create', probability: 2 }, throttle), /between 0 and 1/],
  ['text for a number', rule({ operation: 'create' }, { kind: 'delay', delayMs: '5' }), /number is wanted/],
])('%s is refused', (_why, file, message) => {
  expect(() => parseFaults(file)).toThrow(BadFaults);
  expect(() => parseFaults(file)).toThrow(message);
});

describe('a rule', () => {
  let dir = '';
  let store: Store;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'assent-faults-'));
    store = new Store(dir);
  });
  afterEach(() => {
    store.close();
    rmSync(dir, { recursive: true });
  });
  const hits = (rules: FaultRule[], count: number, type = 'AWS::S3::Bucket', properties = {}) =>
    Array.from(
      { length: count },
      () => chooseFault(store, rules, { operation: 'CreateResource', type, properties }) !== undefined,
    );

  test('hits every match, or the counted ones', () => {
    expect(hits(parseFaults(rule({ operation: 'create' }, throttle)), 2)).toEqual([true, true]);
    expect(hits(parseFaults(rule({ operation: 'create', nth: [1, 3] }, throttle)), 4)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test('goes on counting when the store is opened again', () => {
    const rules = parseFaults(rule({ operation: 'create', nth: 3 }, throttle));
    expect(hits(rules, 2)).toEqual([false, false]);
    store.close();
    store = new Store(dir);
    expect(hits(rules, 2)).toEqual([true, false]);
  });

  test('looks at type, prefix and properties', () => {
    const of = (match: object) => parseFaults(rule({ operation: 'create', ...match }, throttle));
    expect(hits(of({ type: 'AWS::S3::Bucket' }), 1)).toEqual([true]);
    expect(hits(of({ type: 'AWS::S3::BucketPolicy' }), 1)).toEqual([false]);
    expect(hits(of({ type: 'AWS::S3::*' }), 1)).toEqual([true]);
    expect(hits(of({ properties: { BucketName: 'a' } }), 1, 'x', { BucketName: 'a', Other: 1 })).toEqual([true]);
    expect(hits(of({ properties: { BucketName: 'a' } }), 1, 'x', { BucketName: 'b' })).toEqual([false]);
  });

  test('by probability hits its share, the same ones for the same seed', () => {
    const run = (seed: string) => {
      store.reset();
      return hits(parseFaults(rule({ operation: 'create', probability: 0.3, seed }, throttle)), 1000);
    };
    const first = run('a');
    const share = first.filter(Boolean).length;
    expect(share).toBeGreaterThan(240);
    expect(share).toBeLessThan(360);
    expect(run('a')).toEqual(first);
    expect(run('b')).not.toEqual(first);
  });
});
