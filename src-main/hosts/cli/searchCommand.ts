import type { RouteOutput } from '#shared/contract/routes.ts';
import type { SearchHit } from '#shared/contract/search.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import type { SearchCommand } from './searchFlags.ts';

const PAGE = 200;

/** `search`: two lines a text, where it is from and what it says around the words. */
export async function runSearch({ output, open }: CliContext, { text, runId, mode, count }: SearchCommand): Promise<number> {
  const opened = await open();
  try {
    let found = 0;
    let beforeId: number | null = null;
    do {
      const page: RouteOutput<'search.texts'> = await opened.client.request('search.texts', {
        text,
        runId,
        mode,
        beforeId,
        count: Math.min(PAGE, count - found),
      });
      for (const hit of page.hits) {
        output.json({ type: 'text', ...hit });
        output.line(placeOf(hit));
        output.line(`    ${hit.excerpt}`);
      }
      found += page.hits.length;
      beforeId = page.next;
    } while (beforeId !== null && found < count);
    if (found === 0) output.notice('No text has these words.');
    else if (beforeId !== null) output.notice('There may be more; see --count.');
    output.json({ type: 'summary', exitCode: EXIT.done, found, isComplete: beforeId === null });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

function placeOf({ runId, fileId, mode, createdAtMs }: SearchHit): string {
  const date = new Date(createdAtMs).toISOString().slice(0, 16).replace('T', ' ');
  return `${date}Z  ${runId === null ? 'of a removed run' : `run ${runId}`}  ${mode}  ${fileId ?? ''}`.trimEnd();
}
