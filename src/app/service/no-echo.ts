// NoEcho parameters of what is asked of the service: their values go apart, to be sealed; nothing else is kept of them.

import type { DeclaredParameter } from '#wasm';
import { TemplateInCore } from '../../core/template.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { concealed, type NoEchoValues } from '../../domain/secret.ts';
import type { Submission } from '../ports/service.ts';

/** What may be kept as it is, and the values that may not: as given, else by default. */
export function apart<Asked extends Pick<Submission, 'template' | 'parameters'>>(
  asked: Asked,
): { open: Asked; secret: NoEchoValues } {
  const declared = noEchoOf(asked);
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

/** Throws InvalidInput `no_echo_not_kept`: a value would have to be sealed for every target by itself. */
export function refuseNoEcho(asked: Pick<Submission, 'template'>): void {
  const declared = noEchoOf(asked);
  if (declared.length === 0) return;
  const names = declared.map(({ name }) => name).join(', ');
  throw new InvalidInput('no_echo_not_kept', `${names}: a deployment to several targets takes no NoEcho parameters.`, {
    help: 'Put the value into Secrets Manager and use a dynamic reference, or deploy each stack by itself.',
  });
}

function noEchoOf({ template: text }: Pick<Submission, 'template'>): DeclaredParameter[] {
  if (text === undefined) return [];
  using template = new TemplateInCore(text);
  return template.declared().filter(({ noEcho }) => noEcho);
}
