// Of SSM's client only what is called, as in ec2.ts.
export { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
