// Reads what the test runners report. scripts/test.mjs adds the sums up.

/** Nothing ran. */
export const none = Object.freeze({ passed: 0, failed: 0, skipped: 0 });

/** Counts of vitest's JSON report. A file that could not be loaded holds no test and counts as one failure. */
export function countVitest(report) {
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Counts of all `test result:` lines of cargo's output. */
export function countCargo(text) {
  const sum = { ...none };
  for (const [, passed, failed, ignored] of text.matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    sum.passed += Number(passed);
    sum.failed += Number(failed);
    sum.skipped += Number(ignored);
  }
  return sum;
}
