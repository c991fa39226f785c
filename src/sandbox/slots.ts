// Resources that overwrite by a key of their own: an inline policy by (role, policy name), a queue policy by queue.
// Cloud Control gives each its own identifier and no read handler, so two of them can hold one slot: the second
// create silently overwrites, whichever of two types it is of, and deleting the first then removes what the second put there. This file keeps who
// holds each slot, so that tests can see a permission vanish.

import type { JsonObject } from './json.ts';
import type { Key } from './references.ts';
import type { Store } from './store.ts';

const list = (model: JsonObject, property: string): string[] => {
  const value = model[property];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
};

const SLOTS: Readonly<Record<string, (model: JsonObject) => string[]>> = {
  'AWS::IAM::Policy': (model) =>
    (['Roles', 'Users', 'Groups'] as const).flatMap((kind) =>
      list(model, kind).map((entity) => `inline-policy ${kind} ${entity} ${model['PolicyName']}`),
    ),
  'AWS::IAM::RolePolicy': (model) => [`inline-policy Roles ${model['RoleName']} ${model['PolicyName']}`],
  'AWS::IAM::UserPolicy': (model) => [`inline-policy Users ${model['UserName']} ${model['PolicyName']}`],
  'AWS::IAM::GroupPolicy': (model) => [`inline-policy Groups ${model['GroupName']} ${model['PolicyName']}`],
  'AWS::SQS::QueueInlinePolicy': (model) => [`queue-policy ${model['Queue']}`],
  'AWS::SNS::TopicInlinePolicy': (model) => [`topic-policy ${model['TopicArn']}`],
  'AWS::SQS::QueuePolicy': (model) => list(model, 'Queues').map((queue) => `queue-policy ${queue}`),
  'AWS::SNS::TopicPolicy': (model) => list(model, 'Topics').map((topic) => `topic-policy ${topic}`),
  'AWS::EC2::NetworkAclEntry': (model) => [
    `acl-entry ${model['NetworkAclId']} ${model['Egress'] === true ? 'egress' : 'ingress'} ${model['RuleNumber']}`,
  ],
  'AWS::EC2::VPNGatewayRoutePropagation': (model) =>
    list(model, 'RouteTableIds').map((table) => `route-propagation ${model['VpnGatewayId']} ${table}`),
  'AWS::AppSync::GraphQLSchema': (model) => [`graphql-schema ${model['ApiId']}`],
  'AWS::AmazonMQ::ConfigurationAssociation': (model) => [`mq-configuration ${model['Broker']}`],
};

/** The keys a resource of this type overwrites by; none for most types. */
export const slotsOf = (typeName: string, model: JsonObject): string[] => SLOTS[typeName]?.(model) ?? [];

/** The last writer holds the slot. */
export function takeSlots(store: Store, { home, type, identifier }: Key, model: JsonObject): void {
  for (const slot of slotsOf(type, model)) {
    store.run('INSERT OR REPLACE INTO slots VALUES (?, ?, ?, ?)', home, slot, type, identifier);
  }
}

/** Empties the slots, whoever holds them: that is the trap. */
export function emptySlots(store: Store, { home, type }: Key, model: JsonObject): void {
  for (const slot of slotsOf(type, model)) store.run('DELETE FROM slots WHERE home = ? AND slot = ?', home, slot);
}

/** Whether everything the resource put somewhere is still there and still its own. */
export function holdsSlots(store: Store, { home, type, identifier }: Key, model: JsonObject): boolean {
  return slotsOf(type, model).every((slot) => {
    const holder = store.get('SELECT type, identifier FROM slots WHERE home = ? AND slot = ?', home, slot);
    return holder?.['type'] === type && holder['identifier'] === identifier;
  });
}
