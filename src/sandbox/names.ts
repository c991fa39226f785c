// Names that must be unique although they are not the primary identifier: AWS answers AlreadyExists for these too.

import { isObject, type Json, type JsonObject } from './json.ts';
import type { Key } from './references.ts';
import type { Store } from './store.ts';

/** Properties whose values together may occur once per account and region. */
const UNIQUE: Readonly<Record<string, readonly string[]>> = {
  'AWS::EC2::SecurityGroup': ['GroupName', 'VpcId'],
  'AWS::EC2::LaunchTemplate': ['LaunchTemplateName'],
  'AWS::EC2::KeyPair': ['KeyName'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ['Name'],
  'AWS::ElasticLoadBalancingV2::TargetGroup': ['Name'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::WAFv2::WebACL': ['Name', 'Scope'],
  'AWS::CloudFront::CachePolicy': ['CachePolicyConfig/Name'],
  'AWS::CloudFront::OriginAccessControl': ['OriginAccessControlConfig/Name'],
  'AWS::ApiGateway::Resource': ['RestApiId', 'ParentId', 'PathPart'],
  'AWS::ApiGatewayV2::Route': ['ApiId', 'RouteKey'],
  'AWS::Cognito::UserPoolDomain': ['Domain'],
};

/** Whether a resource of this type, also one in the making, has the same name. */
export function nameClash(store: Store, { home, type }: Key, model: JsonObject): boolean {
  const properties = UNIQUE[type];
  if (!properties) return false;
  const values = properties.map((path) => read(model, path));
  if (values.some((value) => typeof value !== 'string')) return false;
  const conditions = properties.map((path) => `json_extract(properties, '$.${path.replace('/', '.')}') = ?`);
  return (
    store.get(
      `SELECT 1 FROM resources WHERE home = ? AND type = ? AND ${conditions.join(' AND ')} LIMIT 1`,
      home,
      type,
      ...(values as string[]),
    ) !== undefined
  );
}

const read = (model: JsonObject, path: string): Json | undefined =>
  path.split('/').reduce<Json | undefined>((part, key) => (isObject(part) ? part[key] : undefined), model);
