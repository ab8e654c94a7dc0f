import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { isAnswering } from '#main/hosts/httpTransport/probe.ts';
import { createLinkToken } from './panelKeys.ts';

const SECRET_FILE = 'panel-secret';
const SERVE_FILE = 'serve.json';

const ServeFileSchema = z.object({
  pid: z.int().positive(),
  port: z.int().min(1).max(65_535),
  /** See `PanelKeysOptions.instance`. */
  instance: z.string().min(16),
});
export type ServeFile = z.infer<typeof ServeFileSchema>;

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function readSecret(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw new NightshiftError('DATA_FOLDER_UNUSABLE', { path, detail: error instanceof Error ? error.message : '' }, { cause: error });
  });
  if (text === null) return null;
  const secret = text.trim();
  return /^[0-9a-f]{64}$/.test(secret) ? secret : null;
}

async function writePrivate(path: string, text: string): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(partial, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new NightshiftError('DATA_FOLDER_UNUSABLE', { path, detail: cause instanceof Error ? cause.message : '' }, { cause });
  }
}

/**
 * The secret that signs links and sessions: made once per data folder, readable by its user alone, so that browsers stay logged in
 * over restarts. Removing the file logs every browser out. @throws DATA_FOLDER_UNUSABLE
 */
export async function loadPanelSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, SECRET_FILE);
  const known = await readSecret(path);
  if (known !== null) {
    await chmod(path, 0o600).catch(() => undefined);
    return known;
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writePrivate(path, `${randomBytes(32).toString('hex')}\n`);
  // Read back, because another process may have made one at the same moment and the later rename counts.
  return (await readSecret(path)) ?? loadPanelSecret(dataDir);
}

/** Tells other processes of this user who serves the panel of a data folder, and where. */
export async function writeServeFile(dataDir: string, serve: ServeFile): Promise<void> {
  await writePrivate(join(dataDir, SERVE_FILE), `${JSON.stringify(serve)}\n`);
}

async function readServeFile(dataDir: string): Promise<ServeFile | null> {
  try {
    return ServeFileSchema.parse(JSON.parse(await readFile(join(dataDir, SERVE_FILE), 'utf8')));
  } catch {
    return null;
  }
}

/** Removes the file again, unless a later serve has written its own. */
export async function removeServeFile(dataDir: string, instance: string): Promise<void> {
  const serve = await readServeFile(dataDir);
  if (serve?.instance === instance) await rm(join(dataDir, SERVE_FILE), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Address at which one browser can enter once within ten minutes. Behind `#`, so it is in no request line, log or referrer. */
export function linkTo(port: number, token: string): string {
  return `http://127.0.0.1:${port}/enter#token=${token}`;
}

/**
 * A fresh link to the panel that another process serves from this data folder.
 * @throws NOT_AVAILABLE_HERE when none is being served
 */
export async function createPanelLink(options: { readonly dataDir: string }): Promise<string> {
  const { dataDir } = options;
  const serve = await readServeFile(dataDir);
  // After a crash or a restart of the machine the file is still there, and its pid may be somebody else's.
  const isServed = serve !== null && isAlive(serve.pid) && (await isAnswering({ port: serve.port, host: '127.0.0.1' }));
  const secret = isServed ? await readSecret(join(dataDir, SECRET_FILE)) : null;
  if (serve === null || secret === null) {
    throw new NightshiftError('NOT_AVAILABLE_HERE', { path: dataDir, reason: 'nothingServed' });
  }
  return linkTo(serve.port, createLinkToken({ secret, instance: serve.instance, nowMs: Date.now }));
}
