// A cloud and its facts as everybody may see them: no text that they answer or fail with holds a secret that is known.
// What `facts.secret` gives is learned on the way. Values themselves (models, parameters) pass as they are: which of
// them come from secrets only the plan knows.
import type { Answer, Cloud, Facts } from '../ports.ts';
import type { Cleaner } from './cleaner.ts';

/** The cloud with clean messages. */
export function cleanedCloud(cloud: Cloud, cleaner: Cleaner): Cloud {
  const clean = <T>(answer: Answer<T>): Answer<T> =>
    answer.ok ? answer : { ok: false, error: { ...answer.error, message: cleaner.text(answer.error.message) } };
  const progressed = <T extends { message?: string }>(answer: Answer<T>): Answer<T> => {
    if (!answer.ok || answer.value.message === undefined) return clean(answer);
    return { ok: true, value: { ...answer.value, message: cleaner.text(answer.value.message) } };
  };
  const failing = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error: unknown) => {
      throw cleaner.error(error);
    });
  return {
    create: (call) => failing(cloud.create(call)).then(progressed),
    update: (call) => failing(cloud.update(call)).then(progressed),
    delete: (call) => failing(cloud.delete(call)).then(progressed),
    poll: (token) => failing(cloud.poll(token)).then(progressed),
    cancel: (token) => failing(cloud.cancel(token)).then(progressed),
    get: (call) => failing(cloud.get(call)).then(clean),
    listRequests: (next) => failing(cloud.listRequests(next)).then(clean),
    listResources: (call) => failing(cloud.listResources(call)).then(clean),
    list: (...of) => failing(cloud.list(...of)).then(clean),
    close: () => cloud.close(),
  };
}

/** The facts with clean errors; secrets that they give are known from then on. */
export function cleanedFacts(facts: Facts, cleaner: Cleaner): Facts {
  const failing = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error: unknown) => {
      throw cleaner.error(error);
    });
  return {
    identity: () => failing(facts.identity()),
    lookup: (lookup) => failing(facts.lookup(lookup)),
    async secret(id) {
      const value = await failing(facts.secret(id));
      cleaner.add([value]);
      return value;
    },
  };
}
