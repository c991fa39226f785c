// Events to an EventBridge bus, one PutEvents each.
// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
import { type JsonService, jsonCall } from './json-call.ts';

/** What rules match on. */
export const SOURCE = 'assent';

export interface EventBusOptions extends Omit<JsonService, 'service' | 'target'> {
  /** Name or ARN of the bus. */
  bus: string;
}

export class EventBus {
  readonly #bus: string;
  readonly #service: JsonService;

  constructor({ bus, ...service }: EventBusOptions) {
    this.#bus = bus;
    this.#service = { ...service, service: 'events', target: 'AWSEvents' };
  }

  /** Rejects when the bus did not take it. `detail`: at most 256 KB as JSON. */
  async put(detailType: string, detail: object): Promise<void> {
    const entry = { Source: SOURCE, DetailType: detailType, EventBusName: this.#bus, Detail: JSON.stringify(detail) };
    const Entries = [{ ...entry, Time: this.#service.now() / 1_000 }];
    type Answer = { FailedEntryCount?: number; Entries?: { ErrorCode?: string }[] };
    const { FailedEntryCount, Entries: taken } = await jsonCall<Answer>(this.#service, 'PutEvents', { Entries });
    if (FailedEntryCount !== 0) throw new Error(`EventBridge took no event: ${taken?.[0]?.ErrorCode}`);
  }
}
