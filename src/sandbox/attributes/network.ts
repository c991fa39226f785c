// Recipes for networking and compute: EC2, load balancing, Auto Scaling, DNS, CloudFront.

import { isObject, type Json, type JsonObject } from '../json.ts';
import { fraction } from '../mint.ts';
import { isoDate, type Making, nextNumber, type Recipes, tail, text, write } from './recipe.ts';

const EC2_ID = (prefix: string): string => `${prefix}-{hex:17:0}`;

/** A stable host number in 4–250. */
const host = ({ seed }: Making, salt: string): number => 4 + Math.floor(fraction(`${seed} ${salt}`) * 247);
const privateIp = (making: Making): string => `10.0.${host(making, 'third')}.${host(making, 'fourth')}`;
/** TEST-NET-3 and TEST-NET-2 look public and belong to nobody. */
const publicIp = (making: Making): string =>
  `${fraction(making.seed) < 0.5 ? '203.0.113' : '198.51.100'}.${host(making, 'public')}`;
const dashed = (ip: string): string => ip.replaceAll('.', '-');

const vpcOfSubnet = (making: Making): string => {
  const subnet = making.lookup('AWS::EC2::Subnet', text(making, 'SubnetId'));
  return typeof subnet?.['VpcId'] === 'string' ? subnet['VpcId'] : write('vpc-{hex:17:0}', making, 'VpcId');
};

/** A subnet's zone is its instances'. */
const zoneOfInstance = (making: Making): string => {
  const subnet = making.lookup('AWS::EC2::Subnet', text(making, 'SubnetId'));
  return typeof subnet?.['AvailabilityZone'] === 'string' ? subnet['AvailabilityZone'] : zone(making);
};

/** As many as were asked for, whether by address or by number. */
const secondaryIps = (making: Making): string[] => {
  const listed = making.model['PrivateIpAddresses'];
  if (Array.isArray(listed)) {
    const secondary = listed.filter((one) => isObject(one) && one['Primary'] !== true);
    return secondary.map((one) => String((one as JsonObject)['PrivateIpAddress']));
  }
  const count = Number(making.model['SecondaryPrivateIpAddressCount'] ?? 0);
  return Array.from(
    { length: count },
    (_, index) => `10.0.${host(making, 'third')}.${host(making, `second ${index}`)}`,
  );
};

const zone = (making: Making): string => `${making.region}${'abc'[Math.floor(fraction(making.seed) * 3)]}`;

const IDS: Record<string, [property: string, prefix: string]> = {
  Subnet: ['SubnetId', 'subnet'],
  RouteTable: ['RouteTableId', 'rtb'],
  InternetGateway: ['InternetGatewayId', 'igw'],
  EgressOnlyInternetGateway: ['Id', 'eigw'],
  NatGateway: ['NatGatewayId', 'nat'],
  Volume: ['VolumeId', 'vol'],
  LaunchTemplate: ['LaunchTemplateId', 'lt'],
  SubnetRouteTableAssociation: ['Id', 'rtbassoc'],
  SubnetNetworkAclAssociation: ['AssociationId', 'aclassoc'],
  NetworkAcl: ['Id', 'acl'],
  SecurityGroupIngress: ['Id', 'sgr'],
  SecurityGroupEgress: ['Id', 'sgr'],
  FlowLog: ['Id', 'fl'],
  DHCPOptions: ['DhcpOptionsId', 'dopt'],
  VPCPeeringConnection: ['Id', 'pcx'],
  VPNGateway: ['VPNGatewayId', 'vgw'],
  CustomerGateway: ['CustomerGatewayId', 'cgw'],
  VPNConnection: ['VpnConnectionId', 'vpn'],
  TransitGateway: ['Id', 'tgw'],
  TransitGatewayAttachment: ['Id', 'tgw-attach'],
  TransitGatewayVpcAttachment: ['Id', 'tgw-attach'],
  TransitGatewayRouteTable: ['TransitGatewayRouteTableId', 'tgw-rtb'],
  PrefixList: ['PrefixListId', 'pl'],
  EIPAssociation: ['Id', 'eipassoc'],
  VPCEndpointService: ['ServiceId', 'vpce-svc'],
  VPCCidrBlock: ['Id', 'vpc-cidr-assoc'],
  SubnetCidrBlock: ['Id', 'subnet-cidr-assoc'],
  CapacityReservation: ['Id', 'cr'],
  ClientVpnEndpoint: ['Id', 'cvpn-endpoint'],
};

