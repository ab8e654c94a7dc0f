import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { type ProfileDocument, ProfileDocumentSchema, type ProfileDraft, ProfileDraftSchema } from '#shared/contract/profiles.ts';
import { errorLine } from '#shared/errors/messages.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { parseJsonFile } from '#shared/util/parseJsonFile.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { applyChanges, openPlaces } from './fieldChanges.ts';
import { readSmallFile } from './gateFile.ts';
import { portLines, serverLine, stepLine } from './serverLines.ts';
import type { ServerCommand } from './serverFlags.ts';

/** How long one question for further lines of a log may wait; the next one follows at once. */
const FOLLOW_WAIT_MS = 10_000;

type Of<Action extends ServerCommand['action']> = Extract<ServerCommand, { readonly action: Action }>;

/** `servers`: everything about speech servers. A server started without a running Nightshift lives as long as this command. */
export async function runServers(context: CliContext, command: ServerCommand): Promise<number> {
  const { output } = context;
  // Before anything is opened: a typing error in a file should cost nothing.
  const document = await readDocument(command);
  const opened = await context.open();
  const { client } = opened;
  try {
    const exitCode = await act(context, client, command, document);
    if (command.action === 'start' && opened.role === 'owner' && exitCode === EXIT.done) {
      output.notice('The server runs until Ctrl-C.');
      await untilSignal(context);
    }
    output.json({ type: 'summary', exitCode });
    return exitCode;
  } finally {
    await opened.close();
  }
}

export function untilSignal(context: CliContext): Promise<void> {
  return new Promise((resolve) => {
    const off = context.onSignal(() => {
      off();
      resolve();
    });
  });
}

async function act(
  context: CliContext,
  client: NightshiftClient,
  command: ServerCommand,
  document: ProfileDocument | null,
): Promise<number> {
  const { output } = context;
  switch (command.action) {
    case 'list':
      return await list(context, client, command.id);
    case 'presets':
      return await listPresets(context, client);
    case 'start':
      return await start(context, client, command.id);
    case 'stop':
      say(context, await client.request('servers.stop', { id: command.id }));
      return EXIT.done;
    case 'pause':
      say(context, await client.request('servers.pause', { id: command.id }));
      return EXIT.done;
    case 'resume':
      say(context, await client.request('servers.resume', { id: command.id }));
      return EXIT.done;
    case 'test':
      return await test(context, client, command.id);
    case 'logs':
      return await showLog(context, client, command);
    case 'show': {
      const profile = await profileOf(client, command.id);
      output.json({ type: 'profile', profile });
      for (const line of JSON.stringify(profile, null, 2).split('\n')) output.line(line);
      return EXIT.done;
    }
    case 'add':
      return await add(context, client, command, document);
    case 'edit': {
      const profile = await profileOf(client, command.id);
      return await save(context, client, { nightshiftServers: 1, profiles: [applyChanges(profile, command.changes)] }, true);
    }
    case 'remove':
      await client.request('profiles.remove', { id: command.id });
      output.line(`Removed: ${command.id}`);
      return EXIT.done;
    case 'import':
      if (document === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'an import without a file' });
      return await save(context, client, document, command.isReplacing);
    case 'export':
      return await exportProfiles(context, client, command);
    case 'use':
      return await use(context, client, command);
    case 'port':
      return await settlePort(context, client, command);
  }
}

async function list(context: CliContext, client: NightshiftClient, id: string | null): Promise<number> {
  const { servers } = await client.request('servers.list', {});
  const chosen = servers.filter((server) => id === null || server.id === id);
  if (chosen.length === 0 && id !== null) throw new NightshiftError('PROFILE_NOT_FOUND', { profileId: id });
  for (const server of chosen) say(context, server);
  return EXIT.done;
}

async function listPresets({ output, common }: CliContext, client: NightshiftClient): Promise<number> {
  const { presets } = await client.request('profiles.presets', {});
  for (const preset of presets) {
    output.json({ type: 'preset', preset });
    output.line(`${preset.id.padEnd(16)}  ${preset.title}: ${preset.hint[common.locale]}`);
  }
  return EXIT.done;
}

