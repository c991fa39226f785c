// `sandbox-program.ts FOLDER SPEED`: a sandbox that throttles nothing; prints its URL and runs until killed.
import { startSandbox } from '../../src/sandbox/index.ts';

const [dir = '', speed = '1'] = process.argv.slice(2);
const { url } = await startSandbox({ dir, speed: Number(speed), rate: false });
process.stdout.write(`${url}\n`);
