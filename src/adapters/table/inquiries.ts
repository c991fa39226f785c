// Inquiries on a table: a head for a week, question and answer in blobs. Beside them the newest report of drift of each
// stack, and the document of each plan that was asked for.
import type { Inquiries, Inquiry, InquiryAnswer, InquiryHead } from '../../app/ports/service.ts';
import type { Blobs } from '../../app/ports.ts';
import type { StackKey } from '../../domain/stack.ts';
import { keep, kept } from './content.ts';
import { keys } from './keys.ts';
import { ConditionFailed, type ItemKey, type Table } from './table.ts';

const LIVES_S = 7 * 24 * 60 * 60;

export class TableInquiries implements Inquiries {
  readonly #table: Table;
  readonly #blobs: Blobs;

  constructor(table: Table, blobs: Blobs) {
    this.#table = table;
    this.#blobs = blobs;
  }

  async keep({ id, kind, stack, by, at, account, region }: InquiryHead, inquiry: Inquiry): Promise<string> {
    const question = await keep(this.#blobs, 'document', inquiry);
    const expiresAt = Math.ceil(at / 1_000) + LIVES_S;
    const place = { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
    const fields = { kind, stack, by, at, question, ...place };
    await this.#table.write([{ put: { ...keys.inquiry(id), fields, expiresAt }, if: 'absent' }]);
    return question;
  }

  async head(id: string): Promise<InquiryHead | undefined> {
    const item = await this.#table.get(keys.inquiry(id));
    if (item === undefined) return undefined;
    const { kind, stack, by, at, account, region, question } = item.fields;
    const place = {
      digest: String(question),
      ...(account === undefined ? {} : { account: String(account) }),
      ...(region === undefined ? {} : { region: String(region) }),
    };
    return { id, kind: kind as Inquiry['kind'], stack: String(stack), by: String(by), at: Number(at), ...place };
  }

  async inquiry(id: string): Promise<Inquiry | undefined> {
    const item = await this.#table.get(keys.inquiry(id));
    return item === undefined ? undefined : kept<Inquiry>(this.#blobs, 'document', String(item.fields['question']));
  }

  async answer(id: string, answer: InquiryAnswer): Promise<void> {
    const [digest, head] = await Promise.all([
      keep(this.#blobs, 'document', answer),
      this.#table.get(keys.inquiry(id)),
    ]);
    const fields = { document: digest };
    const lives = head?.expiresAt === undefined ? {} : { expiresAt: head.expiresAt };
    try {
      await this.#table.write([{ put: { ...keys.inquiryAnswer(id), fields, ...lives }, if: 'absent' }]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  answered(id: string): Promise<InquiryAnswer | undefined> {
    return this.#document(keys.inquiryAnswer(id));
  }

  async report(stack: StackKey, document: object): Promise<void> {
    await this.#keepAs(keys.drift(stack), document);
  }

  reported(stack: StackKey): Promise<object | undefined> {
    return this.#document(keys.drift(stack));
  }

  async keepReview(stack: StackKey, document: object): Promise<void> {
    await this.#keepAs(keys.review(stack), document);
  }

  reviewed(stack: StackKey): Promise<object | undefined> {
    return this.#document(keys.review(stack));
  }

  async planned(digest: string, document: object): Promise<void> {
    await this.#keepAs(keys.planDocument(digest), document);
  }

  plan(digest: string): Promise<object | undefined> {
    return this.#document(keys.planDocument(digest));
  }

  async #keepAs(key: ItemKey, document: object): Promise<void> {
    const fields = { document: await keep(this.#blobs, 'document', document) };
    await this.#table.write([{ put: { ...key, fields } }]);
  }

  async #document<T extends object>(key: ItemKey): Promise<T | undefined> {
    const item = await this.#table.get(key);
    return item === undefined ? undefined : kept<T>(this.#blobs, 'document', String(item.fields['document']));
  }
}
