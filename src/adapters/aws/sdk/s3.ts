export { S3 } from '@aws-sdk/client-s3';
