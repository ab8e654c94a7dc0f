import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const BEAT_MS = 1_000;

function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || null;
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

function tryTake(path) {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
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
  let told = false;
  let lastBeat = null;
  let seenMs = performance.now();
  while (!tryTake(path)) {
    const beat = beatOf(path);
    if (beat !== lastBeat) {
      lastBeat = beat;
      seenMs = performance.now();
    }
    const pid = holderOf(path);
    const isSilent = performance.now() - seenMs > silentMs;
    if (isSilent || (pid !== null && !isAlive(pid))) {
      rmSync(path, { force: true });
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
    if (holderOf(path) === process.pid) rmSync(path, { force: true });
  }
}
