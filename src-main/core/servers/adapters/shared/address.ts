import type { AdapterProfile } from '../asrAdapter.ts';

/** Address of the server by the profile's path and security. @param url where it listens, of any scheme */
export function addressOf(
  scheme: 'http' | 'ws',
  url: string,
  { tls, path }: Pick<AdapterProfile, 'tls' | 'path'>,
  parameters: Readonly<Record<string, string>> = {},
): string {
  const { host } = new URL(url);
  const address = new URL(path, `${scheme}${tls ? 's' : ''}://${host}`);
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return address.href;
}

export function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return Number(port || (protocol === 'wss:' || protocol === 'https:' ? '443' : '80'));
}
