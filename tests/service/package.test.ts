// What is uploaded stays small: a function starts sooner, and a reviewer can look at it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { functionPackage } from './support/scripts.ts';

const functions = readdirSync(join(import.meta.dirname, '../../functions'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test.each(functions)('the package of %s is below 1 MB, and the same every time', async (name) => {
  const [one, other] = [await functionPackage(name, ['handler']), await functionPackage(name, ['handler'])];
  expect(one.length).toBeLessThan(1_000_000);
  expect(one.equals(other)).toBe(true);
});
