// The check of properties in plain TypeScript: the core's own schemas as JSON Schema, compiled by ajv. Compiling is done
// once per type and not measured, as the core's table is made when it is built.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { instance } from '../../../src/core/instance.ts';

/** A mistake as the core tells it. */
export interface Mistake {
  code: 'unknown_property' | 'missing_property' | 'wrong_kind' | 'read_only_property';
  /** `Resources/Id/Properties/…` */
  path: string;
}

/** Mistakes in the properties of a resource. */
export type Check = (logicalId: string, type: string, properties: unknown) => Mistake[];

/** A kind as `schema::json` of the core writes it. */
interface Kind {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'json' | 'list' | 'map' | 'object';
  items?: Kind;
  values?: Kind;
  anyOf?: Kind[];
  $ref?: string;
  properties?: Record<string, Kind>;
  required?: string[];
  additional?: Kind;
}

interface Schema extends Kind {
  definitions: Record<string, Kind>;
  readOnly: string[];
}

// Values that are known only while a plan is carried out; a check says nothing of them.
const SYMBOLIC = { type: 'object', propertyNames: { pattern: '^\\$(ref|att|fn|secret)$' }, minProperties: 1 };

// Values as CloudFormation takes them: scalars may be texts.
const SCALARS = {
  string: { type: ['string', 'number', 'boolean'] },
  integer: { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?\\d+$' }] },
  number: { anyOf: [{ type: 'number' }, { type: 'string', pattern: '^-?[\\d.]+$' }] },
  boolean: { anyOf: [{ type: 'boolean' }, { enum: ['true', 'false'] }] },
} as const;

/** A check for resources of these types. */
export function compiled(types: Iterable<string>): Check {
  const checks = new Map<string, ValidateFunction>();
  for (const type of types) {
    const text = instance().resourceSchema(type);
    if (text === undefined) throw new Error(`no schema of ${type}`);
    checks.set(type, new Ajv({ allErrors: true, strict: false }).compile(jsonSchema(JSON.parse(text))));
  }
  return (logicalId, type, properties) => {
    const check = checks.get(type) as ValidateFunction;
    return check(properties) ? [] : (check.errors ?? []).flatMap((error) => mistake(logicalId, error));
  };
}

function jsonSchema(schema: Schema): object {
  const definitions = Object.entries(schema.definitions).map(([name, kind]) => [name, object(kind, [])]);
  const own = object(schema, schema.readOnly);
  return { definitions: { ...Object.fromEntries(definitions), symbolic: SYMBOLIC }, ...own };
}

function object({ properties = {}, required = [], additional }: Kind, readOnly: readonly string[]): object {
  const members = Object.entries(properties).map(([name, kind]) => [
    name,
    readOnly.includes(name) ? false : value(kind),
  ]);
  const additionalProperties = additional === undefined ? false : value(additional);
  return { type: 'object', properties: Object.fromEntries(members), required, additionalProperties };
}

/** A kind, or something symbolic in its place. */
function value(kind: Kind): object | true {
  const plain = known(kind);
  return plain === true ? true : { anyOf: [plain, { $ref: '#/definitions/symbolic' }] };
}

function known({ type, items, values, anyOf, $ref }: Kind): object | true {
  if ($ref !== undefined) return { $ref: `#/definitions/${$ref}` };
  if (anyOf !== undefined) return { anyOf: anyOf.map(known) };
  if (type === 'list') return { type: 'array', items: value(items as Kind) };
  if (type === 'map') return { type: 'object', additionalProperties: value(values as Kind) };
  return type === undefined || type === 'json' || type === 'object' ? true : SCALARS[type];
}

function mistake(logicalId: string, error: ErrorObject): Mistake[] {
  // Said once more of what stands around it, and of the alternative that it is symbolic.
  if (error.keyword === 'anyOf' || error.schemaPath.includes('/symbolic/')) return [];
  const place = `Resources/${logicalId}/Properties${error.instancePath}`;
  switch (error.keyword) {
    case 'additionalProperties':
      return [{ code: 'unknown_property', path: `${place}/${error.params['additionalProperty']}` }];
    case 'required':
      return [{ code: 'missing_property', path: `${place}/${error.params['missingProperty']}` }];
    case 'false schema':
      return [{ code: 'read_only_property', path: place }];
    default:
      return [{ code: 'wrong_kind', path: place }];
  }
}
