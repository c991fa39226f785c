// The file behind `--targets`, and the templates that it names.
import { dirname, resolve } from 'node:path';
import type { TargetWanted } from '../app/targets/brief.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Bounds } from '../domain/targets.ts';
import { targetsFrom } from '../edge/targets.ts';
import { readText } from './input.ts';
import type { DeployCommandOptions } from './options.ts';

/** What goes where, and within which bounds. */
export interface TargetsRead extends Bounds {
  wanted: TargetWanted[];
}

/** What is said for all targets; a target's own word counts more. */
export interface ForAll {
  /** The command line's template. */
  template: string | undefined;
  parameters: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
}

/** Reads it; templates lie relative to it. Rejects with InvalidInput. */
export async function readTargets(path: string, forAll: ForAll): Promise<TargetsRead> {
  const { targets, maxConcurrency, toleratedFailures } = targetsFrom(await parsed(path), path);
  const texts = new Map<string, Promise<string>>();
  const read = (name: string, from: string) => {
    const place = name === '-' ? name : resolve(from, name);
    const text = texts.get(place) ?? readText(place);
    texts.set(place, text);
    return text;
  };
  const wanted = await Promise.all(
    targets.map(async ({ template: own, parameters, tags, ...target }) => {
      const name = own ?? forAll.template;
      if (name === undefined) {
        throw new InvalidInput('invalid_targets', `${path}: target ${target.stack} has no template.`, {
          help: 'Name one in the file, or one for all on the command line.',
        });
      }
      const text = await read(name, own === undefined ? '.' : dirname(path));
      return {
        target: withoutUndefined(target),
        template: { text, name },
        parameters: { ...forAll.parameters, ...parameters },
        tags: { ...forAll.tags, ...tags },
      };
    }),
  );
  return { wanted, maxConcurrency, toleratedFailures };
}

/** Throws InvalidInput for what can be meant for one stack only. */
export function refuseOfOne({ stack, import: imports, moved }: DeployCommandOptions): void {
  const meant = [
    ...(stack === undefined ? [] : ['--stack']),
    ...(imports.length === 0 ? [] : ['--import']),
    ...(moved.length === 0 ? [] : ['--moved']),
  ];
  if (meant.length === 0) return;
  throw new InvalidInput('invalid_usage', `${meant.join(', ')}: with --targets the file says which stacks are meant.`);
}

async function parsed(path: string): Promise<unknown> {
  const text = await readText(path);
  // Loaded here: most command lines read no YAML but templates, and those the core reads.
  const { parse } = await import('yaml');
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    const why = (error as Error).message.split('\n')[0] ?? '';
    throw new InvalidInput('invalid_targets', `${path} is neither YAML nor JSON: ${why}`);
  }
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
