export { SFN } from '@aws-sdk/client-sfn';
