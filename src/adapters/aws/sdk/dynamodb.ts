export { DynamoDB } from '@aws-sdk/client-dynamodb';