async function start(context: CliContext, client: NightshiftClient, id: string): Promise<number> {
  try {
    say(context, await client.request('servers.start', { id }));
    return EXIT.done;
  } catch (thrown) {
    const error = toNightshiftError(thrown);
    // The choices first, so that the sentence that ends the command stands last.
    if (error.code === 'PORT_IN_USE') await showPort(context, client, id);
    throw error;
  }
}

async function test({ output, common }: CliContext, client: NightshiftClient, id: string): Promise<number> {
  const testId = randomUUID();
  const off = client.subscribe((event) => {
    if (event.name !== 'server.tested' || event.payload.testId !== testId) return;
    output.json({ type: 'step', ...event.payload.step });
    output.line(stepLine(event.payload.step, common.locale));
  });
  try {
    const { passed } = await client.request('servers.test', { testId, server: { id } });
    output.line(passed ? `${id} works.` : `${id} does not work.`);
    return passed ? EXIT.done : EXIT.environment;
  } finally {
    off();
  }
}

async function showLog(context: CliContext, client: NightshiftClient, { id, lines, isFollowing }: Of<'logs'>): Promise<number> {
  const { output } = context;
  const show = (found: readonly string[]): void => {
    for (const line of found) {
      output.json({ type: 'log', id, line });
      output.line(line);
    }
  };
  const log = await client.request('servers.log', { id, lines });
  output.notice(log.path);
  show(log.lines);
  if (!isFollowing) return EXIT.done;
  let isOver = false;
  const over = untilSignal(context).then(() => {
    isOver = true;
    return null;
  });
  let after = log.next;
  while (!isOver) {
    const asked = client.request('servers.log', { id, lines: 2_000, after, waitMs: FOLLOW_WAIT_MS });
    const more = await Promise.race([asked, over]);
    if (more === null) {
      // The answer that is still under way has nobody to go to.
      asked.catch(() => undefined);
      break;
    }
    after = more.next;
    show(more.lines);
  }
  return EXIT.done;
}

async function add(
  context: CliContext,
  client: NightshiftClient,
  { preset: presetId, changes, isReplacing }: Of<'add'>,
  document: ProfileDocument | null,
): Promise<number> {
  if (document !== null) {
    const profiles = document.profiles.length === 1 ? document.profiles.map((draft) => applyChanges(draft, changes)) : document.profiles;
    return await save(context, client, { ...document, profiles }, isReplacing);
  }
  let base: ProfileDraft | null = null;
  if (presetId !== null) {
    const { presets } = await client.request('profiles.presets', {});
    base = presets.find(({ id }) => id === presetId)?.draft ?? null;
    if (base === null) {
      const detail = `expected one of ${presets.map(({ id }) => id).join(', ')}, got "${presetId}"`;
      throw new NightshiftError('INPUT_INVALID', { field: '--preset', detail });
    }
  }
  return await save(context, client, { nightshiftServers: 1, profiles: [applyChanges(base, changes)] }, isReplacing);
}

async function save({ output }: CliContext, client: NightshiftClient, document: ProfileDocument, replace: boolean): Promise<number> {
  const { saved } = await client.request('profiles.save', { document, replace });
  for (const { profile, missingSecrets } of saved) {
    output.json({ type: 'profile', profile, missingSecrets });
    output.line(`Saved: ${profile.id} (${profile.mode}, ${profile.protocol}, port ${profile.port})`);
    const open = openPlaces(profile);
    if (open.length > 0)
      output.notice(`  Still to be filled in: ${open.join(', ')} (nightshift servers edit ${profile.id} --set FIELD=VALUE)`);
    if (missingSecrets.length > 0)
      output.notice(`  Secrets are not part of an export and have to be entered: ${missingSecrets.join(', ')}`);
  }
  const [only] = saved;
  if (only !== undefined && saved.length === 1) {
    output.notice(`  Try it: nightshift servers test ${only.profile.id}`);
    output.notice(`  Use it: nightshift servers use ${only.profile.mode} ${only.profile.id}`);
  }
  return EXIT.done;
}

