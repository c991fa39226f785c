// Values for parameters that have no default: the first of many plausible ones that the declaration accepts. Used by
// corpus.mjs.
import { parse } from 'yaml';

const KEY = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const byType = [
  [/VPC::Id/, 'vpc-0a1b2c3d4e5f60718'],
  [/Subnet::Id/, 'subnet-0a1b2c3d4e5f60718'],
  [/SecurityGroup::Id/, 'sg-0a1b2c3d4e5f60718'],
  [/KeyPair::KeyName/, 'operator'],
  [/Image::Id/, 'ami-0a1b2c3d4e5f60718'],
  [/AvailabilityZone::Name/, 'us-east-1a'],
  [/HostedZone::Id/, 'Z0123456789ABCDEFGHIJ'],
  [/Volume::Id/, 'vol-0a1b2c3d4e5f60718'],
  [/Instance::Id/, 'i-0a1b2c3d4e5f60718'],
  [/Number/, '1'],
];
const byName = [
  [/accountid|ownerids?$/i, '123456789012'],
  [/kms.*key|keyarn/i, `arn:aws:kms:us-east-1:123456789012:key/${KEY}`],
  [/directoryid/i, 'd-0a1b2c3d4e'],
  [/cidr|sshlocation/i, '10.0.0.0/16'],
  [/bucket(name)?$/i, 'a-bucket-of-mine'],
  [/(dns)?(ip)(address(es)?)?\d*$|dnsservers?\d*$/i, '10.0.0.10'],
  [/peering.*id$/i, 'pcx-0a1b2c3d4e5f60718'],
  [/vpc/i, 'vpc-0a1b2c3d4e5f60718'],
  [/routetable/i, 'rtb-0a1b2c3d4e5f60718'],
  [/subnet.*name/i, 'some-subnets'],
  [/subnet/i, 'subnet-0a1b2c3d4e5f60718'],
  [/securitygroup/i, 'sg-0a1b2c3d4e5f60718'],
  [/email/i, 'someone@example.com'],
  [/topicarn/i, 'arn:aws:sns:us-east-1:123456789012:existing'],
  [/certificatearn/i, `arn:aws:acm:us-east-1:123456789012:certificate/${KEY}`],
  [/busarn/i, 'arn:aws:events:us-east-1:123456789012:event-bus/default'],
  [/webacl/i, `arn:aws:wafv2:us-east-1:123456789012:global/webacl/existing/${KEY}`],
  [/arn/i, 'arn:aws:iam::123456789012:role/existing'],
  [/domain|directoryname/i, 'example.com'],
  [/password/i, 'Passw0rd1234'],
  [/port/i, '8080'],
  [/url/i, 'https://example.com/'],
  [/region/i, 'us-east-1'],
  [/id$/i, 'id-0a1b2c3d'],
];
/** For patterns that the value by type or name does not match. */
const others = ['', 'value', 'value1234', 'Value', KEY, '1', 'a', ...byName.map(([, value]) => value)];

/** `value` and three like it: the last figure counted on. */
const four = (value) => [value, ...[1, 2, 3].map((step) => value.replace(/[0-9a-f]$/, (last) => next(last, step)))];
const next = (last, step) => ((Number.parseInt(last, 16) + step) % 16).toString(16);

/** What a declaration demands, as a test of one value. */
function demands({ AllowedPattern: pattern, MinLength: least = 0, MaxLength: most = Infinity }) {
  let whole = /^/;
  try {
    if (pattern !== undefined) whole = new RegExp(`^(?:${pattern})$`);
  } catch {
    // A pattern of Java's that JavaScript cannot read: the core judges alone.
  }
  return (value) => whole.test(value) && value.length >= least && value.length <= most;
}

/** The declarations of a template's parameters, as far as the text can be read. */
export function constraints(text) {
  try {
    return parse(text, { logLevel: 'silent', maxAliasCount: -1 })?.Parameters ?? {};
  } catch {
    return {};
  }
}

/** A value for a parameter that has no default. */
export function fitting({ name, type, allowedValues }, declaration = {}) {
  if (allowedValues.length > 0) return allowedValues[0];
  const accepted = demands(declaration);
  const likely = byType.find(([pattern]) => pattern.test(type)) ?? byName.find(([pattern]) => pattern.test(name));
  const value = [...(likely ? [likely[1]] : ['value1234']), ...others].find(accepted) ?? 'value1234';
  return /List/.test(type) && value !== '' ? four(value).join(',') : value;
}
