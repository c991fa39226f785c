// The service's configuration, read when the service is packaged: the file that `--param config=FILE` names, else
// assent.config.yaml where serverless.yml lies, else what holds without any.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readConfig } from '../../src/edge/config/file.ts';
import { configFrom } from '../../src/edge/service/config.ts';

/** The checked configuration. Throws when the file is not there, or says something that nobody understands. */
export function serviceConfig(folder, named) {
  const file = resolve(folder, named || 'assent.config.yaml');
  if (!named && !existsSync(file)) return configFrom({}, file);
  return readConfig(file);
}
