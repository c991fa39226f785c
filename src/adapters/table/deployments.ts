// Deployments to several targets on a table: an item with their status, one for each target that was begun, and what was
// judged in a blob.
import type { DeploymentState, DeploymentStatus, Deployments, KeptBrief, TargetNote } from '../../app/ports/service.ts';
import type { Blobs } from '../../app/ports.ts';
import { corrupt, keep, kept, parsed } from './content.ts';
import { keys, TARGET } from './keys.ts';
import { ConditionFailed, itemsOf, type Table } from './table.ts';

export class TableDeployments implements Deployments {
  readonly #table: Table;
  readonly #blobs: Blobs;

  constructor(table: Table, blobs: Blobs) {
    this.#table = table;
    this.#blobs = blobs;
  }

  async begin(id: string, { status, code, expiresAt, brief }: DeploymentState): Promise<void> {
    const fields = {
      status,
      brief: await keep(this.#blobs, 'document', brief),
      ...(code === undefined ? {} : { code }),
      ...(expiresAt === undefined ? {} : { until: expiresAt }),
    };
    try {
      await this.#table.write([{ put: { ...keys.deployment(id), fields }, if: 'absent' }]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  async get(id: string): Promise<DeploymentState | undefined> {
    const item = await this.#table.get(keys.deployment(id));
    if (item === undefined) return undefined;
    const { status, code, until, answer, brief } = item.fields;
    return {
      status: status as DeploymentStatus,
      ...(code === undefined ? {} : { code: String(code) }),
      ...(until === undefined ? {} : { expiresAt: Number(until) }),
      ...(answer === undefined ? {} : { answer: parsed<NonNullable<DeploymentState['answer']>>(answer, 'an answer') }),
      brief: await kept<KeptBrief>(this.#blobs, 'document', String(brief)),
    };
  }

  async move(
    id: string,
    from: DeploymentStatus,
    { status, code, answer }: Pick<DeploymentState, 'status' | 'code' | 'answer'>,
  ): Promise<boolean> {
    const set = {
      status,
      ...(code === undefined ? {} : { code }),
      ...(answer === undefined ? {} : { answer: JSON.stringify(answer) }),
    };
    try {
      await this.#table.write([{ update: keys.deployment(id), set, if: { status: from } }]);
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
  }

  async note(id: string, index: number, note: TargetNote): Promise<void> {
    await this.#table.write([{ put: { ...keys.target(id, index), fields: {}, body: JSON.stringify(note) } }]);
  }

  async notes(id: string): Promise<Map<number, TargetNote>> {
    const notes = new Map<number, TargetNote>();
    for await (const { sk, body } of itemsOf(this.#table, keys.runPartition(id), { prefix: TARGET })) {
      if (body === undefined) throw corrupt(`a target of deployment ${id} is empty`);
      notes.set(Number(sk.slice(TARGET.length)), parsed(body, 'a target'));
    }
    return notes;
  }
}
