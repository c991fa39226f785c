// A configuration as text: YAML or JSON, and every mistake with its line and column.
import { existsSync, readFileSync } from 'node:fs';
import { isMap, isNode, isPair, LineCounter, parseDocument } from 'yaml';
import { InvalidInput } from '../../domain/errors.ts';
import { configFrom, type ServiceConfig } from '../service/config.ts';

/**
 * What the file says, with its defaults. Throws InvalidInput: `invalid_config` with every place, `file_not_found`.
 */
export function readConfig(file: string): ServiceConfig {
  if (!existsSync(file)) {
    throw new InvalidInput('file_not_found', `There is no file ${file}.`, {
      help: 'A configuration says who sits in the circle, and who may do what.',
    });
  }
  return configOf(readFileSync(file, 'utf8'), file);
}

/** What a text says. */
export function configOf(text: string, file: string): ServiceConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const broken = (message: string, place = { line: 1, column: 1 }) =>
    new InvalidInput('invalid_config', `${file}:${place.line}:${place.column}: ${message}`, {
      problems: [{ code: 'invalid_config', severity: 'error', message, help: '', ...place }],
    });
  const [error] = document.errors;
  if (error !== undefined) throw broken(error.message.split('\n')[0] ?? '', at(error.pos[0]));
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    // An alias of nothing, or of too much.
    throw broken((thrown as Error).message);
  }
  return configFrom(value, file, (path) => at(offsetOf(document.contents, path)));
}

/** Where the last part of a path that is there begins: its key, or its value in a list. */
function offsetOf(contents: unknown, path: readonly PropertyKey[]): number {
  let node = contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === String(part));
      if (pair === undefined) break;
      offset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else {
      node = (node as { get?(key: unknown, keep: boolean): unknown } | null)?.get?.(part, true);
      if (!isNode(node)) break;
      offset = node.range?.[0] ?? offset;
    }
  }
  return offset;
}
