// Workflows in Step Functions: an execution has the name of its run or inquiry.
import type { SFN } from '@aws-sdk/client-sfn';
import type { Workflow, WorkflowInput, WorkflowState } from '../../app/ports/service.ts';

export class StepFunctionsWorkflow implements Workflow {
  readonly #client: SFN;
  readonly #machineArn: string;

  constructor(client: SFN, machineArn: string) {
    this.#client = client;
    this.#machineArn = machineArn;
  }

  async start(name: string, input: WorkflowInput): Promise<void> {
    try {
      await this.#client.startExecution({
        stateMachineArn: this.#machineArn,
        name,
        input: JSON.stringify(input),
      });
    } catch (error) {
      // AWS takes the same name with the same input for the same execution while it runs; afterwards it says this.
      if ((error as Error).name !== 'ExecutionAlreadyExists') throw error;
    }
  }

  async wake(token: string): Promise<void> {
    try {
      await this.#client.sendTaskSuccess({ taskToken: token, output: '{}' });
    } catch (error) {
      if (!['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'].includes((error as Error).name)) throw error;
    }
  }

  async state(name: string): Promise<WorkflowState> {
    const executionArn = `${this.#machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    try {
      const { status, output } = await this.#client.describeExecution({ executionArn });
      if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return { status: 'running' };
      if (status !== 'SUCCEEDED') return { status: 'failed' };
      return { status: 'ended', output: JSON.parse(output ?? 'null') };
    } catch (error) {
      if ((error as Error).name === 'ExecutionDoesNotExist') return { status: 'unknown' };
      throw error;
    }
  }
}

/** The workflow of this machine, with the process's own credentials. */
export async function openWorkflow({ region, machineArn }: { region: string; machineArn: string }): Promise<Workflow> {
  const { SFN } = await import('./sdk/sfn.ts');
  return new StepFunctionsWorkflow(new SFN({ region }), machineArn);
}
