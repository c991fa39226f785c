// Calls to the emulator, and to the sandbox, in AWS's JSON protocols.
import { expect } from 'vitest';
import type { AnyDocument } from '../../support/cli.ts';
import { signedBy } from './call.ts';
import { HOME_ACCOUNT } from './scripts.ts';

export interface AwsCall {
  /** Of the emulator, or of the sandbox. */
  url: string;
  /** As requests are signed for. */
  service: string;
  /** As `X-Amz-Target` names it. */
  target: string;
  body?: object;
  account?: string;
  /** Of the protocol; default 1.0. */
  version?: '1.0' | '1.1';
}

/** The answer of a call that is not refused. */
export async function aws({
  url,
  service,
  target,
  body = {},
  account,
  version = '1.0',
}: AwsCall): Promise<AnyDocument> {
  const authorization = signedBy(account ?? HOME_ACCOUNT)['authorization']?.replace('execute-api', service) ?? '';
  const headers = { authorization, 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return text === '' ? {} : JSON.parse(text);
}

/** Changes a resource of the sandbox behind the service's back. */
export async function drifted(
  url: string,
  { type, identifier, path, value }: { type: string; identifier: string; path: string; value: unknown },
): Promise<void> {
  const PatchDocument = JSON.stringify([{ op: 'replace', path, value }]);
  const body = { TypeName: type, Identifier: identifier, PatchDocument };
  await aws({ url, service: 'cloudcontrolapi', target: 'CloudApiService.UpdateResource', body });
}

/** The run's day to be answered in is over: it is taken out of the table of the emulator at `url`. */
export async function letExpire(url: string, runId: string): Promise<void> {
  const dynamo = (operation: string, body: object) =>
    aws({ url, service: 'dynamodb', target: `DynamoDB_20120810.${operation}`, body });
  const { TableNames } = await dynamo('ListTables', {});
  const [TableName] = TableNames.filter((name: string) => name.startsWith('assent-local'));
  await dynamo('UpdateItem', {
    TableName,
    Key: { pk: { S: `run#${runId}` }, sk: { S: 'head' } },
    ConditionExpression: 'attribute_exists(#f.#e)',
    UpdateExpression: 'SET #f.#e = :past',
    ExpressionAttributeNames: { '#f': 'fields', '#e': 'expiresAt' },
    ExpressionAttributeValues: { ':past': { N: '1' } },
  });
}
