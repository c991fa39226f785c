// Loaded into a process before its program: its clocks and timers run ASSENT_TEST_PACE times as fast, wall time from
// ASSENT_TEST_EPOCH (ms) on. Processes that are given the same two have the same time, as leases and resumed runs need it. What
// the pace does not shorten is work: a command that is killed somewhere is killed within less of its waiting.
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers/promises';

const pace = Number(process.env.ASSENT_TEST_PACE);
const epoch = Number(process.env.ASSENT_TEST_EPOCH);

const RealDate = Date;
const now = () => Math.floor(epoch + (RealDate.now() - epoch) * pace);
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }
  static now() {
    return now();
  }
};

const ticks = performance.now.bind(performance);
performance.now = () => ticks() * pace;

const { setTimeout, setInterval } = globalThis;
globalThis.setTimeout = Object.assign((work, ms = 0, ...rest) => setTimeout(work, ms / pace, ...rest), setTimeout);
globalThis.setInterval = (work, ms = 0, ...rest) => setInterval(work, ms / pace, ...rest);
const pause = timers.setTimeout;
timers.setTimeout = (ms = 0, ...rest) => pause(ms / pace, ...rest);
syncBuiltinESMExports();
