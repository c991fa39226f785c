// How the circle of experts is composed, in words that a configuration uses, and which of its settings hold for a stack.
import { matchesAny } from './access.ts';

/** A language model that answers for an expert. */
export interface ModelSettings {
  provider: 'openai-compatible' | 'bedrock';
  /** As the provider calls it. */
  name: string;
  /** Where an OpenAI-compatible server is, `https://host/v1`. */
  baseUrl?: string | undefined;
  /** Of Bedrock. */
  region?: string | undefined;
  /** Name of the environment variable that holds its key; the key itself stands nowhere. */
  apiKeyEnv?: string | undefined;
  /** What it is to look at, beside what every expert is told. */
  focus?: string | undefined;
  retries: number;
  maxOutputTokens: number;
  /** US dollars per million tokens. */
  inputUsd: number;
  outputUsd: number;
}

export interface ExpertSettings {
  enabled: boolean;
  weight: number;
  lineage?: string | undefined;
  veto: boolean;
  /** Expected price of an answer: what the budget reserves before it asks. */
  costUsd: number;
  latencyMs: number;
  model?: ModelSettings | undefined;
}

export type StopSettings =
  | { rule: 'lossless' }
  | { rule: 'sprt'; wrongApprovals: number; wrongRefusals: number }
  | { rule: 'evoi'; wrongApprovalUsd: number; wrongRefusalUsd: number; askUsd: number };

/** What may differ from environment to environment. */
export interface Thresholds {
  approve: number;
  refuse: number;
  objection: number;
  errorRate?: number | undefined;
  alwaysAsk: boolean;
}

export interface CircleSettings extends Thresholds {
  experts: Record<string, ExpertSettings>;
  quorum: { count: number; fraction: number; lineages: number };
  stop: StopSettings;
  /** The first that names the stack holds. */
  environments: ({ stacks: string[] } & { [K in keyof Thresholds]?: Thresholds[K] | undefined })[];
  /** Experts asked at a time. */
  wave: number;
  /** An expert has so long. */
  timeoutMs: number;
  /** The whole consultation has so long. */
  deadlineMs: number;
  /** An answer from outside is good for the same question so long; 0: never; absent: a day. */
  rememberMs?: number | undefined;
  budget: { runUsd?: number | undefined; dayUsd?: number | undefined };
}

/** Whose errors go together with whose: models of one name err alike, whoever serves them. Absent: an expert's own. */
export function lineageOf({ lineage, model }: Partial<Pick<ExpertSettings, 'lineage' | 'model'>> = {}) {
  return lineage ?? model?.name;
}

/** The thresholds that hold for a stack. */
export function thresholdsFor(settings: CircleSettings, stack: string): Thresholds {
  const { approve, refuse, objection, errorRate, alwaysAsk } = settings;
  const found = settings.environments.find(({ stacks }) => matchesAny(stacks, stack));
  return {
    approve: found?.approve ?? approve,
    refuse: found?.refuse ?? refuse,
    objection: found?.objection ?? objection,
    errorRate: found?.errorRate ?? errorRate,
    alwaysAsk: found?.alwaysAsk ?? alwaysAsk,
  };
}
