// The table of the service's store, in DynamoDB: partition key `pk`, sort key `sk`, the fields in a map (conditions reach
// into it), the body as text, `expiresAt` as the table's time to live.
//
// Every conditional write is a transaction, also of one action: it carries a token, so that the SDK's retry of a lost
// answer is not taken for somebody else's write. Time to live removes items hours late; until then they are taken for gone.
import type {
  AttributeValue,
  DynamoDB,
  TransactionCanceledException,
  TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { Page } from '../../app/ports.ts';
import {
  type Action,
  type Condition,
  ConditionFailed,
  canBe,
  checkLimits,
  type Fields,
  type Item,
  type ItemKey,
  keyOf,
  type Query,
  type Table,
} from '../table/table.ts';

type Attributes = Record<string, AttributeValue>;

// Two transactions at once on one item: one of them is told so and tries again.
const CONFLICT_TRIES = 10;
const CONFLICT_PAUSE_MS = 20;

export interface DynamoTableOptions {
  tableName: string;
  /** ms since the epoch. */
  now: () => number;
  pause: (ms: number) => Promise<void>;
}

/** A table over a client that is destroyed when the table is closed. */
export class DynamoTable implements Table {
  readonly #client: DynamoDB;
  readonly #options: DynamoTableOptions;

  constructor(client: DynamoDB, options: DynamoTableOptions) {
    this.#client = client;
    this.#options = options;
  }

  async get({ pk, sk }: ItemKey): Promise<Item | undefined> {
    if (!canBe({ pk, sk })) return undefined;
    const { tableName: TableName } = this.#options;
    const { Item: found } = await this.#client.getItem({
      TableName,
      Key: keyAttributes({ pk, sk }),
      ConsistentRead: true,
    });
    return found === undefined ? undefined : this.#alive(found);
  }

  async query(pk: string, { prefix, after, limit, newestFirst = false }: Query): Promise<Page<Item>> {
    if (!canBe({ pk, sk: prefix || 'any' })) return { items: [] };
    const within = prefix === '' ? '' : ' AND begins_with(sk, :prefix)';
    const items: Item[] = [];
    // A start outside of the prefix is none that DynamoDB takes: there is everything behind it, or nothing.
    let start = after?.startsWith(prefix) ? keyAttributes({ pk, sk: after }) : undefined;
    if (start === undefined && after !== undefined && isBehind(prefix, after, newestFirst)) return { items };
    do {
      const { Items = [], LastEvaluatedKey } = await this.#client.query({
        TableName: this.#options.tableName,
        KeyConditionExpression: `pk = :pk${within}`,
        ExpressionAttributeValues: { ':pk': { S: pk }, ...(prefix === '' ? {} : { ':prefix': { S: prefix } }) },
        ScanIndexForward: !newestFirst,
        ConsistentRead: true,
        // One more than asked for says whether there is a next page.
        Limit: limit + 1 - items.length,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      });
      items.push(...Items.map((found) => this.#alive(found)).filter((item) => item !== undefined));
      start = LastEvaluatedKey;
    } while (start !== undefined && items.length <= limit);
    const page = items.slice(0, limit);
    const last = page.at(-1);
    return last === undefined || items.length <= limit ? { items: page } : { items: page, next: last.sk };
  }

  async write(actions: readonly Action[]): Promise<void> {
    checkLimits(actions);
    const TransactItems = actions.map((action) => this.#transactItem(action));
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#client.transactWriteItems({ TransactItems });
        return;
      } catch (error) {
        const reasons = reasonsOf(error);
        const failed = reasons.indexOf('ConditionalCheckFailed');
        const about = actions[failed];
        if (about !== undefined) throw new ConditionFailed(`${keyOf(about).pk} ${keyOf(about).sk}`);
        if (!reasons.includes('TransactionConflict') || tries === CONFLICT_TRIES) throw error;
        await this.#options.pause(CONFLICT_PAUSE_MS * tries);
      }
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #transactItem(action: Action): TransactWriteItem {
    const { tableName: TableName } = this.#options;
    const Key = keyAttributes(keyOf(action));
    const expression = new Expression();
    const ConditionExpression = expression.condition(action.if, this.#options.now() / 1_000);
    if ('put' in action) {
      const Put = { TableName, Item: attributesOf(action.put) };
      return ConditionExpression === undefined
        ? { Put }
        : { Put: { ...Put, ConditionExpression, ...expression.names() } };
    }
    if ('delete' in action) {
      return ConditionExpression === undefined
        ? { Delete: { TableName, Key } }
        : { Delete: { TableName, Key, ConditionExpression, ...expression.names() } };
    }
    if ('check' in action) {
      // A check has always a condition.
      return {
        ConditionCheck: { TableName, Key, ConditionExpression: ConditionExpression ?? '', ...expression.names() },
      };
    }
    const UpdateExpression = expression.update(action.set);
    return { Update: { TableName, Key, UpdateExpression, ConditionExpression, ...expression.names() } };
  }

  #alive(found: Attributes): Item | undefined {
    const item = itemFrom(found);
    return item.expiresAt !== undefined && item.expiresAt <= this.#options.now() / 1_000 ? undefined : item;
  }
}

