// The command line as a process of its own, as a user runs it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/node/bin/node');
const main = join(root, 'src/cli/main.ts');
// What a process compiles, and what TypeScript leaves of itself, is kept for the next one: a third of a second of work each.
const compiled = join(root, 'node_modules/.cache/assent-tests');
const fastTime = join(import.meta.dirname, 'fast-time.mjs');

/** How much faster time is for commands that talk to a sandbox of their own: most of theirs is waiting for its rate. */
const PACE = 5;

/** A document as a script sees it: any field may be asked for. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it.
export type AnyDocument = any;

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A process under way. */
export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** What has come on stdout so far. */
  stdout(): string;
  /** Resolves once stdout or stderr holds a match. */
  says(pattern: RegExp): Promise<void>;
}

/** A folder with a state of its own. */
export class Workspace implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'assent-cli-'));
  readonly env: Record<string, string>;

  /** `pace`: 1 where others, whose time is the machine's, are part of it, and where the speed is given: then that is to last. */
  constructor(
    env: Record<string, string> = {},
    { pace = 'ASSENT_SANDBOX_SPEED' in env ? 1 : PACE }: { pace?: number } = {},
  ) {
    const time = {
      ASSENT_TEST_PACE: String(pace),
      ASSENT_TEST_EPOCH: String(Date.now()),
      NODE_OPTIONS: `--import=${fastTime}`,
    };
    this.env = {
      ASSENT_SANDBOX_SPEED: '1000',
      NODE_COMPILE_CACHE: compiled,
      ...(pace === 1 ? {} : time),
      ...env,
    };
  }

  file(name: string, content: string | object): string {
    writeFileSync(join(this.dir, name), typeof content === 'string' ? content : JSON.stringify(content));
    return name;
  }

  start(args: readonly string[], { input, env = {} }: { input?: string; env?: Record<string, string> } = {}): Started {
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', main, ...args], {
      cwd: this.dir,
      env: { PATH: process.env['PATH'] ?? '', HOME: this.dir, ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const watchers = new Set<() => void>();
    const note = () => {
      for (const look of watchers) look();
    };
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      note();
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      note();
    });
    child.stdin.end(input ?? '');
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    const says = (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!pattern.test(stdout) && !pattern.test(stderr)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without saying ${pattern}:\n${stdout}\n${stderr}`)));
      });
    return { child, ended, says, stdout: () => stdout };
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** Runs with `--format json`; the document must be the only thing on stdout. */
  async json(...args: string[]): Promise<{ code: number | null; document: AnyDocument }> {
    const { code, stdout, stderr } = await this.run(...args, '--format', 'json');
    try {
      return { code, document: JSON.parse(stdout) };
    } catch {
      throw new Error(`no JSON document: ${stdout}\n${stderr}`);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A template of queues, `layers` deep and `wide` wide, each layer after the one before. */
export function queues(layers: number, wide: number): object {
  const Resources: Record<string, object> = {};
  for (let layer = 0; layer < layers; layer += 1) {
    for (let n = 0; n < wide; n += 1) {
      const before = layer === 0 ? {} : { DependsOn: Array.from({ length: wide }, (_, m) => `Q${layer - 1}x${m}`) };
      Resources[`Q${layer}x${n}`] = { Type: 'AWS::SQS::Queue', ...before };
    }
  }
  return { Resources, Outputs: { First: { Value: { 'Fn::GetAtt': ['Q0x0', 'Arn'] } } } };
}
