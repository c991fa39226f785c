// Parameter values and tags from the command line and from files.
import { InvalidInput } from '../domain/errors.ts';
import { readText } from './input.ts';

/** `NAME=VALUE` pairs to a map; the value may hold `=` and may be empty. The last one given wins. */
export function pairs(given: readonly string[], option: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const pair of given) {
    const at = pair.indexOf('=');
    if (at <= 0) {
      throw new InvalidInput('invalid_usage', `${option} takes NAME=VALUE, not ${JSON.stringify(pair)}.`);
    }
    values[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return values;
}

/** Values of a file and of `--parameters`; those on the command line win. */
export async function parameterValues(
  file: string | undefined,
  given: readonly string[],
): Promise<Record<string, string>> {
  const fromFile = file === undefined ? {} : parseParameterFile(await readText(file), file);
  return { ...fromFile, ...pairs(given, '--parameters') };
}

/**
 * Reads CloudFormation's `[{"ParameterKey", "ParameterValue"}]`, or one JSON object of names to values: strings,
 * numbers, booleans, or lists of them (joined by commas, as CloudFormation's list types want).
 */
export function parseParameterFile(text: string, name: string): Record<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw invalid(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (Array.isArray(json)) return Object.fromEntries(json.map((item, index) => keyAndValue(item, index, name)));
  if (!isObject(json)) throw invalid(`${name} holds neither a list of parameters nor an object.`);
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, scalar(value, key, name)]));
}

function keyAndValue(item: unknown, index: number, name: string): [string, string] {
  if (!isObject(item)) throw invalid(`${name}: item ${index + 1} is no object.`);
  const { ParameterKey: key, ParameterValue: value, UsePreviousValue: previous, ...rest } = item;
  const [unknown] = Object.keys(rest).filter((field) => field !== 'ResolvedValue');
  if (unknown !== undefined) throw invalid(`${name}: item ${index + 1} has an unknown field ${unknown}.`);
  if (typeof key !== 'string') throw invalid(`${name}: item ${index + 1} has no ParameterKey.`);
  if (previous === true)
    throw invalid(`${name}: ${key} says UsePreviousValue; leave it out, that is what happens then.`);
  return [key, scalar(value, key, name)];
}

function scalar(value: unknown, key: string, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map((item) => scalar(item, key, name)).join(',');
  throw invalid(`${name}: the value of ${key} must be a string, a number, a boolean or a list of them.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): InvalidInput {
  return new InvalidInput('invalid_parameters_file', message);
}

/** `--allow-data-loss`: logical ids with commas between, or `all`. */
export function lossesOf(text: string | undefined): readonly string[] | 'all' {
  if (text === undefined) return [];
  return text.trim() === 'all'
    ? 'all'
    : text
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== '');
}
