import type { RouteOutput } from '#shared/contract/routes.ts';
import type { KnownServer, TestStep } from '#shared/contract/servers.ts';
import { WINDOW_REASON_TEXTS } from '#shared/domain/server.ts';
import { errorLine, type MessageLocale } from '#shared/errors/messages.ts';

/** One server on one line, in the order people look for things: what for, which, where, how it is. */
export function serverLine(server: KnownServer): string {
  const { id, mode, name, url, status, pid, capacity, sessions, model, isServing, isPaused, window } = server;
  const parts = [mode.toUpperCase().padEnd(9)];
  if (id !== mode) parts.push(`${id} (${name})`);
  parts.push(url, status);
  if (isPaused) parts.push('paused: gets no new files');
  if (pid !== null) parts.push(`process ${pid}`);
  if (capacity !== null) parts.push(`${sessions}/${capacity} sessions`);
  if (window !== null && capacity !== null) parts.push(`${window.places} of ${capacity} places: ${WINDOW_REASON_TEXTS[window.reason].en}`);
  if (model !== null) parts.push(model);
  if (id !== mode && isServing) parts.push('serves the mode');
  if (id === mode && !isServing) parts.push('not in use');
  return parts.join('  ');
}

const STEP_WORDS: Readonly<Record<TestStep['step'], string>> = {
  port: 'port',
  process: 'process',
  readiness: 'ready',
  greeting: 'greeting',
  audioSent: 'audio sent',
  firstText: 'first text',
  end: 'end of results',
  text: 'text',
  closed: 'closed',
};

const NOTE_WORDS: Readonly<Record<NonNullable<TestStep['note']>, string>> = {
  portFree: 'free',
  portTaken: 'something listens there',
  running: 'running already',
  otherMachine: 'on another machine',
  somebodyElse: 'somebody else runs it',
  noText: 'no text came',
  spoken: 'spoken',
};

const MARKS = { ok: '✓', failed: '✗', skipped: '-' } as const;

/** `✓ text        TURN LEFT (spoken: TURN LEFT)`; a failed step ends with its code and sentence. */
export function stepLine({ step, outcome, note, detail, reference, error }: TestStep, locale: MessageLocale): string {
  const head = `${MARKS[outcome]} ${STEP_WORDS[step].padEnd(14)}`;
  if (error !== null) return `${head}  ${errorLine(error, locale)}`;
  const word = note === null ? null : reference === null ? NOTE_WORDS[note] : `${NOTE_WORDS[note]}: ${reference}`;
  return `${head}  ${[detail, ...(word === null ? [] : [detail === '' ? word : `(${word})`])].filter((part) => part !== '').join(' ')}`.trimEnd();
}

/** Who holds a port and the commands that settle it. */
export function portLines(id: string, { port, occupant, pid, program, choices, freePort }: RouteOutput<'servers.port'>): string[] {
  const who: Readonly<Record<typeof occupant, string>> = {
    free: 'is free',
    self: 'is held by the server itself',
    nightshift: 'is held by a server of another Nightshift',
    s0: 'is held by a server that speaks the S0 protocol',
    foreign: `is held by ${program ?? 'another program'}`,
  };
  const lines = [`Port ${port} ${who[occupant]}${pid === null ? '' : ` (process ${pid})`}.`];
  if (choices.includes('useExternal')) lines.push(`  Use it as it is:   nightshift servers port ${id} --use-external`);
  if (choices.includes('otherPort')) lines.push(`  Take another port: nightshift servers port ${id} --to ${freePort ?? 'PORT'}`);
  if (choices.includes('cancel')) lines.push('  Or end that program yourself; Nightshift never does.');
  return lines;
}
