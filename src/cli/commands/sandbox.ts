// `assent sandbox`: the local Cloud Control endpoint as a server of its own, until interrupted.
import { once } from 'node:events';
import { InvalidInput } from '../../domain/errors.ts';
import { cloudEnvironment } from '../../edge/env.ts';
import { BadFaults, type FaultsFile, type Sandbox, startSandbox } from '../../sandbox/index.ts';
import { readText } from '../input.ts';
import { listen } from '../interrupt.ts';
import type { SandboxCommandOptions, Work } from '../options.ts';

export const work: Work<SandboxCommandOptions> = async ({ io, options }) => {
  const speed = options.speed ?? cloudEnvironment().sandboxSpeed;
  const faults = options.faults === undefined ? undefined : parsed(await readText(options.faults), options.faults);
  const sandbox = await start(options, speed, faults);
  const { url } = sandbox;
  if (options.format === 'json') io.out(`${JSON.stringify({ version: 1, kind: 'sandbox', url, speed })}\n`);
  else {
    io.out(
      `Sandbox at ${url}, ${speed} times as fast as AWS; its resources are kept in ${options.state}.\n` +
        `Any AWS SDK can use it: AWS_ENDPOINT_URL=${url} with any credentials and region.\n` +
        'Ctrl-C stops it.\n',
    );
  }
  const interrupt = listen({ first: () => undefined, last: () => undefined });
  await once(interrupt.signal, 'abort');
  await sandbox.close();
  interrupt.stop();
  return 0;
};

async function start(
  { state, port = 0, real = [] }: SandboxCommandOptions,
  speed: number,
  faults: FaultsFile | undefined,
): Promise<Sandbox> {
  try {
    return await startSandbox({ dir: state, port, speed, real, ...(faults === undefined ? {} : { faults }) });
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidInput('invalid_value', `--real: ${error.message}`);
    if (error instanceof BadFaults) throw new InvalidInput('invalid_faults', error.message);
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') throw new InvalidInput('port_in_use', `Port ${port} is in use.`);
    if (code === 'EACCES') throw new InvalidInput('port_not_allowed', `Port ${port} may not be opened.`);
    throw error;
  }
}

function parsed(text: string, name: string): FaultsFile {
  try {
    return JSON.parse(text) as FaultsFile;
  } catch (error) {
    throw new InvalidInput('invalid_faults', `${name} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
