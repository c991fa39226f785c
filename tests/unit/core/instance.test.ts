// The door to wasm when the core breaks: traps never reach the next call.
import { expect, test } from 'vitest';
import { drop, instance, isTrap, pure } from '../../../src/core/instance.ts';

/** A real trap: wasm that executes `unreachable`. */
function trap(): never {
  const bytes = Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00],
    ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00, 0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b],
  );
  // The types of WebAssembly are the browser's; Node has the same.
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
  new Instance(new Module(bytes)).exports['f']?.();
  throw new Error('unreachable was reached');
}

interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: Record<string, () => void> };
}

test('a trap is told from an ordinary error', () => {
  expect(isTrap(new Error('no'))).toBe(false);
  let caught: unknown;
  try {
    trap();
  } catch (error) {
    caught = error;
  }
  expect(isTrap(caught)).toBe(true);
});

test('the core is loaded once and again after it was dropped', () => {
  const first = instance();
  expect(instance()).toBe(first);
  drop();
  expect(instance()).not.toBe(first);
  expect(instance().rules).toBeTypeOf('function');
});

test('a pure call that trapped is made once more, in a fresh instance', () => {
  const seen: unknown[] = [];
  const answer = pure('plan', (wasm) => {
    seen.push(wasm);
    return seen.length === 1 ? trap() : 'answer';
  });
  expect(answer).toBe('answer');
  expect(seen[1]).not.toBe(seen[0]);
});

test('a second trap is an internal error, and the broken instance is gone', () => {
  const seen: unknown[] = [];
  const call = () =>
    pure('plan', (wasm) => {
      seen.push(wasm);
      return trap();
    });
  expect(call).toThrow(expect.objectContaining({ code: 'internal_error', kind: 'failed' }));
  expect(seen).toHaveLength(2);
  expect(instance()).not.toBe(seen[1]);
});

test('a malformed call is our bug: an internal error at once, no retry', () => {
  let calls = 0;
  const call = () =>
    pure('plan', () => {
      calls += 1;
      throw new Error('missing field `stack`');
    });
  expect(call).toThrow(/missing field/);
  expect(calls).toBe(1);
});
