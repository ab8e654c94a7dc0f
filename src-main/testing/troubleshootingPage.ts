import { ERROR_CODES, type ErrorCode, type ErrorKind, type RetryClass } from '#shared/errors/errorCodes.ts';
import { errorText } from '#shared/errors/messages.ts';
import { templatesByReason } from '#shared/errors/reasonMessages.ts';

const KINDS: Readonly<Record<ErrorKind, { readonly title: string; readonly exit: string }>> = {
  usage: { title: 'What was asked for', exit: 'ends a command with exit code 2' },
  environment: { title: 'The machine and its set-up', exit: 'ends a command with exit code 3' },
  server: { title: 'Speech servers', exit: 'ends a command with exit code 3 when the mode cannot go on' },
  storage: { title: 'The database and the disk', exit: 'ends a command with exit code 3' },
  data: { title: 'One input file', exit: 'the file fails, the rest goes on; exit code 1 at the end' },
  resource: { title: 'While working on a file', exit: 'the file is tried again; exit code 1 at the end if it never works' },
  network: { title: 'Connections', exit: 'the file is tried again; exit code 1 at the end if it never works' },
  gate: { title: 'Gates', exit: 'ends a command with exit code 4' },
  cancelled: { title: 'Cancelled', exit: 'exit code 130' },
  bug: { title: 'Faults of Nightshift itself', exit: 'ends a command with exit code 70' },
};

const RETRIES: Readonly<Record<RetryClass, string>> = {
  never: 'not tried again by itself',
  backoff: 'tried again by itself, a limited number of times',
  requeue: 'put back into the queue without counting as a failed attempt',
};

/** `docs/troubleshooting.md`: every code with its English sentences. The facts in brackets of a real message are left out. */
export function troubleshootingPage(): string {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  const sections = (Object.keys(KINDS) as ErrorKind[]).flatMap((kind) => {
    const ofKind = codes.filter((code) => ERROR_CODES[code].kind === kind).toSorted();
    return ofKind.length === 0 ? [] : [`## ${KINDS[kind].title}\n\nKind \`${kind}\`: ${KINDS[kind].exit}.`, ...ofKind.map(entry)];
  });
  return `${[
    '# Troubleshooting by error code',
    [
      'Every failure has a code. The panel and the command line show it with its sentence; `results.json` has it in `error_code`, the output of',
      '`--json` in `error.code`. Codes do not change between versions. This page is made from `src-shared/errors`: a test keeps it current.',
    ].join('\n'),
    ...sections,
  ].join('\n\n')}\n`;
}

function entry(code: ErrorCode): string {
  const { what, did, advice } = errorText({ code, data: {} }, 'en');
  const reasons = Object.keys(templatesByReason(code)).map((reason) => {
    const text = errorText({ code, data: { reason } }, 'en');
    return `- \`${reason}\`: ${text.what} ${text.advice}`;
  });
  return [
    `### ${code}`,
    `${what} ${did}`,
    `**What to do:** ${advice}`,
    ...(reasons.length === 0 ? [] : [`By its \`reason\`:\n\n${reasons.join('\n')}`]),
    `*${RETRIES[ERROR_CODES[code].retry]}*`,
  ].join('\n\n');
}
