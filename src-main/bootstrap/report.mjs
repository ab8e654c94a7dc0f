import { readFileSync, writeFileSync } from 'node:fs';

/** Leaves the counts of a step for `npm test`, which names the file in NIGHTSHIFT_TEST_REPORT; without it nothing is written. */
export function writeReport(counts) {
  const path = process.env.NIGHTSHIFT_TEST_REPORT;
  if (path) writeFileSync(path, JSON.stringify(counts));
}

const READERS = {
  ours: (report) => report,
  vitest: (report) => ({
    passed: report.numPassedTests,
    // A file that does not even load has no tests in it that could fail.
    failed:
      report.numFailedTests + report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length,
    skipped: report.numPendingTests + report.numTodoTests,
  }),
  playwright: ({ stats, errors }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  }),
};

/**
 * Counts of one finished step. A step that failed without a failed test (it crashed, or left no report) counts as one failure, so that
 * the sum can never look better than the exit codes.
 * @param kind who wrote the report: ours, vitest, playwright
 * @param text content of the report file, null when there is none
 */
export function countsOf(kind, text, exitCode) {
  let counts = { passed: 0, failed: 0, skipped: 0 };
  if (text !== null) {
    try {
      const { passed, failed, skipped } = READERS[kind](JSON.parse(text));
      counts = { passed, failed, skipped };
    } catch {
      return { passed: 0, failed: 1, skipped: 0 };
    }
  } else if (exitCode === 0) {
    counts.passed = 1;
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** @returns the text of a report, null when the step left none */
export function readReport(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Whether dependency-cruiser looked at any module at all: it reports success over none when it cannot read TypeScript.
 * @param output what it said when it found no violation
 */
export function looksCruised(output) {
  return Number(/\((\d+) modules/.exec(output)?.[1] ?? 0) > 0;
}