async function exportProfiles({ output }: CliContext, client: NightshiftClient, { ids, file, isForced }: Of<'export'>): Promise<number> {
  const { document } = await client.request('profiles.export', { ids: ids.length === 0 ? null : [...ids] });
  const text = `${JSON.stringify(document, null, 2)}\n`;
  output.json({ type: 'servers', document, file });
  if (file === null) {
    for (const line of text.trimEnd().split('\n')) output.line(line);
    return EXIT.done;
  }
  try {
    await writeFile(file, text, { flag: isForced ? 'w' : 'wx', mode: 0o600 });
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new NightshiftError(isThere ? 'OUTPUT_EXISTS' : 'OUTPUT_UNWRITABLE', { path: file }, { cause: error });
  }
  output.line(`Written: ${file}`);
  return EXIT.done;
}

async function use({ output }: CliContext, client: NightshiftClient, { mode, ids }: Of<'use'>): Promise<number> {
  for (const id of ids) {
    const profile = await profileOf(client, id);
    if (profile.mode !== mode) {
      throw new NightshiftError('INPUT_INVALID', { field: 'server', detail: `${id} serves the ${profile.mode} mode, not ${mode}` });
    }
  }
  const { servers } = await client.request('settings.get', {});
  await client.request('settings.update', { servers: { ...servers, [mode]: [...ids] } });
  output.json({ type: 'use', mode, ids });
  output.line(`${mode}: ${ids.length === 0 ? "Nightshift's own server" : ids.join(', ')}`);
  return EXIT.done;
}

async function settlePort(context: CliContext, client: NightshiftClient, { id, isUsingExternal, port }: Of<'port'>): Promise<number> {
  const { output } = context;
  if (!isUsingExternal && port === null) return await showPort(context, client, id);
  const choice = isUsingExternal ? 'useExternal' : 'otherPort';
  const settled = await client.request('servers.settlePort', { id, choice, port });
  output.json({ type: 'settled', id: settled.id, choice });
  const profile = await profileOf(client, settled.id);
  output.line(
    isUsingExternal
      ? `${profile.mode}: ${profile.id} uses what listens on port ${profile.port}`
      : `${profile.id} listens on port ${profile.port} from now on`,
  );
  return EXIT.done;
}

async function showPort({ output }: CliContext, client: NightshiftClient, id: string): Promise<number> {
  const report = await client.request('servers.port', { id });
  output.json({ type: 'port', id, ...report });
  for (const line of portLines(id, report)) output.line(line);
  return EXIT.done;
}

async function profileOf(client: NightshiftClient, id: string): Promise<ProfileDocument['profiles'][number]> {
  const { profiles } = await client.request('profiles.list', {});
  const profile = profiles.find((known) => known.id === id);
  if (profile === undefined) throw new NightshiftError('PROFILE_NOT_FOUND', { profileId: id });
  return profile;
}

/** A file holds what `export` writes, or one profile alone. @throws INPUT_INVALID with the place in the file */
async function readDocument(command: ServerCommand): Promise<ProfileDocument | null> {
  const file = command.action === 'import' || command.action === 'add' ? command.file : null;
  if (file === null) return null;
  const text = await readSmallFile(file);
  const isDocument = /"nightshiftServers"\s*:/.test(text);
  if (isDocument || command.action === 'import') return parseJsonFile(ProfileDocumentSchema, text, file);
  return { nightshiftServers: 1, profiles: [parseJsonFile(ProfileDraftSchema, text, file)] };
}

function say({ output, common }: CliContext, server: Parameters<typeof serverLine>[0]): void {
  output.json({ type: 'server', server });
  output.line(serverLine(server));
  if (server.error !== null) output.notice(`  ${errorLine(server.error, common.locale)}`);
}
