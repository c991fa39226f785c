// Writes docs/assent.config.schema.json, the JSON Schema of assent.config.yaml; a test holds it to what is understood.
import { writeFileSync } from 'node:fs';
import { configSchema } from '../src/edge/service/config.ts';

writeFileSync(
  new URL('../docs/assent.config.schema.json', import.meta.url),
  `${JSON.stringify(configSchema(), null, 2)}\n`,
);
