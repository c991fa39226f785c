// `consensus`: votes of a file or a program to one answer. Reads what people naturally write and refuses what it does
// not know, with its place: a misspelt `wieght` must not silently count as 1.

import type { Consensus, ConsensusCall, Method, Quorum, Vote, VoteSeverity, VoteStatus } from '#wasm';
import { consensus } from '../core/calls.ts';
import { InvalidInput } from '../domain/errors.ts';
import { isIllFormed } from '../domain/well-formed.ts';

export const METHODS: readonly Method[] = ['majority', 'weighted', 'bayesian', 'log-pool', 'median', 'dawid-skene'];
export const STATUSES: readonly VoteStatus[] = ['ok', 'abstained', 'timed_out', 'invalid', 'failed'];
export const SEVERITIES: readonly VoteSeverity[] = ['low', 'medium', 'high', 'critical'];

/** One expert's vote as it may be given. */
export type VoteInput = Pick<Vote, 'expert'> & Partial<Vote>;

/** A question with its votes as it may be given; what is left out is explained at the core's `ConsensusCall`. */
export interface ConsensusQuestion extends Partial<Omit<ConsensusCall, 'votes'>> {
  votes: readonly VoteInput[];
}

/** The answer (INTERFACE.md, `consensus`). */
export interface ConsensusDocument extends Consensus {
  version: 1;
  kind: 'consensus';
}

/** Aggregates. Rejects with InvalidInput: `invalid_votes` with every problem, `no_votes`. */
export function aggregate(question: unknown): ConsensusDocument {
  if (isIllFormed(question)) throw refused(['half of a character: an escaped surrogate alone']);
  const problems: string[] = [];
  const call = callFrom(question, problems);
  if (problems.length > 0) throw refused(problems);
  if (call.votes.length === 0) {
    throw new InvalidInput('no_votes', 'There are no votes.', { help: FORM });
  }
  const answer = consensus(call);
  if (answer.type === 'refused') throw refused(answer.problems);
  return { version: 1, kind: 'consensus', ...answer.consensus };
}

/** The question in a file's text. Rejects with InvalidInput `invalid_votes` for what is not JSON. */
export function questionFrom(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInput('invalid_votes', `${name} is not JSON: ${why}`, { help: FORM, cause: error });
  }
}

const FORM =
  'Votes are JSON: {"question": "...", "votes": [{"expert": "ann", "option": "approve", "confidence": 0.9}]}, or the list alone.';

function refused(problems: readonly string[]): InvalidInput {
  const [first = ''] = problems;
  const message = problems.length === 1 ? `${first}.` : `${problems.length} problems; nothing was aggregated.`;
  return new InvalidInput('invalid_votes', message, {
    help: FORM,
    problems: problems.map((problem) => ({
      code: 'invalid_votes',
      severity: 'error',
      message: problem,
      line: 0,
      column: 0,
    })),
  });
}

type Fields = Record<string, unknown>;

function callFrom(question: unknown, problems: string[]): ConsensusCall {
  const call: ConsensusCall = { votes: [] };
  if (!Array.isArray(question) && !isFields(question)) {
    problems.push('the votes are neither an object nor a list');
    return call;
  }
  const fields: Fields = Array.isArray(question) ? { votes: question } : question;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    switch (name) {
      case 'votes':
        if (Array.isArray(value)) call.votes = value.flatMap((vote, at) => voteFrom(vote, `votes[${at}]`, problems));
        else problems.push('votes is not a list');
        break;
      case 'question':
        if (isText(value, name, problems)) call.question = value;
        break;
      case 'options':
      case 'roster':
        if (isTexts(value, name, problems)) call[name] = [...value];
        break;
      case 'quorum':
        if (isFields(value)) {
          const known = ['count', 'fraction', 'lineages'] as const;
          const quorum: Quorum = {};
          for (const [part, n] of Object.entries(value)) {
            const at = known.find((one) => one === part);
            if (at === undefined) problems.push(`quorum.${part} is not a field of a quorum`);
            else if (isNumber(n, `quorum.${part}`, problems)) quorum[at] = n;
            if (at !== undefined && at !== 'fraction' && !isCount(n)) problems.push(`quorum.${part} is not a count`);
          }
          call.quorum = quorum;
        } else if (isNumber(value, name, problems)) call.quorum = value;
        break;
      case 'loss':
        if (areTables(value, name, problems)) call.loss = value;
        break;
      case 'threshold':
      case 'correlation':
        if (isNumber(value, name, problems)) call[name] = value;
        break;
      case 'prior':
        if (areNumbers(value, name, problems)) call.prior = value;
        break;
      case 'method':
        if (METHODS.includes(value as Method)) call.method = value as Method;
        else problems.push(`method is ${shown(value)}; there are ${METHODS.join(', ')}`);
        break;
      default:
        problems.push(`${name} is not a field of a question`);
    }
  }
  if (fields['votes'] === undefined) problems.push('votes is missing');
  return call;
}

