// Parameter values and tags from the command line and from files.
import { InvalidInput } from '../domain/errors.ts';
import { readText } from './input.ts';
import { BadJson, Digits, type JsonText, readJson } from './json-text.ts';

/**
 * `NAME=VALUE` pairs to a map; the value may hold `=` and may be empty. The last one given wins. A refusal quotes nothing:
 * what is no pair may be a secret.
 */
export function pairs(given: readonly string[], option: string): Record<string, string> {
  const values = given.map((pair, index) => {
    const at = pair.indexOf('=');
    if (at <= 0) {
      const which = given.length === 1 ? '' : ` (value ${index + 1} of ${given.length})`;
      throw new InvalidInput('invalid_usage', `${option} takes NAME=VALUE${which}.`);
    }
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  // Not by assignment, which a name such as __proto__ would turn into something else.
  return Object.fromEntries(values);
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
 * numbers, booleans, or lists of them (joined by commas, as CloudFormation's list types want). A refusal says where, and
 * quotes nothing of the file.
 */
export function parseParameterFile(text: string, name: string): Record<string, string> {
  const json = read(text.replace(/^\ufeff/, ''), name);
  if (Array.isArray(json)) return Object.fromEntries(json.map((item, index) => keyAndValue(item, index, name)));
  if (!(json instanceof Map)) throw invalid(`${name} holds neither a list of parameters nor an object.`);
  return Object.fromEntries([...json].map(([key, value]) => [key, scalar(value, key, name)]));
}

function read(text: string, name: string): JsonText {
  try {
    return readJson(text);
  } catch (error) {
    if (!(error instanceof BadJson)) throw error;
    const { line, column, message } = error;
    throw invalid(`${name}:${line}:${column}: this is not JSON: ${message}.`, otherFormat(text));
  }
}

/** The way out for those who gave another kind of file. */
function otherFormat(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const first = lines.find((line) => line !== '' && !line.startsWith('#') && !line.startsWith(';')) ?? '';
  if (/^(export\s+)?[A-Za-z_][\w.-]*\s*=/.test(first)) {
    return 'These look like lines NAME=VALUE (a .env file). Write {"NAME": "VALUE"}, or give each by --parameters NAME=VALUE.';
  }
  if (/^(---|[A-Za-z_][\w.-]*\s*:(\s|$)|-\s)/.test(first)) return 'This looks like YAML. Write it as JSON.';
  return 'Write {"NAME": "VALUE"}, or the list of ParameterKey and ParameterValue that CloudFormation takes.';
}

const FIELDS = new Set(['ParameterKey', 'ParameterValue', 'UsePreviousValue', 'ResolvedValue']);

function keyAndValue(item: JsonText, index: number, name: string): [string, string] {
  if (!(item instanceof Map)) throw invalid(`${name}: item ${index + 1} is no object.`);
  const unknown = [...item.keys()].find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw invalid(`${name}: item ${index + 1} has an unknown field ${unknown}.`);
  const key = item.get('ParameterKey');
  if (typeof key !== 'string') throw invalid(`${name}: item ${index + 1} has no ParameterKey.`);
  if (item.get('UsePreviousValue') === true)
    throw invalid(`${name}: ${key} says UsePreviousValue; leave it out, that is what happens then.`);
  return [key, scalar(item.get('ParameterValue'), key, name)];
}

function scalar(value: JsonText | undefined, key: string, name: string): string {
  if (typeof value === 'string') return value;
  if (value instanceof Digits) return value.text;
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map((item) => scalar(item, key, name)).join(',');
  throw invalid(`${name}: the value of ${key} must be a string, a number, a boolean or a list of them.`);
}

function invalid(message: string, help?: string): InvalidInput {
  return new InvalidInput('invalid_parameters_file', message, help === undefined ? {} : { help });
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