const simple: Recipes = Object.fromEntries(
  Object.entries(IDS).map(([noun, [property, prefix]]) => [`AWS::EC2::${noun}`, { [property]: EC2_ID(prefix) }]),
);

const elb = (kind: 'loadbalancer' | 'targetgroup') => `arn:{p}:elasticloadbalancing:{r}:{a}:${kind}`;
const balancerKind = (making: Making): string => ({ network: 'net', gateway: 'gwy' })[text(making, 'Type')] ?? 'app';

export const network: Recipes = {
  ...simple,
  'AWS::EC2::VPC': {
    VpcId: EC2_ID('vpc'),
    DefaultNetworkAcl: EC2_ID('acl'),
    DefaultSecurityGroup: EC2_ID('sg'),
    CidrBlockAssociations: (making) => [write('vpc-cidr-assoc-{hex:17:0}', making, 'CidrBlockAssociations')],
    Ipv6CidrBlocks: () => [],
  },
  'AWS::EC2::Subnet': {
    SubnetId: EC2_ID('subnet'),
    AvailabilityZone: zone,
    NetworkAclAssociationId: EC2_ID('aclassoc'),
    Ipv6CidrBlocks: (making): Json => (making.model['Ipv6CidrBlock'] ? [making.model['Ipv6CidrBlock']] : []),
  },
  'AWS::EC2::SecurityGroup': { GroupId: EC2_ID('sg'), Id: '{GroupId}', GroupName: '{name}' },
  'AWS::EC2::Volume': { VolumeId: EC2_ID('vol') },
  'AWS::EC2::Instance': {
    InstanceId: EC2_ID('i'),
    AvailabilityZone: zoneOfInstance,
    PrivateIp: privateIp,
    PrivateDnsName: (making) => `ip-${dashed(privateIp(making))}.${making.region}.compute.internal`,
    PublicIp: publicIp,
    PublicDnsName: (making) => `ec2-${dashed(publicIp(making))}.${making.region}.compute.amazonaws.com`,
    VpcId: vpcOfSubnet,
    State: () => ({ Code: '16', Name: 'running' }),
  },
  'AWS::EC2::NetworkInterface': {
    Id: EC2_ID('eni'),
    PrimaryPrivateIpAddress: (making) => text(making, 'PrivateIpAddress') || privateIp(making),
    SecondaryPrivateIpAddresses: secondaryIps,
    VpcId: vpcOfSubnet,
  },
  'AWS::EC2::NatGateway': { NatGatewayId: EC2_ID('nat'), EniId: EC2_ID('eni') },
  'AWS::EC2::EIP': { PublicIp: publicIp, AllocationId: EC2_ID('eipalloc') },
  'AWS::EC2::VPCEndpoint': {
    Id: EC2_ID('vpce'),
    CreationTimestamp: isoDate,
    NetworkInterfaceIds: (making): Json =>
      Array.isArray(making.model['SubnetIds'])
        ? making.model['SubnetIds'].map((_, index) => write(EC2_ID('eni'), making, `eni ${index}`))
        : [],
    DnsEntries: (making): Json => {
      if (making.model['VpcEndpointType'] !== 'Interface') return [];
      const service = text(making, 'ServiceName').split('.').at(-1);
      const zoneId = write('{upper:14:Z}', making, 'zone');
      return [
        `${zoneId}:${text(making, 'Id')}-${zoneId.slice(1, 9).toLowerCase()}.${service}.${making.region}.vpce.amazonaws.com`,
      ];
    },
  },
  'AWS::EC2::VPCGatewayAttachment': {
    AttachmentType: (making) => (making.model['InternetGatewayId'] ? 'IGW' : 'VGW'),
  },
  'AWS::EC2::Route': {
    CidrBlock: (making) =>
      text(making, 'DestinationCidrBlock') ||
      text(making, 'DestinationIpv6CidrBlock') ||
      text(making, 'DestinationPrefixListId'),
  },
  'AWS::EC2::NetworkAclEntry': {
    Id: (making) => write(`{NetworkAclId}|{RuleNumber}|${making.model['Egress'] === true}`, making, 'id'),
  },
  'AWS::EC2::LaunchTemplate': {
    LaunchTemplateId: EC2_ID('lt'),
    LaunchTemplateName: '{name}',
    DefaultVersionNumber: () => '1',
    LatestVersionNumber: () => '1',
  },
  'AWS::EC2::KeyPair': { KeyPairId: EC2_ID('key'), KeyFingerprint: '{hex:40}' },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    Name: '{name}',
    LoadBalancerName: '{Name}',
    LoadBalancerArn: (making) => write(`${elb('loadbalancer')}/${balancerKind(making)}/{Name}/{hex:16}`, making, 'arn'),
    LoadBalancerFullName: (making) => text(making, 'LoadBalancerArn').split(':loadbalancer/')[1],
    CanonicalHostedZoneID: () => 'Z35SXDOTRQ7X7K',
    DNSName: (making) =>
      balancerKind(making) === 'net'
        ? write('{Name}-{hex:16}.elb.{r}.amazonaws.com', making, 'dns')
        : write(
            `${making.model['Scheme'] === 'internal' ? 'internal-' : ''}{Name}-{digits:10}.{r}.elb.amazonaws.com`,
            making,
            'dns',
          ),
  },
  'AWS::ElasticLoadBalancingV2::TargetGroup': {
    Name: '{name}',
    TargetGroupName: '{Name}',
    TargetGroupArn: `${elb('targetgroup')}/{Name}/{hex:16}`,
    TargetGroupFullName: (making) => `targetgroup/${text(making, 'TargetGroupArn').split(':targetgroup/')[1]}`,
    LoadBalancerArns: () => [],
  },
  'AWS::ElasticLoadBalancingV2::Listener': {
    ListenerArn: (making) =>
      write(`${text(making, 'LoadBalancerArn').replace(':loadbalancer/', ':listener/')}/{hex:16}`, making, 'arn'),
  },
  'AWS::ElasticLoadBalancingV2::ListenerRule': {
    RuleArn: (making) =>
      write(`${text(making, 'ListenerArn').replace(':listener/', ':listener-rule/')}/{hex:16}`, making, 'arn'),
    IsDefault: () => false,
  },
  'AWS::ElasticLoadBalancing::LoadBalancer': {
    LoadBalancerName: '{name}',
    DNSName: '{LoadBalancerName}-{digits:10}.{r}.elb.amazonaws.com',
    CanonicalHostedZoneName: '{DNSName}',
    CanonicalHostedZoneNameID: () => 'Z35SXDOTRQ7X7K',
    SourceSecurityGroup: () => ({ GroupName: 'amazon-elb-sg', OwnerAlias: 'amazon-elb' }),
  },
  'AWS::AutoScaling::AutoScalingGroup': {
    AutoScalingGroupName: '{name}',
    AutoScalingGroupARN:
      'arn:{p}:autoscaling:{r}:{a}:autoScalingGroup:{uuid}:autoScalingGroupName/{AutoScalingGroupName}',
  },
  'AWS::AutoScaling::LaunchConfiguration': { LaunchConfigurationName: '{name}' },
  'AWS::AutoScaling::ScalingPolicy': {
    PolicyName: '{name}',
    Arn: 'arn:{p}:autoscaling:{r}:{a}:scalingPolicy:{uuid}:autoScalingGroupName/{AutoScalingGroupName}:policyName/{PolicyName}',
  },
  'AWS::AutoScaling::ScheduledAction': { ScheduledActionName: '{name}' },
  'AWS::Route53::HostedZone': {
    Id: '{upper:21:Z}',
    NameServers: (): Json =>
      ['com', 'net', 'org', 'co.uk'].map((end, at) => `ns-${at * 512 + 11}.awsdns-${at + 1}.${end}`),
  },
  'AWS::Route53::RecordSet': { SetIdentifier: () => undefined },
  'AWS::Route53::HealthCheck': { HealthCheckId: '{uuid}' },
  'AWS::CloudFront::Distribution': { Id: '{upper:14:E}', DomainName: '{lower:14:d}.cloudfront.net' },
  'AWS::CloudFront::OriginAccessControl': { Id: '{upper:14:E}' },
  'AWS::CloudFront::CloudFrontOriginAccessIdentity': { Id: '{upper:14:E}', S3CanonicalUserId: '{hex:64}' },
  'AWS::CloudFront::CachePolicy': { Id: '{uuid}', LastModifiedTime: isoDate },
  'AWS::CloudFront::OriginRequestPolicy': { Id: '{uuid}', LastModifiedTime: isoDate },
  'AWS::CloudFront::ResponseHeadersPolicy': { Id: '{uuid}', LastModifiedTime: isoDate },
  'AWS::CloudFront::Function': {
    FunctionARN: 'arn:{p}:cloudfront::{a}:function/{Name}',
    Stage: () => 'DEVELOPMENT',
    'FunctionMetadata/FunctionARN': '{FunctionARN}',
  },
  'AWS::WAFv2::WebACL': {
    Id: '{uuid}',
    Name: '{name}',
    Arn: (making) => {
      const place = making.model['Scope'] === 'CLOUDFRONT' ? 'global' : 'regional';
      return write(`arn:{p}:wafv2:{r}:{a}:${place}/webacl/{Name}/{Id}`, making, 'arn');
    },
    Capacity: () => 100,
    LabelNamespace: 'awswaf:{a}:webacl:{Name}:',
  },
  'AWS::CertificateManager::Certificate': { CertificateArn: 'arn:{p}:acm:{r}:{a}:certificate/{uuid}' },
  'AWS::EFS::FileSystem': {
    FileSystemId: EC2_ID('fs'),
    Arn: 'arn:{p}:elasticfilesystem:{r}:{a}:file-system/{FileSystemId}',
  },
  'AWS::EFS::MountTarget': { Id: EC2_ID('fsmt'), IpAddress: privateIp },
  'AWS::EFS::AccessPoint': {
    AccessPointId: EC2_ID('fsap'),
    Arn: 'arn:{p}:elasticfilesystem:{r}:{a}:access-point/{AccessPointId}',
  },
  'AWS::ServiceDiscovery::PrivateDnsNamespace': {
    Id: '{lower:19:ns0}',
    Arn: 'arn:{p}:servicediscovery:{r}:{a}:namespace/{Id}',
    HostedZoneId: '{upper:21:Z}',
  },
  'AWS::ECS::Cluster': { ClusterName: '{name}', Arn: 'arn:{p}:ecs:{r}:{a}:cluster/{ClusterName}' },
  'AWS::ECS::TaskDefinition': {
    Family: '{name}',
    TaskDefinitionArn: (making) => {
      const arn = (revision: number) =>
        write(`arn:{p}:ecs:{r}:{a}:task-definition/{Family}:${revision}`, making, 'arn');
      return arn(nextNumber(making, arn));
    },
  },
  'AWS::ECS::Service': {
    ServiceName: '{name}',
    Name: '{ServiceName}',
    Cluster: () => 'default',
    ServiceArn: (making) =>
      write(`arn:{p}:ecs:{r}:{a}:service/${tail(text(making, 'Cluster'))}/{ServiceName}`, making, 'arn'),
  },
  'AWS::EKS::Cluster': {
    Name: '{name}',
    Id: '{Name}',
    Arn: 'arn:{p}:eks:{r}:{a}:cluster/{Name}',
    Endpoint: 'https://{upper:32}.gr7.{r}.eks.amazonaws.com',
    CertificateAuthorityData: 'c2FuZGJveA==',
    ClusterSecurityGroupId: EC2_ID('sg'),
    EncryptionConfigKeyArn: () => undefined,
    OpenIdConnectIssuerUrl: 'https://oidc.eks.{r}.amazonaws.com/id/{upper:32}',
    KubernetesNetworkConfig: (making): Json | undefined => {
      const config = making.model['KubernetesNetworkConfig'];
      return isObject(config) ? config : undefined;
    },
  },
};
