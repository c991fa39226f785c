export { STS } from '@aws-sdk/client-sts';
