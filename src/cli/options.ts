// What each command takes, as program.ts hands it over, and what a command's work is.
import type { Method, TableMethod } from '#wasm';
import type { OnFailure } from '../app/ports.ts';
import type { FailOn } from '../app/scan.ts';
import type { ExitCode } from './exit.ts';
import type { Io } from './io.ts';

/** What every command's work is called with. */
export interface Invocation<Options> {
  io: Io;
  options: Options;
  /** Positional arguments. */
  operands: string[];
}

/** A command's work; rejects with typed errors. */
export type Work<Options> = (invocation: Invocation<Options>) => Promise<ExitCode>;

export interface StateOptions {
  state: string;
}
/** Of commands that can be sent to an installed service. */
export interface RemoteOptions {
  service?: string;
  region?: string;
  profile?: string;
  roleArn?: string;
}
export interface CloudOptions extends StateOptions, RemoteOptions {
  cloud: 'sandbox' | 'aws';
  account?: string;
}
export interface TextOrJson {
  format: 'text' | 'json';
}
export interface ParameterOptions {
  parameters: string[];
  parametersFile?: string;
}
export interface PlanCommandOptions extends CloudOptions, ParameterOptions {
  stack: string;
  tags: string[];
  import: string[];
  moved: string[];
  refresh: boolean;
  allowSecretIdentifiers?: true;
  maxConcurrency: number;
  detail?: true;
  format: 'text' | 'json' | 'mermaid' | 'markdown';
}
export interface DeployCommandOptions extends Omit<PlanCommandOptions, 'format'> {
  /** In place of a stack. */
  targets?: string;
  suppressions: boolean;
  config?: string;
  approve?: string;
  allowDataLoss?: string;
  failOn: FailOn;
  skipExperts?: true;
  onFailure: OnFailure;
  yes?: true;
  format: 'text' | 'json' | 'jsonl';
}
export interface ConsultCommandOptions extends Omit<PlanCommandOptions, 'format' | 'detail'>, TextOrJson {
  failOn: FailOn;
  suppressions: boolean;
  config?: string;
  explain?: true;
}
export interface DestroyCommandOptions extends CloudOptions, ParameterOptions {
  config?: string;
  allowDataLoss?: string;
  stack: string;
  maxConcurrency: number;
  yes?: true;
  format: 'text' | 'json' | 'jsonl';
}
export interface ApproveCommandOptions extends CloudOptions, ParameterOptions {
  reason?: string;
  format: 'text' | 'json' | 'jsonl';
}
export interface RejectCommandOptions extends CloudOptions, TextOrJson {
  reason?: string;
}
export interface ResumeCommandOptions extends CloudOptions, ParameterOptions {
  format: 'text' | 'json' | 'jsonl';
}
/** Of commands that only look into the store: where nothing is said, everywhere. */
export interface LookOptions extends Omit<CloudOptions, 'cloud'> {
  cloud?: 'sandbox' | 'aws';
}

export interface StatusCommandOptions extends LookOptions, TextOrJson {
  stack?: string;
  detail?: true;
}
export interface AuditCommandOptions extends RemoteOptions, TextOrJson {
  state: string;
  key: string[];
  config?: string;
  since?: string;
  log?: string;
}

export interface ExpertsCommandOptions extends TextOrJson {
  state: string;
}
export interface OutputsCommandOptions extends LookOptions, TextOrJson {
  stack: string;
}
export interface DriftCommandOptions extends CloudOptions, TextOrJson {
  stack: string;
  reconcile?: true;
  yes?: true;
}
export interface CancelCommandOptions extends CloudOptions, TextOrJson {
  now?: true;
}
export interface SimulateCommandOptions extends ParameterOptions, TextOrJson {
  maxConcurrency: number;
  rate?: number;
  policy?: 'critical-path' | 'fifo';
  seed?: string;
}
export interface ScanCommandOptions extends RemoteOptions {
  format: 'text' | 'json' | 'sarif' | 'junit' | 'markdown';
  baseline?: string;
  writeBaseline?: string;
  allowUnreadable?: true;
  failOn: FailOn;
  suppressions: boolean;
}
export type RulesCommandOptions = TextOrJson;
export type PermissionsCommandOptions = TextOrJson;
export interface MetricsCommandOptions extends StateOptions, RemoteOptions {
  compare?: true;
  format: 'text' | 'openmetrics' | 'json';
}
export interface ConsensusCommandOptions extends TextOrJson, RemoteOptions {
  labels?: string;
  forecasts?: string;
  outcomes?: string;
  truth?: string;
  method?: TableMethod | Method;
}
export interface SandboxCommandOptions extends StateOptions, TextOrJson {
  port?: number;
  speed?: number;
  faults?: string;
  real?: string[];
}
