// EC2 DescribeAvailabilityZones: what `Fn::GetAZs` needs. Query protocol, XML answers.

import { randomUUID } from 'node:crypto';
import { ApiError } from './errors.ts';
import type { World } from './world.ts';
import { element } from './xml.ts';

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';

/** Regions with another number of zones than three. */
const ZONES: Readonly<Record<string, string>> = {
  'us-east-1': 'abcdef',
  'us-west-2': 'abcd',
  'us-west-1': 'ab',
  'ap-northeast-1': 'acd',
  'ap-northeast-2': 'abcd',
  'ca-central-1': 'abd',
};

export function ec2({ caller }: World, action: string): string {
  if (action !== 'DescribeAvailabilityZones') {
    throw new ApiError('InvalidAction', `The sandbox does not know the action ${action}`);
  }
  const { region } = caller;
  // us-east-1 to use1, ap-southeast-2 to apse2: how zone ids begin.
  const [area = '', direction = '', number = ''] = region.split('-');
  const short = direction.replace(
    /^(north|south|central|east|west)(east|west)?$/,
    (_, main: string, second = '') => `${main[0]}${second[0] ?? ''}`,
  );
  const items = [...(ZONES[region] ?? 'abc')].map((letter, index) =>
    element(
      'item',
      [
        element('regionName', region),
        element('zoneName', `${region}${letter}`),
        element('zoneId', `${area}${short}${number}-az${index + 1}`),
        element('zoneState', 'available'),
        element('zoneType', 'availability-zone'),
        element('optInStatus', 'opt-in-not-required'),
        element('groupName', `${region}-zg-1`),
        element('networkBorderGroup', region),
      ].join(''),
    ),
  );
  const info = `<availabilityZoneInfo>${items.join('')}</availabilityZoneInfo>`;
  return `<${action}Response xmlns="${NAMESPACE}">${element('requestId', randomUUID())}${info}</${action}Response>`;
}
