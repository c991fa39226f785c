export { SecretsManager } from '@aws-sdk/client-secrets-manager';
