// Language models as experts, through the AI SDK: each is asked twice, in two phrasings; what it says is checked and no more
// than a vote. Weight, veto and lineage are the policy's.
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, type LanguageModel } from 'ai';
import type { Vote } from '#wasm';
import type { ExpertQuestion, Experts } from '../../app/ports/experts.ts';
import type { CircleSettings, ModelSettings } from '../../domain/circle.ts';
import { AssentError, InvalidInput } from '../../domain/errors.ts';
import { briefOf } from './brief.ts';
import { answer, type ModelAnswer, prompts } from './prompt.ts';

/** What one call said and cost. */
interface Said {
  answer: ModelAnswer | undefined;
  costUsd: number;
}

/** The models of a configuration. `environment`: where keys are looked up. Throws InvalidInput when a key is not there. */
export function openModels(settings: CircleSettings, environment: (name: string) => string | undefined): Experts {
  const models = new Map<string, { model: LanguageModel; settings: ModelSettings }>();
  for (const [expert, { model, enabled }] of Object.entries(settings.experts)) {
    if (model !== undefined && enabled)
      models.set(expert, { model: languageModel(expert, model, environment), settings: model });
  }
  return {
    async ask(expert, question, signal) {
      const found = models.get(expert);
      if (found === undefined) throw new AssentError('unknown_expert', `Nobody answers for the expert ${expert}.`);
      return voteOf(expert, found, question, signal);
    },
  };
}

async function voteOf(
  expert: string,
  { model, settings }: { model: LanguageModel; settings: ModelSettings },
  question: ExpertQuestion,
  signal: AbortSignal,
): Promise<Vote> {
  const { brief, named } = briefOf(question);
  const asked = prompts(brief, settings.focus).map((prompt) => sayOne(model, settings, prompt, signal));
  const ended = await Promise.allSettled(asked);
  const said = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  const costUsd = said.reduce((sum, { costUsd: cost }) => sum + cost, 0);
  const none = (status: 'failed' | 'invalid' | 'abstained', why: string): Vote => ({
    expert,
    status,
    reasons: [why],
    costUsd,
  });
  if (said.length < ended.length) return none('failed', 'the model could not be asked');
  const answers = said.flatMap(({ answer: one }) => (one === undefined ? [] : [one]));
  const [first, second] = answers;
  if (first === undefined || second === undefined)
    return none('invalid', 'the model did not answer in the form that was asked for');
  if (first.option !== second.option) return none('abstained', 'its answer changes with the wording of the question');
  if (first.option === 'abstain') return none('abstained', named(first.reasons.join('; ')));
  const severity = first.severity ?? second.severity;
  return {
    expert,
    option: first.option,
    confidence: Math.min(first.confidence, second.confidence),
    reasons: first.reasons.map(named),
    costUsd,
    ...(severity === null ? {} : { severity }),
  };
}

async function sayOne(
  model: LanguageModel,
  { retries, maxOutputTokens, inputUsd, outputUsd }: ModelSettings,
  { system, prompt }: { system: string; prompt: string },
  abortSignal: AbortSignal,
): Promise<Said> {
  const { text, usage } = await generateText({
    model,
    system,
    prompt,
    maxRetries: retries,
    maxOutputTokens,
    temperature: 0,
    abortSignal,
  });
  const costUsd = ((usage.inputTokens ?? 0) * inputUsd + (usage.outputTokens ?? 0) * outputUsd) / 1_000_000;
  return { answer: read(text), costUsd };
}

/** The one object that was asked for, also inside a code fence; everything else is no answer. */
function read(text: string): ModelAnswer | undefined {
  const bare = text.trim().replace(/^```(?:json)?\s*\n([\s\S]*)\n```$/, '$1');
  try {
    const found = answer.safeParse(JSON.parse(bare));
    return found.success ? found.data : undefined;
  } catch {
    return undefined;
  }
}

function languageModel(
  expert: string,
  { provider, name, baseUrl, region, apiKeyEnv }: ModelSettings,
  environment: (name: string) => string | undefined,
): LanguageModel {
  const apiKey = apiKeyEnv === undefined ? undefined : environment(apiKeyEnv);
  if (apiKeyEnv !== undefined && apiKey === undefined) {
    throw new InvalidInput(
      'environment_invalid',
      `The model of ${expert} needs the variable ${apiKeyEnv}, which is not set.`,
    );
  }
  const key = apiKey === undefined ? {} : { apiKey };
  if (provider === 'bedrock') {
    const where = {
      ...(region === undefined ? {} : { region }),
      ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    };
    return createAmazonBedrock({ ...where, ...key })(name);
  }
  return createOpenAICompatible({ name: expert, baseURL: baseUrl ?? '', ...key })(name);
}
