// The last words of a run: its document for programs, its story for people, and the exit code of both.
import type { RunDocument } from '../app/documents/documents.ts';
import { type ExitCode, exitCodeOf } from './exit.ts';
import type { Io } from './io.ts';
import { type Asked, runText } from './render/run.ts';
import { painter } from './render/style.ts';

/** Prints how a run ended. */
export function conclude(io: Io, document: RunDocument, format: string, asked: Asked): ExitCode {
  if (format === 'text') io.out(runText(document, asked, painter(io.colour.out)));
  else io.out(`${JSON.stringify(document)}\n`);
  return exitCodeOf(document);
}
