// docs/openapi.json is what the schemas say, and every route of it is a route of the installed API.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { openApiText } from '../../../../scripts/openapi.ts';
import { routes } from '../../../../src/edge/http/routes.ts';

const root = join(import.meta.dirname, '../../../..');

interface FunctionYaml {
  events?: { httpApi?: { method: string; path: string; authorizer: string } }[];
}

test('the committed document is what `npm run openapi` writes', () => {
  expect(readFileSync(join(root, 'docs/openapi.json'), 'utf8')).toBe(openApiText());
});

test('function.yml and the routes name the same, with the same scope', () => {
  const installed = globSync('functions/*/function.yml', { cwd: root }).flatMap((file) =>
    Object.entries(
      parse(readFileSync(join(root, file), 'utf8'), { logLevel: 'error' }) as Record<string, FunctionYaml>,
    ).flatMap(([name, { events = [] }]) =>
      events.flatMap(({ httpApi }) =>
        httpApi === undefined
          ? []
          : [`${name} ${httpApi.method} ${httpApi.path} ${/\.(\w+)\}$/.exec(httpApi.authorizer)?.[1]}`],
      ),
    ),
  );
  const described = routes.map(
    ({ function: name, method, path, scope }) => `${name} ${method.toUpperCase()} ${path} ${scope}`,
  );
  expect(installed.sort()).toEqual(described.sort());
});

test('every reference in it leads somewhere', () => {
  const text = openApiText();
  const document = JSON.parse(text);
  const references = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, reference = '']) => reference);
  expect(references.length).toBeGreaterThan(20);
  for (const reference of references) {
    const found = reference
      .replace(/^#\//, '')
      .split('/')
      .reduce((at, part) => at?.[part], document);
    expect(found, reference).toBeTypeOf('object');
  }
});
