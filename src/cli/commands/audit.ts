// `assent audit`: list, key, prove, verify, export.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuditListDocument,
  auditKey,
  auditList,
  auditProve,
  auditVerify,
  auditVerifyLog,
  type ShownLog,
  shownLog,
  type VerificationDocument,
} from '../../app/audit.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { configuredKeys } from '../../edge/config/configured.ts';
import { type OpenLocal, openLocal } from '../../edge/session.ts';
import type { ExitCode } from '../exit.ts';
import { readText } from '../input.ts';
import type { Io } from '../io.ts';
import { readLog, writeLog } from '../log-folder.ts';
import type { AuditCommandOptions, Work } from '../options.ts';
import { type Paint, painter, plain, table } from '../render/style.ts';

const SHOWN = 50;

export const work: Work<AuditCommandOptions> = async ({ io, options, operands: [what, operand] }) => {
  switch (what) {
    case 'list':
      return inStore(options, async (local) => {
        const document = await auditList(local);
        const text = () => listText(document, painter(io.colour.out));
        io.out(options.format === 'json' ? `${JSON.stringify(document)}\n` : text());
      });
    case 'key':
      return inStore(options, async (local) => {
        const document = await auditKey(local);
        io.out(options.format === 'json' ? `${JSON.stringify(document)}\n` : document.publicKey);
      });
    case 'prove':
      return inStore(options, async (local) => {
        io.out(`${JSON.stringify(await auditProve(local, needed(operand, 'the run to prove')))}\n`);
      });
    case 'export':
      return inStore(options, async (local) => {
        const dir = needed(operand, 'the folder to write into');
        const log = await shownLog(local);
        await writeLog(dir, log);
        io.err(`${entriesWord(log.entries.length)} of the log in ${dir}.\n`);
      });
    case 'verify':
      return verify(io, options, operand);
    default:
      throw usage(`audit cannot "${plain(what ?? '')}".`);
  }
};

async function verify(io: Io, options: AuditCommandOptions, file: string | undefined): Promise<ExitCode> {
  if ((file === undefined) === (options.log === undefined)) throw usage('Verify either a proof or, with --log, a log.');
  const keys =
    options.key.length === 0
      ? await configuredKeys(options.config)
      : await Promise.all(options.key.map(async (key) => ({ publicKey: await keyText(key) })));
  const since = options.since === undefined ? undefined : await readText(options.since);
  const document =
    options.log === undefined
      ? auditVerify(await readText(needed(file, 'the proof')), keys, since)
      : auditVerifyLog(await logIn(options.log), keys, since);
  io.out(
    options.format === 'json' ? `${JSON.stringify(document)}\n` : verificationText(document, painter(io.colour.out)),
  );
  return document.valid ? 0 : 1;
}

/** A log that was exported, or the one in a state folder. */
async function logIn(dir: string): Promise<ShownLog> {
  if (!existsSync(join(dir, 'assent.db'))) return readLog(dir);
  const local = await openLocal(dir);
  try {
    return await shownLog(local);
  } finally {
    await local.close();
  }
}

/** A file of a key, or the key itself. */
async function keyText(given: string): Promise<string> {
  const text = existsSync(given) ? await readText(given) : given;
  if (!text.trimStart().startsWith('{')) return text;
  // What `audit key --format json` has printed.
  const publicKey: unknown = JSON.parse(text).publicKey;
  return typeof publicKey === 'string' ? publicKey : text;
}

async function inStore(
  { state }: Pick<AuditCommandOptions, 'state'>,
  use: (local: OpenLocal) => Promise<void>,
): Promise<ExitCode> {
  const local = await openLocal(state);
  try {
    await use(local);
    return 0;
  } finally {
    await local.close();
  }
}

function needed(operand: string | undefined, what: string): string {
  if (operand === undefined) throw usage(`Name ${what}.`);
  return operand;
}

function usage(message: string): InvalidInput {
  return new InvalidInput('invalid_usage', message, { help: 'assent audit --help' });
}

function listText({ origin, size, entries }: AuditListDocument, paint: Paint): string {
  if (size === 0) return 'Nothing has been signed yet.\n';
  const shown = entries.slice(-SHOWN);
  const earlier = entries.length - shown.length;
  const rows = shown.map(({ index, at, runId, says, result, by = '' }) => [
    paint('dim', String(index)),
    at.replace(/\.\d+Z$/, 'Z'),
    runId,
    paint('bold', says),
    plain(result),
    plain(by),
  ]);
  const before = earlier === 0 ? '' : paint('dim', `… ${earlier} earlier\n`);
  return `${before}${table(rows)}\n${entriesWord(size)} in log ${plain(origin)}.\n`;
}

function entriesWord(n: number): string {
  return n === 1 ? '1 entry' : `${n} entries`;
}

function verificationText({ valid, code, checks }: VerificationDocument, paint: Paint): string {
  const rows = checks.map(({ name, ok, message }) => [
    ok ? paint('green', 'ok') : paint('red', 'no'),
    plain(name),
    plain(message),
  ]);
  const verdict = valid ? paint('green', 'Valid.') : paint('red', `Not valid: ${code ?? ''}.`);
  return `${table(rows)}\n${verdict}\n`;
}
