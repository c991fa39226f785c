// NoEcho parameters of what is asked of the service: their values go apart, to be sealed; nothing else is kept of them.

import type { DeclaredParameter } from '#wasm';
import { TemplateInCore } from '../../core/template.ts';
import { concealed, type NoEchoValues } from '../../domain/secret.ts';
import type { Submission, TargetsSubmission } from '../ports/service.ts';

/** What may be kept as it is, and the values that may not: as given, else by default. */
export function apart<Asked extends Pick<Submission, 'template' | 'parameters'>>(
  asked: Asked,
  declared = noEchoOf(asked.template),
): { open: Asked; secret: NoEchoValues } {
  if (declared.length === 0) return { open: asked, secret: {} };
  const { parameters = {} } = asked;
  const names = new Set(declared.map(({ name }) => name));
  const secret = declared.flatMap(({ name, default: preset }) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : preset;
    return value === undefined ? [] : [[name, value] as const];
  });
  const open = Object.entries(parameters).filter(([name]) => !names.has(name));
  return { open: { ...asked, parameters: Object.fromEntries(open) }, secret: concealed(Object.fromEntries(secret)) };
}

/** The same for several targets; the values are by the index of the target that they are for. */
export function apartByTarget(asked: TargetsSubmission): {
  open: TargetsSubmission;
  secrets: Map<number, NoEchoValues>;
} {
  const { template, parameters: common = {} } = asked;
  const secrets = new Map<number, NoEchoValues>();
  // Most targets share one template, which may be large.
  const known = new Map<string | undefined, DeclaredParameter[]>();
  const declaredBy = ({ template: own = template }: Pick<Submission, 'template'>) => {
    const declared = known.get(own) ?? noEchoOf(own);
    known.set(own, declared);
    return declared;
  };
  const hidden = asked.targets.map((target) => new Set(declaredBy(target).map(({ name }) => name)));
  // Of what is given for all, a name that one target hides is given to each of the others by itself.
  const shared = Object.keys(common).filter((name) => hidden.some((names) => names.has(name)));
  const targets = asked.targets.map((target, index) => {
    const names = hidden[index] ?? new Set();
    const { secret } = apart({ parameters: { ...common, ...target.parameters } }, declaredBy(target));
    if (Object.keys(secret).length > 0) secrets.set(index, secret);
    const given = Object.fromEntries(shared.map((name) => [name, common[name] ?? '']));
    const own = Object.entries({ ...given, ...target.parameters }).filter(([name]) => !names.has(name));
    return names.size === 0 && shared.length === 0 ? target : { ...target, parameters: Object.fromEntries(own) };
  });
  if (secrets.size === 0 && shared.length === 0) return { open: asked, secrets };
  const rest = Object.entries(common).filter(([name]) => !shared.includes(name));
  return { open: { ...asked, parameters: Object.fromEntries(rest), targets }, secrets };
}

/** Names of NoEcho parameters that a value is given for; a default stands in the template for everybody. */
export function secretsGiven(asked: Submission | TargetsSubmission): string[] {
  const several = 'targets' in asked ? asked.targets : [{}];
  const names = several.flatMap(({ template = asked.template, parameters }: Partial<Submission>) => {
    const given = { ...asked.parameters, ...parameters };
    return noEchoOf(template).flatMap(({ name }) => (Object.hasOwn(given, name) ? [name] : []));
  });
  return [...new Set(names)];
}

function noEchoOf(text: string | undefined): DeclaredParameter[] {
  if (text === undefined) return [];
  using template = new TemplateInCore(text);
  return template.declared().filter(({ noEcho }) => noEcho);
}
