import { randomBytes } from 'node:crypto';
import { cpus, freemem, release, totalmem } from 'node:os';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RouteOutput } from '#shared/contract/routes.ts';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { tailLines } from '#main/platform/tailLines.ts';
import { VERSION } from '#main/version.ts';
import type { CliContext } from './context.ts';
import { type BundleFile, writeBundle } from './diagnosticsArchive.ts';
import { createPrivacy, type Privacy } from './diagnosticsPrivacy.ts';
import { EXIT } from './exitCodes.ts';

/** Of each log; older files are left out. */
const LOG_LINES = 2_000;
const EVENT_PAGE = 1_000;
const EVENT_PAGES = 5;
const LISTED_RUNS = 200;
const SAMPLE_SECONDS = 60;

/**
 * `doctor --bundle`: what helps to find a mistake, in one file to look through and to send. Never recordings, transcripts or what users wrote; names of
 * files and folders only as hashes unless asked for. Works as far as it can also when the database does not open.
 * @throws OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function runDiagnostics(context: CliContext, { path, withNames }: { path: string; withNames: boolean }): Promise<number> {
  const { output, dataDir } = context;
  const privacy = createPrivacy({ withNames, salt: randomBytes(16).toString('hex') });
  const files: BundleFile[] = [];
  const add = (name: string, text: string): void => void files.push({ name, text });
  const addJson = (name: string, value: unknown): void => add(name, `${JSON.stringify(privacy.value(value), null, 2)}\n`);

  addJson('machine.json', {
    version: VERSION,
    nodeVersion: process.version,
    platform: `${process.platform} ${process.arch}`,
    release: release(),
    processors: cpus().length,
    memoryTotalBytes: totalmem(),
    memoryFreeBytes: freemem(),
  });
  try {
    const opened = await context.open();
    try {
      await addAnswers(opened.client, privacy, add, addJson);
    } finally {
      await opened.close();
    }
  } catch (error) {
    addJson('notOpened.json', toWireError(error));
  }
  await addLogs(join(dataDir, 'logs'), privacy, add);

  output.line(`What is in ${path}:`);
  for (const { name, text } of files) output.line(`  ${name.padEnd(28)} ${Buffer.byteLength(text)} bytes`);
  output.line(
    withNames
      ? 'Names of files and folders are in it. Recordings, transcripts and texts are not.'
      : 'Names of files and folders are hashes. Recordings, transcripts and texts are not in it.',
  );
  await writeBundle(path, files);
  output.line(`Saved: ${path}`);
  output.json({
    type: 'summary',
    exitCode: EXIT.done,
    path,
    files: files.map(({ name, text }) => ({ name, bytes: Buffer.byteLength(text) })),
  });
  return EXIT.done;
}

async function addAnswers(
  client: NightshiftClient,
  privacy: Privacy,
  add: (name: string, text: string) => void,
  addJson: (name: string, value: unknown) => void,
): Promise<void> {
  /** One question that fails does not cost the others. */
  const ask = async (name: string, question: () => Promise<unknown>): Promise<void> => {
    addJson(name, await question().catch((error: unknown) => ({ error: toWireError(error) })));
  };
  await ask('system.json', () => client.request('system.info', {}));
  await ask('settings.json', () => client.request('settings.get', {}));
  await ask('profiles.json', () => client.request('profiles.list', {}));
  await ask('servers.json', () => client.request('servers.list', {}));
  await ask('readings.json', () => client.request('resources.history', { seconds: SAMPLE_SECONDS }));
  await ask('database.json', () => client.request('backups.check', {}));
  await ask('storage.json', () => client.request('storage.usage', {}));
  await ask('runs.json', () => client.request('runs.list', { count: LISTED_RUNS }));
  const events: string[] = [];
  for (let beforeId: number | null = null, page = 0; page < EVENT_PAGES; page++) {
    const { entries, next }: RouteOutput<'log.list'> = await client.request('log.list', { beforeId, count: EVENT_PAGE });
    events.unshift(...entries.map((entry) => JSON.stringify(privacy.value(entry))));
    beforeId = next;
    if (beforeId === null) break;
  }
  add('events.jsonl', events.map((line) => `${line}\n`).join(''));
}

/** Our own log keeps its known fields; what servers printed may be what somebody said, so only its technical words stay. */
async function addLogs(folder: string, privacy: Privacy, add: (name: string, text: string) => void): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.log')).toSorted();
  let number = 0;
  for (const name of names) {
    const isOurs = name === 'nightshift.log' || name.startsWith('attached-');
    const lines = await tailLines(join(folder, name), LOG_LINES).catch(() => []);
    const shown = lines.map((line) => (isOurs ? ownLine(line, privacy) : privacy.technical(line)));
    // A server is called as its user likes.
    const shownName = isOurs ? name : `server-${String(++number)}.log`;
    add(`log-${shownName}`, [...(isOurs ? [] : [`# ${privacy.name(name)}`]), ...shown].map((line) => `${line}\n`).join(''));
  }
}

function ownLine(line: string, privacy: Privacy): string {
  try {
    return JSON.stringify(privacy.value(JSON.parse(line)));
  } catch {
    return privacy.technical(line);
  }
}
