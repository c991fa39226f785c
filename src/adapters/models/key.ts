// What a model's answer is kept under: the plan, what the scan says of it, the model with all its settings, the prompts.
import { createHash } from 'node:crypto';
import type { ExpertQuestion } from '../../app/ports/experts.ts';
import type { ModelSettings } from '../../domain/circle.ts';
import { PROMPT_VERSION } from './prompt.ts';

/** The same plan, asked in the same way of the same model; SHA-256, hexadecimal. */
export function keyOf(expert: string, settings: ModelSettings, { planDigest, findings }: ExpertQuestion): string {
  const asked = JSON.stringify([
    PROMPT_VERSION,
    expert,
    settings,
    planDigest,
    findings.map(({ ruleId, resource }) => [ruleId, resource]),
  ]);
  return createHash('sha256').update(asked).digest('hex');
}
