import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** Processes that listen on the port, by `/proc/net/tcp` and the open files of every process we may look into; none elsewhere. */
export async function listenerPids(port: number): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const inodes = new Set([...(await listeningInodes('/proc/net/tcp', port)), ...(await listeningInodes('/proc/net/tcp6', port))]);
  if (inodes.size === 0) return [];
  const links = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const holds = await Promise.all(names.map((name) => holdsOneOf(name, links)));
  return names.filter((_name, i) => holds[i] === true).map(Number);
}

/** proc_pid_net(5): local address as HEX:PORT in the second column, state 0A is listening, the inode is the tenth. */
async function listeningInodes(path: string, port: number): Promise<string[]> {
  const table = await readFile(path, 'latin1').catch(() => '');
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) === true && columns[3] === '0A')
    .flatMap((columns) => columns[9] ?? []);
}

async function holdsOneOf(pid: string, links: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files) {
    const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
    if (links.has(target)) return true;
  }
  return false;
}

/** Name of the program, with the script that an interpreter runs; null when it cannot be seen. */
export async function programName(pid: number): Promise<string | null> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [program, first, second] = commandLine.split('\0');
  // `python -m MODULE`
  const script = first === '-m' && second !== undefined && second !== '' ? second : first;
  if (program === undefined || program === '') return null;
  const name = basename(program);
  // An interpreter alone says little.
  return /^(python|node|ruby|perl|java)[\d.]*$/.test(name) && script !== undefined && script !== '' ? `${name} ${basename(script)}` : name;
}
