import { afterEach, expect, test, vi } from 'vitest';
import { cloudEnvironment, terminalEnvironment } from '../../../src/edge/env.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

function set(variables: Record<string, string>): void {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'ASSENT_SANDBOX_SPEED', 'NO_COLOR', 'TERM']) {
    vi.stubEnv(name, variables[name]);
  }
}

test.each([
  [{}, undefined],
  [{ AWS_DEFAULT_REGION: 'eu-west-1' }, 'eu-west-1'],
  [{ AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'eu-west-1' }, 'us-west-2'],
  [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' }, 'eu-west-1'],
])('from %o the region is %s', (variables, region) => {
  set(variables);
  expect(cloudEnvironment().region).toBe(region);
});

test.each([
  ['', 60],
  ['1', 1],
  ['0.5', 0.5],
  ['1e3', 1000],
])('ASSENT_SANDBOX_SPEED "%s" means %d', (text, speed) => {
  set({ ASSENT_SANDBOX_SPEED: text });
  expect(cloudEnvironment().sandboxSpeed).toBe(speed);
});

test.each(['fast', '0', '-1', 'Infinity', 'NaN', '10x'])('ASSENT_SANDBOX_SPEED "%s" is refused by name', (text) => {
  set({ ASSENT_SANDBOX_SPEED: text });
  expect(cloudEnvironment).toThrow(expect.objectContaining({ code: 'environment_invalid', kind: 'invalid' }));
  expect(cloudEnvironment).toThrow('ASSENT_SANDBOX_SPEED');
});

test.each([
  [{}, false, false],
  [{ NO_COLOR: '' }, false, false],
  [{ NO_COLOR: '0' }, true, false],
  [{ TERM: 'dumb' }, false, true],
])('from %o colour is off: %s, the terminal is dumb: %s', (variables, noColour, dumb) => {
  set(variables);
  expect(terminalEnvironment()).toEqual({ noColour, dumb });
});
