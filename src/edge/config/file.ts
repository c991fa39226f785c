// A configuration as text: YAML or JSON, and every mistake with its line and column.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { InvalidInput } from '../../domain/errors.ts';
import { configFrom, type ServiceConfig } from '../service/config.ts';

/**
 * What the file says, with its defaults. Throws InvalidInput: `invalid_config` with every place, `file_not_found`,
 * `file_is_directory`, `file_not_text`.
 */
export function readConfig(file: string): ServiceConfig {
  if (!existsSync(file)) {
    throw new InvalidInput('file_not_found', `There is no file ${file}.`, {
      help: 'A configuration says who sits in the circle, and who may do what.',
    });
  }
  if (statSync(file).isDirectory()) throw new InvalidInput('file_is_directory', `${file} is a directory, not a file.`);
  return configOf(textOf(file), file);
}

function textOf(file: string): string {
  const bytes = readFileSync(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidInput('file_not_text', `${file} is not UTF-8 text.`, { cause });
  }
}

/** What a text says. */
export function configOf(text: string, file: string): ServiceConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const broken = (message: string, place = { line: 1, column: 1 }) =>
    new InvalidInput('invalid_config', `${file}:${place.line}:${place.column}: ${message}`, {
      problems: [{ code: 'invalid_config', severity: 'error', message, help: '', ...place }],
    });
  const [error] = document.errors;
  if (error !== undefined) {
    const several = error.code === 'MULTIPLE_DOCS';
    throw broken(several ? 'A second document begins here' : error.message, at(error.pos[0]));
  }
  // As a key of an object it would vanish, and what it says with it.
  const lost = offsetOfKey(document, '__proto__');
  if (lost !== undefined) throw broken('__proto__ is no name', at(lost));
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    // An alias of nothing, or of too much.
    throw broken((thrown as Error).message);
  }
  return configFrom(value, file, (path) => at(offsetOf(document.contents, path)));
}

/** Where a key of this name begins that is somewhere in the document. */
function offsetOfKey(document: Document.Parsed, name: string): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key) || key.value !== name) return undefined;
      offset = key.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
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
