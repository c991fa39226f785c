// Values that stacks of one place give each other by name.
import type { Place, StackKey } from '../../domain/stack.ts';
import type { Page, PageOf } from './page.ts';
import type { Lease } from './runs.ts';

/** An export name and whose it is. */
export interface Export {
  name: string;
  owner: StackKey;
  /** Absent until the run that claims it has ended. */
  value?: unknown;
}

/**
 * Export names belong to one stack of a place. They change under that stack's lease only: what a worker that has been
 * superseded still writes is refused with LeaseLost.
 */
export interface Exports {
  get(place: Place, name: string): Promise<Export | undefined>;
  list(place: Place, page?: PageOf): Promise<Page<Export>>;
  /**
   * Takes a name for the lease's stack, or gives it another value; without one the value it has stays. Resolves with the
   * owner that has it, if that is another.
   */
  claim(lease: Lease, wanted: Pick<Export, 'name' | 'value'>): Promise<StackKey | undefined>;
  /** Gives a name back; nothing happens when another owns it. */
  release(lease: Lease, name: string): Promise<void>;
  /** Notes that a stack of the same place uses the export. */
  addImporter(name: string, importer: StackKey): Promise<void>;
  removeImporter(name: string, importer: StackKey): Promise<void>;
  importers(place: Place, name: string, page?: PageOf): Promise<Page<StackKey>>;
}