/** Other words people use for the option. */
const OPTION = ['option', 'choice', 'vote'];

function voteFrom(given: unknown, at: string, problems: string[]): Vote[] {
  if (!isFields(given)) {
    problems.push(`${at} is not an object`);
    return [];
  }
  const vote: Vote = { expert: '' };
  const chosen = OPTION.filter((name) => given[name] !== undefined && given[name] !== null);
  if (chosen.length > 1) problems.push(`${at} has ${chosen.join(' and ')}, which mean the same`);
  for (const [name, value] of Object.entries(given)) {
    // A null is how other programs write what they do not have.
    if (value === undefined || value === null) continue;
    const place = `${at}.${name}`;
    switch (name) {
      case 'expert':
        if (isText(value, place, problems)) vote.expert = value;
        break;
      case 'option':
      case 'choice':
      case 'vote':
        if (isText(value, place, problems)) vote.option = value;
        break;
      case 'lineage':
        if (isText(value, place, problems)) vote.lineage = value;
        break;
      case 'confidence':
      case 'weight':
      case 'reliability':
      case 'costUsd':
      case 'elapsedMs':
        if (isNumber(value, place, problems)) vote[name] = value;
        break;
      case 'probabilities':
        if (areNumbers(value, place, problems)) vote.probabilities = value;
        break;
      case 'confusion':
        if (areTables(value, place, problems)) vote.confusion = value;
        break;
      case 'severity':
        if (SEVERITIES.includes(value as VoteSeverity)) vote.severity = value as VoteSeverity;
        else problems.push(`${place} is ${shown(value)}; there are ${SEVERITIES.join(', ')}`);
        break;
      case 'status':
        if (STATUSES.includes(value as VoteStatus)) vote.status = value as VoteStatus;
        else problems.push(`${place} is ${shown(value)}; there are ${STATUSES.join(', ')}`);
        break;
      case 'veto':
        if (typeof value === 'boolean') vote.veto = value;
        else problems.push(`${place} is neither true nor false`);
        break;
      case 'reasons': {
        const reasons = typeof value === 'string' ? [value] : value;
        if (isTexts(reasons, place, problems)) vote.reasons = [...reasons];
        break;
      }
      default:
        problems.push(`${place} is not a field of a vote`);
    }
  }
  if (given['expert'] === undefined || given['expert'] === null) problems.push(`${at} names no expert`);
  return [vote];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown, place: string, problems: string[]): value is string {
  if (typeof value === 'string' && value !== '') return true;
  problems.push(`${place} is ${value === '' ? 'empty' : 'not a string'}`);
  return false;
}

function isTexts(value: unknown, place: string, problems: string[]): value is string[] {
  if (Array.isArray(value)) return value.every((one, at) => isText(one, `${place}[${at}]`, problems));
  problems.push(`${place} is not a list of strings`);
  return false;
}

function isNumber(value: unknown, place: string, problems: string[]): value is number {
  if (typeof value === 'number' && Number.isFinite(value)) return true;
  problems.push(`${place} is not a number`);
  return false;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff_ffff;
}

/** An object of names and numbers. */
function areNumbers(value: unknown, place: string, problems: string[]): value is Record<string, number> {
  if (isFields(value)) {
    return Object.entries(value).every(([name, number]) => isNumber(number, `${place}.${name}`, problems));
  }
  problems.push(
    place === 'prior' ? 'prior is not an object of option and probability' : `${place} is not an object of numbers`,
  );
  return false;
}

/** An object of objects of names and numbers. */
function areTables(value: unknown, place: string, problems: string[]): value is Record<string, Record<string, number>> {
  if (isFields(value)) {
    return Object.entries(value).every(([name, row]) => areNumbers(row, `${place}.${name}`, problems));
  }
  problems.push(`${place} is not an object of rows`);
  return false;
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
