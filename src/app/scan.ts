// `scan`: the core's findings over any number of texts, counted, and measured against a baseline and a threshold; and
// those over a plan, for the gate. Nothing is read, called or stored here.
import { createHash } from 'node:crypto';
import type { Context, Finding, FindingSeverity, Problem, RuleResult, ScanAnswer, ScanCall } from '#wasm';
import { type PlannedInCore, TemplateInCore } from '../core/template.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { SuppressedFinding } from '../domain/verdict.ts';

/** A text that may be a template. */
export interface ScanSource {
  text: string;
  /** How findings call it. */
  name: string;
  /** Named by the user: then it has to be a template. One found in a folder may be anything. */
  named: boolean;
}

/** What should have been looked at and was not. */
export interface Unreadable {
  name: string;
  /** Why, a sentence. */
  reason: string;
}

export interface ScanOptions {
  sources: readonly ScanSource[];
  unreadable?: readonly Unreadable[];
  /** Unreadable files are only worth knowing. */
  allowUnreadable?: boolean;
  /** Values of parameters; those left out have their default or are unknown. */
  parameters?: Readonly<Record<string, string>>;
  /** Where it will be deployed to, if that is known. */
  context?: Context;
  /** Fingerprints of findings that are known already. */
  baseline?: ReadonlySet<string>;
  /** False: what a template says should not be reported is reported. */
  suppressions?: boolean;
}

export interface ScanSummary extends Record<FindingSeverity, number> {
  suppressed: number;
  filesScanned: number;
  elapsedMs: number;
}

export interface ScanDocument {
  version: 1;
  kind: 'scan';
  findings: Finding[];
  rules: RuleResult[];
  /** Counts without what is suppressed. */
  summary: ScanSummary;
}

/** From this severity on findings refuse. */
export type FailOn = Exclude<FindingSeverity, 'info'> | 'none';

/** From worst to least. */
export const SEVERITIES: readonly FindingSeverity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** Scans the texts in the order given. Rejects with InvalidInput when one that was named is no template. */
export function scan(options: ScanOptions, now: () => number): ScanDocument {
  const start = now();
  const findings: Finding[] = [];
  const rules: RuleResult[] = [];
  let filesScanned = 0;
  const { parameters = {}, context, baseline = [], suppressions = true } = options;
  const known = { parameters, baseline: [...baseline], noSuppressions: !suppressions };
  const call = { ...known, ...(context === undefined ? {} : { context }) };
  for (const { text, name, named } of options.sources) {
    const answer = scanText(text, { ...call, file: name });
    if (answer.type === 'notTemplate') {
      if (named) throw noTemplate(name, answer.problems);
      continue;
    }
    filesScanned += 1;
    findings.push(...answer.findings);
    rules.push(...answer.rules);
  }
  const severity = options.allowUnreadable === true ? 'info' : 'high';
  findings.push(...(options.unreadable ?? []).map((one) => unreadableFinding(one, severity)));
  const count = (severity: FindingSeverity) => reported(findings).filter((one) => one.severity === severity).length;
  return {
    version: 1,
    kind: 'scan',
    findings,
    rules,
    summary: {
      critical: count('critical'),
      high: count('high'),
      medium: count('medium'),
      low: count('low'),
      info: count('info'),
      suppressed: findings.length - reported(findings).length,
      filesScanned,
      elapsedMs: now() - start,
    },
  };
}

function scanText(text: string, call: ScanCall): ScanAnswer {
  using template = new TemplateInCore(text);
  return template.scan(call);
}

/**
 * What a plan is judged by: the findings over the very values that a deployment of it sends, secrets included. Without
 * `suppressions` none that the template asks for is honoured.
 */
export function findingsOf(planned: PlannedInCore, file: string, suppressions = true): Finding[] {
  const answer = planned.scan({ file, baseline: [], noSuppressions: !suppressions });
  if (answer.type === 'notTemplate') throw noTemplate(file, answer.problems);
  return answer.findings;
}

/** Rule of the findings about what could not be looked at. */
export const UNREADABLE = 'unreadable';

function unreadableFinding({ name, reason }: Unreadable, severity: FindingSeverity): Finding {
  return {
    ruleId: UNREADABLE,
    category: 'template',
    severity,
    title: 'File was not looked at',
    resource: '',
    path: '',
    file: name,
    line: 0,
    column: 0,
    endLine: 0,
    message: `It may be a template and was not looked at: ${reason}`,
    help: 'Make it readable, move it elsewhere, or accept what is not looked at.',
    fingerprint: createHash('sha256').update(`${UNREADABLE}\n${name}`).digest('hex').slice(0, 32),
  };
}

/** Findings that nobody suppressed. */
export function reported(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ suppressed }) => suppressed === undefined);
}

/** Critical and high ones that somebody suppressed: what would have counted. */
export function suppressedFindings(findings: readonly Finding[]): SuppressedFinding[] {
  return findings.flatMap(({ ruleId, severity, resource, file, line, message, suppressed }) =>
    suppressed !== undefined && (severity === 'critical' || severity === 'high')
      ? [{ ruleId, severity, resource, file, line, message, ...suppressed }]
      : [],
  );
}

/** Those that refuse at a threshold. */
export function refusing(findings: readonly Finding[], failOn: FailOn): Finding[] {
  if (failOn === 'none') return [];
  const worst = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  return reported(findings).filter(({ severity }) => worst.includes(severity));
}

/** The findings as a baseline file's text. It holds no message, so nothing of a secret. */
export function baselineText(findings: readonly Finding[]): string {
  const known = findings.map(({ fingerprint, ruleId, file, path }) => ({ fingerprint, ruleId, file, path }));
  return `${JSON.stringify({ version: 1, kind: 'baseline', findings: known }, null, 2)}\n`;
}

/** Fingerprints of a baseline file. Rejects with InvalidInput when it is none. */
export function parseBaseline(text: string, name: string): Set<string> {
  const invalid = (what: string) =>
    new InvalidInput('invalid_baseline', `${name} ${what}.`, {
      help: 'Write one anew.',
      ways: [{ action: 'scan_baseline' }],
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('is not JSON');
  }
  const { kind, version, findings } = (json ?? {}) as { kind?: unknown; version?: unknown; findings?: unknown };
  if (kind !== 'baseline' || !Array.isArray(findings)) throw invalid('is not a baseline');
  if (version !== 1) throw invalid(`is a baseline of version ${String(version)}, which this Assent does not read`);
  return new Set(
    findings.map((finding: { fingerprint?: unknown } | null) => {
      if (typeof finding?.fingerprint !== 'string') throw invalid('has a finding without fingerprint');
      return finding.fingerprint;
    }),
  );
}

function noTemplate(name: string, problems: readonly Problem[]): InvalidInput {
  const [first] = problems;
  return new InvalidInput('no_template', `${name} is no template${first === undefined ? '' : `: ${first.message}`}.`, {
    help: 'Give a CloudFormation template, or a folder with templates.',
    problems,
  });
}
