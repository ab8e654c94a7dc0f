import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const BEAT_MS = 1_000;

/** What the holder wrote: its process id and a word that no other lock has; null when nobody holds it. */
function contentOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function tryTake(path, content) {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, content);
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock file if it still holds `content`. Moved aside before it is looked at, because between a look and a removal somebody else may
 * have taken over: a lock that is not the one meant is put back.
 */
export function removeLock(path, content) {
  if (contentOf(path) !== content) return;
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  try {
    if (contentOf(aside) !== content) linkSync(aside, path);
  } catch {
    // Taken again in between, which leaves nothing to put back to.
  } finally {
    rmSync(aside, { force: true });
  }
}

function beatOf(path) {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return null;
  }
}

/**
 * Runs `work` while no other process holds the lock file. The holder touches the file every second; a waiter takes over when the
 * holder is gone or has been silent for `silentMs` of the waiter's own time (its process id may have been given to somebody else).
 */
export async function withLock(path, work, { silentMs = 30_000, pollMs = 200, onWait } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${process.pid} ${randomBytes(8).toString('hex')}`;
  let told = false;
  let lastBeat = null;
  let seenMs = performance.now();
  while (!tryTake(path, own)) {
    // Before the beat: a lock that was taken in between is then either another content or another beat, and is left alone.
    const content = contentOf(path);
    const beat = beatOf(path);
    if (beat !== lastBeat) {
      lastBeat = beat;
      seenMs = performance.now();
    }
    const pid = Number.parseInt(content ?? '', 10) || null;
    const isSilent = performance.now() - seenMs > silentMs;
    if (isSilent || (pid !== null && !isAlive(pid))) {
      if (content !== null) removeLock(path, content);
      continue;
    }
    if (!told) onWait?.(pid);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // Somebody removed the folder; the lock is only a courtesy between two starts.
    }
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    removeLock(path, own);
  }
}
