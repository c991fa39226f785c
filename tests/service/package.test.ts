// What is uploaded stays small: a function starts sooner, and a reviewer can look at it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { functionPackage } from './support/scripts.ts';

const folder = join(import.meta.dirname, '../../functions');
const handlers = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) =>
    readdirSync(join(folder, name))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [name, file.slice(0, -3)] as const),
  );

test.each(handlers)('the package of %s/%s is below 900 kB', async (name, handler) => {
  expect((await functionPackage(name, [handler])).length).toBeLessThan(900_000);
});

test('a package is the same every time: what did not change is not uploaded again', async () => {
  const [one, other] = [await functionPackage('scan', ['handler']), await functionPackage('scan', ['handler'])];
  expect(one.equals(other)).toBe(true);
});
