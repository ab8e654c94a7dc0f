import { readFileSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

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
    remarks: report.testResults.flatMap((file) => [
      ...(file.status === 'failed' && file.assertionResults.length === 0 ? [remark('failed', file.name, file.message)] : []),
      ...file.assertionResults.flatMap(({ status, fullName, failureMessages }) => {
        if (status === 'failed') return [remark('failed', fullName, failureMessages?.[0])];
        // A test that passed keeps what its first try reported.
        return failureMessages?.length > 0 ? [remark('passed on the second try', fullName, failureMessages[0])] : [];
      }),
    ]),
  }),
  playwright: ({ stats, errors, suites }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
    remarks: [...errors.map(({ message }) => remark('failed', 'e2e', message)), ...(suites ?? []).flatMap(playwrightRemarks)],
  }),
};

function playwrightRemarks({ suites = [], specs = [] }) {
  const words = { unexpected: 'failed', flaky: 'passed on the second try' };
  const own = specs.flatMap(({ title, tests }) =>
    tests
      .filter(({ status }) => status in words)
      .map(({ status, results }) => remark(words[status], title, results.find(({ error }) => error)?.error.message)),
  );
  return [...own, ...suites.flatMap(playwrightRemarks)];
}

function remark(what, name, message = '') {
  const line = stripVTControlCharacters(message).split('\n')[0].slice(0, 300);
  return `${what}: ${name}${line === '' ? '' : ` (${line})`}`;
}

/**
 * Counts of one finished step, and as `remarks` one line for each test that failed or needed a second try. A step that failed without a failed test (it crashed, or left no report) counts as one failure, so that
 * the sum can never look better than the exit codes.
 * @param kind who wrote the report: ours, vitest, playwright
 * @param text content of the report file, null when there is none
 */
export function countsOf(kind, text, exitCode) {
  let counts = { passed: 0, failed: 0, skipped: 0, remarks: [] };
  if (text !== null) {
    try {
      const { passed, failed, skipped, remarks = [] } = READERS[kind](JSON.parse(text));
      counts = { passed, failed, skipped, remarks };
    } catch {
      return { passed: 0, failed: 1, skipped: 0, remarks: [] };
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
