// Scans over HTTP: answered at once, and kept for whoever is told where to look. Only what was found is kept, not the
// template nor what was given for its parameters; findings quote no secret, and no value of a NoEcho parameter.
import { ResourceNotFound } from '../../domain/errors.ts';
import type { ScanHead, Scans } from '../ports/service.ts';
import { type Clock, NO_TRACER, type Tracer } from '../ports.ts';
import { type ScanDocument, type ScanOptions, scan } from '../scan.ts';
import type { Caller } from './access.ts';

/** Scans, and keeps the document under `id`. Rejects as `scan`, and with NotAllowed before anything is looked at. */
export async function requestScan(
  { scans, clock, tracer = NO_TRACER }: { scans: Scans; clock: Clock; tracer?: Tracer },
  options: ScanOptions,
  { caller, id, stack }: { caller: Caller; id: string; stack?: string | undefined },
): Promise<ScanDocument> {
  caller.demand('read', stack);
  const named = stack === undefined ? {} : { stack };
  const document = await tracer.within('scan', named, async () => scan(options, clock.now));
  const head: ScanHead = { id, by: caller.by, at: clock.now(), ...named };
  await tracer.within('keep', named, () => scans.keep(head, document));
  return document;
}

/**
 * A scan that was kept, for whoever may read its stack. One that names none is for who asked for it, and for who may read
 * every stack. Rejects with ResourceNotFound, and with NotAllowed.
 */
export async function showScan(
  { scans, tracer = NO_TRACER }: { scans: Scans; tracer?: Tracer },
  id: string,
  caller: Caller,
): Promise<ScanDocument> {
  caller.demand('read');
  const head = await tracer.within('find', {}, () => scans.head(id));
  if (head === undefined) throw unknownScan(id);
  const { by, stack } = head;
  if (stack !== undefined) caller.demand('read', stack);
  // Only a pattern of every name is about no name, too.
  else if (by !== caller.by) caller.demand('read', '');
  const document = await tracer.within('read', {}, () => scans.document(id));
  if (document === undefined) throw unknownScan(id);
  return document;
}

function unknownScan(id: string): ResourceNotFound {
  return new ResourceNotFound(`There is no scan ${id}, or it was more than a week ago.`, { help: 'Scan again.' });
}
