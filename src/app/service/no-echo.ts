// NoEcho parameters of what is asked of the service.
import { TemplateInCore } from '../../core/template.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { Submission } from '../ports/service.ts';

/** Their values would have to be kept until the work, and nothing keeps them sealed yet. */
export function refuseNoEcho({ template: text }: Pick<Submission, 'template'>): void {
  if (text === undefined) return;
  using template = new TemplateInCore(text);
  const secret = template.declared().flatMap(({ name, noEcho }) => (noEcho ? [name] : []));
  if (secret.length === 0) return;
  throw new InvalidInput('no_echo_not_kept', `${secret.join(', ')}: the service takes no NoEcho parameters.`, {
    help: 'Put the value into Secrets Manager and use a dynamic reference.',
  });
}
