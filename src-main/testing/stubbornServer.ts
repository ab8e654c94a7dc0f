import { spawn } from 'node:child_process';

/**
 * A server of the worst kind: ignores closed input and polite signals (`--obeys` takes the signals), and starts a child in its group and a grandchild
 * in a session of its own whose parent is gone. Prints the ids of all three as one JSON line.
 */
const obeys = process.argv.includes('--obeys');
const idle = `${obeys ? '' : "process.on('SIGTERM', () => undefined);"} setInterval(() => undefined, 1_000); console.log('up')`;

async function started(args: readonly string[], detached: boolean): Promise<number> {
  const child = spawn(process.execPath, args, { detached, stdio: ['ignore', 'pipe', 'ignore'] });
  child.unref();
  const [line] = (await new Promise<Buffer[]>((resolve) => child.stdout.once('data', (part: Buffer) => resolve([part])))) as [Buffer];
  child.stdout.destroy();
  const said = Number(line.toString());
  return Number.isInteger(said) ? said : (child.pid ?? 0);
}

if (!obeys) process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
const child = await started(['-e', idle], false);
// Its parent, a process in between, ends at once.
const between = `const c = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(idle)}], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  c.stdout.once('data', () => { console.log(c.pid); process.exit(0); })`;
const grandchild = await started(['-e', between], true);
process.stdout.write(`${JSON.stringify([process.pid, child, grandchild])}\n`);
setInterval(() => undefined, 1_000);
