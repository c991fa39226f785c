// Arbitrary values for the contracts.
import fc from 'fast-check';
import type { StackRecord } from '../../src/app/ports.ts';
import { CONTEXT, WEB } from './samples.ts';

const name = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/);

const anyResource = fc.record({
  logicalId: name,
  type: fc.string(),
  physicalId: fc.string({ unit: 'binary' }),
  status: fc.constantFrom('complete', 'createFailed', 'updateFailed', 'deleteFailed'),
  attributes: fc.dictionary(fc.string(), fc.jsonValue()),
  applied: fc.jsonValue(),
  dependsOn: fc.array(name),
  deletionPolicy: fc.constantFrom('Delete', 'Retain'),
  updateReplacePolicy: fc.constantFrom('Delete', 'Retain'),
});

/** Any stack, resources sorted by logical id. */
export const jsonStack: fc.Arbitrary<StackRecord> = fc
  .record({
    resources: fc.uniqueArray(anyResource, { selector: (item) => item.logicalId, maxLength: 8 }),
    parameters: fc.dictionary(name, fc.option(fc.string({ unit: 'binary' }))),
    outputs: fc.dictionary(
      name,
      fc.record(
        { value: fc.jsonValue(), description: fc.string(), exportName: fc.string() },
        { requiredKeys: ['value'] },
      ),
    ),
  })
  .map(({ resources, parameters, outputs }) => ({
    key: WEB,
    state: {
      stack: 'web',
      context: CONTEXT,
      parameters,
      resources: resources.sort((a, b) => (a.logicalId < b.logicalId ? -1 : 1)),
    },
    outputs,
  }));
