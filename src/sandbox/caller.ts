// Who calls: account and region from the Authorization header of Signature Version 4. The signature itself is not
// checked, but a request without one is refused, as forgetting to sign is a mistake worth catching.

import { ApiError } from './errors.ts';

export interface Caller {
  account: string;
  region: string;
  partition: string;
  accessKey: string;
}

const CREDENTIAL = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/([a-z0-9-]+)\/[a-z0-9-]+\/aws4_request\b/;

/** A 12-digit access key is its own account. Throws MissingAuthenticationToken or IncompleteSignature. */
export function readCaller(authorization: string | undefined, account: string, region: string): Caller {
  if (!authorization) throw new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
  const match = CREDENTIAL.exec(authorization);
  if (!match)
    throw new ApiError('IncompleteSignatureException', 'Authorization header is not Signature Version 4', 403);
  const [, accessKey = '', scope = region] = match;
  return {
    account: /^\d{12}$/.test(accessKey) ? accessKey : account,
    region: scope,
    partition: partitionOf(scope),
    accessKey,
  };
}

const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';

/** What requests, tokens and the rate limit belong to. */
export const scopeOf = ({ account, region }: Caller): string => `${account}/${region}`;

const GLOBAL = new Set(['IAM', 'Route53', 'CloudFront', 'Organizations']);

/** Where resources of a type live: IAM and a few others have no regions. */
export function homeOf(typeName: string, caller: Caller): string {
  return GLOBAL.has(typeName.split('::')[1] ?? '') ? `${caller.account}/global` : scopeOf(caller);
}
