import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { maskText } from '#shared/util/maskText.ts';
import type { AsrAdapter, AsrSession } from '../asrAdapter.ts';

/** The same adapter with errors that everybody may read: servers repeat the key that they refuse, and errors are kept with the run and shown. */
export function discreetAdapter(adapter: AsrAdapter, secrets: readonly string[]): AsrAdapter {
  if (secrets.length === 0) return adapter;
  return { connect: async (url, signal) => discreetSession(await discreetly(adapter.connect(url, signal), secrets), secrets) };
}

function discreetSession(session: AsrSession, secrets: readonly string[]): AsrSession {
  return {
    hello: session.hello,
    get reusable() {
      return session.reusable;
    },
    transcribe: (request) => discreetly(session.transcribe(request), secrets),
    close: () => session.close(),
  };
}

async function discreetly<T>(work: Promise<T>, secrets: readonly string[]): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof NightshiftError)) throw error;
    const data = Object.entries(error.data).map(([name, value]) => [name, typeof value === 'string' ? maskText(value, secrets) : value]);
    throw new NightshiftError(error.code, Object.fromEntries(data), { cause: error.cause });
  }
}
