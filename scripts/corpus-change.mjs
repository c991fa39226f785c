// Makes the change that corpus.mjs plans over a deployed template: one property that can be updated in place and one
// that only a new resource can have, each of the first resource where the schema offers one. Used by corpus.mjs.
import { createRequire } from 'node:module';
import { parseDocument, visit } from 'yaml';

const { resourceSchema } = createRequire(import.meta.url)('#wasm');

const NAMES =
  'And Base64 Cidr Condition Equals FindInMap GetAZs GetStackOutput If ImportValue Join Length Not Or Select Split Sub ToJsonString Transform Contains EachMemberEquals EachMemberIn RefAll ValueOf ValueOfAll';
const long = (name, plain) => {
  if (name === 'Ref' || name === 'Condition') return { [name]: plain };
  if (name === 'GetAtt' && typeof plain === 'string') {
    const dot = plain.indexOf('.');
    return { 'Fn::GetAtt': [plain.slice(0, dot), plain.slice(dot + 1)] };
  }
  return { [`Fn::${name}`]: plain };
};
const customTags = ['', 'seq', 'map'].flatMap((collection) =>
  `Ref GetAtt ${NAMES}`.split(' ').map((name) => ({
    tag: `!${name}`,
    ...(collection === '' ? {} : { collection }),
    resolve: (value) => long(name, typeof value === 'string' ? value : value.toJSON()),
  })),
);

/**
 * A template as JSON in long form, by YAML 1.1 as the core reads it. What JavaScript would spell otherwise (numbers such
 * as 1.10, dates) stays a text.
 */
export function asJson(text) {
  const document = parseDocument(text, { customTags, schema: 'yaml-1.1', version: '1.1' });
  visit(document, {
    Scalar(_, node) {
      const other = typeof node.value === 'number' && String(node.value) !== node.source;
      if (other || node.value instanceof Date) node.value = node.source;
    },
  });
  return document.toJS({ maxAliasCount: 10_000 });
}

const top = (path) => path.split('/')[0];
const isPlain = (value) => value === undefined || ['string', 'number', 'boolean'].includes(typeof value);

/** Names under which a resource of a type may be created anew beside the old one. */
const fresh = (name, value) =>
  typeof value === 'string' && value !== '' ? `${value}-2`.slice(-60) : `corpus-${name.toLowerCase()}`;

/** `{update, replace}`: `{logicalId, type, property}` of each change made in `template`, absent where none fits. */
export function change(template, deployed) {
  const there = new Map(deployed.map((one) => [one.logicalId, one]));
  const made = {};
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    if (!there.has(logicalId)) continue;
    const schema = JSON.parse(resourceSchema(resource.Type) ?? 'null');
    if (schema === null || !schema.handlers.read || !schema.handlers.update) continue;
    resource.Properties ??= {};
    const { Properties: given } = resource;
    if (made.update === undefined && made.replace?.logicalId !== logicalId) {
      const property = updated(schema, given);
      if (property !== undefined) {
        made.update = { logicalId, type: resource.Type, property };
        continue;
      }
    }
    if (made.replace === undefined) {
      const property = renamed(schema, given);
      if (property !== undefined) made.replace = { logicalId, type: resource.Type, property };
    }
  }
  return made;
}

/** Adds a tag, or says something else in a description. */
function updated(schema, given) {
  const fixed = new Set([...schema.createOnly, ...schema.conditionalCreateOnly, ...schema.readOnly].map(top));
  const { property, shape, updatable } = schema.tagging ?? {};
  if (
    updatable &&
    shape === 'keyValueList' &&
    !fixed.has(property) &&
    (given[property] === undefined || Array.isArray(given[property]))
  ) {
    given[property] = [...(given[property] ?? []), { Key: 'corpus', Value: 'changed' }];
    return property;
  }
  if (schema.properties.Description?.type === 'string' && !fixed.has('Description') && isPlain(given.Description)) {
    given.Description = 'changed by the corpus run';
    return 'Description';
  }
  return undefined;
}

/** Gives another name, or another text to what only a new resource can have. */
function renamed(schema, given) {
  const property = schema.createOnly.find(
    (path) =>
      !path.includes('/') &&
      /Name$|Description$/.test(path) &&
      schema.properties[path]?.type === 'string' &&
      isPlain(given[path]),
  );
  if (property === undefined) return undefined;
  given[property] = fresh(property, given[property]);
  return property;
}
