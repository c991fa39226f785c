// A sandbox as a process of its own, to be killed: `run-sandbox.ts <folder> <speed>` prints its URL.

import { startSandbox } from '../../src/sandbox/index.ts';
import { fewTypes } from './few-types.ts';

const [dir = '', speed = '1'] = process.argv.slice(2);
const { url } = await startSandbox({ dir, speed: Number(speed), rate: false, schemas: fewTypes });
process.stdout.write(`${url}\n`);
