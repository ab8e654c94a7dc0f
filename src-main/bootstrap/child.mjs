import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** What a shell would report: the code, or 128 + the number of the signal that ended the process. */
export function exitCodeOf(code, signal) {
  if (signal === null || signal === undefined) return code ?? 1;
  return 128 + (constants.signals[signal] ?? 0);
}

/**
 * Runs a program in the foreground with our terminal. Ctrl-C reaches the program by itself (same process group), so we only wait; a
 * SIGTERM or SIGHUP sent to us alone is handed on. Resolves with the exit code to end with.
 */
export function runForeground(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const ignore = () => {};
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', ignore);
    process.on('SIGTERM', forward);
    process.on('SIGHUP', forward);
    const settle = (action) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      process.off('SIGHUP', forward);
      action();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code, signal) => settle(() => resolve({ code, signal, exitCode: exitCodeOf(code, signal) })));
  });
}

/**
 * Runs a program whose output is for people: both its streams go to our stderr. `everyMs` calls `onTick` with the elapsed seconds so
 * that a silent program shows life; after `limitMs` the program and what it started are killed. So they are when somebody ends us: npm
 * would otherwise first finish what it is at; `onEnded` may say how to go on.
 */
export function runQuietly(command, args, { cwd, env, everyMs = 10_000, limitMs, onTick, onEnded } = {}) {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const ownGroup = process.platform !== 'win32';
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', process.stderr, process.stderr], detached: ownGroup });
    let timedOut = false;
    const kill = () => {
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It ended by itself between the deadline and now.
      }
    };
    // In a group of its own the program does not hear what ends us.
    const onEnd = (signal) => {
      kill();
      onEnded?.();
      process.exit(exitCodeOf(null, signal));
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, onEnd);
    const tick = onTick && setInterval(() => onTick(Math.round((performance.now() - startedMs) / 1_000)), everyMs);
    const deadline =
      limitMs !== undefined &&
      setTimeout(() => {
        timedOut = true;
        kill();
      }, limitMs);
    const settle = (action) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, onEnd);
      if (tick) clearInterval(tick);
      if (deadline) clearTimeout(deadline);
      action();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code, signal) =>
      settle(() => resolve({ exitCode: exitCodeOf(code, signal), timedOut, elapsedSec: (performance.now() - startedMs) / 1_000 })),
    );
  });
}
