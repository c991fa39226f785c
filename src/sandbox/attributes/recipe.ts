// How generated values are written down: a recipe per property, in the order they are made.
//
// Text recipes: `{p}` partition, `{r}` region, `{a}` account, `{name}` an automatic name, `{uuid}`,
// `{hex:17}` `{hex:17:0}` `{lower:10}` `{upper:14:E}` `{mixed:9}` `{digits:10}` minted runs (length, first characters),
// `{Some/Property}` a value of the model. Anything else is a function or a constant.

import { at, type Json, type JsonObject } from '../json.ts';
import { type Alphabet, mint, mintUuid } from '../mint.ts';
import type { ResourceType } from '../shape.ts';

/** One resource in the making. `model` grows while recipes run. */
export interface Making {
  type: ResourceType;
  model: JsonObject;
  account: string;
  region: string;
  partition: string;
  /** Same seed, same values. */
  seed: string;
  /** What nobody named says nothing of its type either. */
  randomNames?: boolean;
  now: number;
  /** Properties of an existing resource. */
  lookup: (typeName: string, identifier: string) => JsonObject | undefined;
}

export type Recipe = string | ((making: Making) => Json | undefined);
/** Property path (with `/`) to recipe, for each type. */
export type Recipes = Readonly<Record<string, Readonly<Record<string, Recipe>>>>;

/** The value of a text property, '' when absent. */
export function text(making: Making, path: string): string {
  const value = at(making.model, path.split('/'));
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The last part of an ARN or path. */
export const tail = (value: string): string =>
  value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf(':')) + 1);

/** Carries a recipe out for the property at `path`. */
export function make(recipe: Recipe, making: Making, path: string): Json | undefined {
  return typeof recipe === 'function' ? recipe(making) : write(recipe, making, path);
}

/** A text recipe. `label` tells several values of one resource apart. */
export function write(recipe: string, making: Making, label: string): string {
  let count = 0;
  return recipe.replace(/\{([^}]+)\}/g, (_, what: string) => {
    const seed = `${making.seed}\n${label}\n${count++}`;
    const [kind = '', length = '', prefix = ''] = what.split(':');
    switch (kind) {
      case 'p':
        return making.partition;
      case 'r':
        return making.region;
      case 'a':
        return making.account;
      case 'uuid':
        return mintUuid(seed);
      case 'name':
        return autoName(making, seed);
      case 'hex':
      case 'lower':
      case 'upper':
      case 'mixed':
      case 'digits':
        return mint(kind satisfies Alphabet, Number(length), seed, prefix);
      default:
        return text(making, what);
    }
  });
}

const LOWERCASE = new Set(
  'S3 ECR RDS Neptune DocDB ElastiCache MemoryDB OpenSearchService Elasticsearch Redshift DMS CodeArtifact Glue DAX S3Tables S3Express'.split(
    ' ',
  ),
);

/** The name a service makes up when none was given: the type's last word and a random part, at most 32 characters. */
function autoName({ type, model, randomNames = false }: Making, seed: string): string {
  const [, service = '', noun = ''] = type.typeName.split('::');
  const lower = LOWERCASE.has(service);
  const fifo = model['FifoQueue'] === true || model['FifoTopic'] === true ? '.fifo' : '';
  if (randomNames) return `${lower ? 'xyz' : 'XYZ'}-${mint('lower', 10, seed)}${fifo}`;
  const start = (lower ? noun.toLowerCase() : noun).slice(0, 19);
  return `${start}-${mint(lower ? 'lower' : 'upper', 12, seed)}${fifo}`;
}

/** The first number from 1 whose identifier no resource of this type has: revisions and versions count up. */
export function nextNumber({ type, lookup }: Making, identifier: (number: number) => string): number {
  let number = 1;
  while (lookup(type.typeName, identifier(number))) number += 1;
  return number;
}

export const isoDate = ({ now }: Making): string => new Date(now).toISOString();