/** Conditions and updates as expressions, with every name and value of ours behind a placeholder. */
class Expression {
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, AttributeValue>();

  /** `nowS` tells items that are over from those that are there. */
  condition(condition: Condition | undefined, nowS: number): string | undefined {
    if (condition === undefined) return undefined;
    const expires = this.#name('expiresAt');
    const now = this.#value({ N: String(nowS) });
    if (condition === 'absent') return `attribute_not_exists(pk) OR ${expires} <= ${now}`;
    const there = ['attribute_exists(pk)', `(attribute_not_exists(${expires}) OR ${expires} > ${now})`];
    const equal = Object.entries(condition).map(
      ([name, value]) => `${this.#field(name)} = ${this.#value(scalar(value))}`,
    );
    return [...there, ...equal].join(' AND ');
  }

  update(set: Readonly<Record<string, string | number | null>>): string {
    const sets: string[] = [];
    const removes: string[] = [];
    for (const [name, value] of Object.entries(set)) {
      if (value === null) removes.push(this.#field(name));
      else sets.push(`${this.#field(name)} = ${this.#value(scalar(value))}`);
    }
    return [
      ...(sets.length === 0 ? [] : [`SET ${sets.join(', ')}`]),
      ...(removes.length === 0 ? [] : [`REMOVE ${removes.join(', ')}`]),
    ].join(' ');
  }

  names() {
    return {
      ExpressionAttributeNames: Object.fromEntries([...this.#names].map(([name, at]) => [at, name])),
      ExpressionAttributeValues: Object.fromEntries(this.#values),
    };
  }

  #field(name: string): string {
    return `${this.#name('fields')}.${this.#name(name)}`;
  }

  #name(name: string): string {
    const at = this.#names.get(name) ?? `#n${this.#names.size}`;
    this.#names.set(name, at);
    return at;
  }

  #value(value: AttributeValue): string {
    const at = `:v${this.#values.size}`;
    this.#values.set(at, value);
    return at;
  }
}

function keyAttributes({ pk, sk }: ItemKey): Attributes {
  return { pk: { S: pk }, sk: { S: sk } };
}

function attributesOf({ pk, sk, fields, body, expiresAt }: Item): Attributes {
  const M = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, scalar(value)]));
  return {
    ...keyAttributes({ pk, sk }),
    fields: { M },
    ...(body === undefined ? {} : { body: { S: body } }),
    ...(expiresAt === undefined ? {} : { expiresAt: { N: String(expiresAt) } }),
  };
}

function itemFrom({ pk, sk, fields, body, expiresAt }: Attributes): Item {
  const found: Record<string, string | number> = {};
  for (const [name, { S, N }] of Object.entries(fields?.M ?? {})) found[name] = S ?? Number(N);
  const item: Item = { pk: pk?.S ?? '', sk: sk?.S ?? '', fields: found as Fields };
  if (body?.S !== undefined) item.body = body.S;
  if (expiresAt?.N !== undefined) item.expiresAt = Number(expiresAt.N);
  return item;
}

function scalar(value: string | number): AttributeValue {
  return typeof value === 'string' ? { S: value } : { N: String(value) };
}

/** Whether everything with a prefix has been passed, in the order of the query. */
function isBehind(prefix: string, after: string, newestFirst: boolean): boolean {
  const order = Buffer.compare(Buffer.from(after), Buffer.from(prefix));
  return newestFirst ? order < 0 : order > 0;
}

/** Why a transaction was cancelled, action by action; empty for any other error. */
function reasonsOf(error: unknown): (string | undefined)[] {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return [];
  return ((error as TransactionCanceledException).CancellationReasons ?? []).map(({ Code }) => Code);
}
