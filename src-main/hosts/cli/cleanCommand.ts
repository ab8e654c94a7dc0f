import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import type { CleanCommand } from './storageFlags.ts';
import { cacheText, entryText, sizeText } from './storageTexts.ts';

/** `clean`: lists what may go; with --yes it goes. @returns the exit code; 1 when something listed could not be removed */
export async function runClean({ output, open }: CliContext, { rules, isConfirmed, cache, pin }: CleanCommand): Promise<number> {
  const opened = await open();
  const { client } = opened;
  try {
    if (pin !== null) {
      await client.request('storage.pin', pin);
      output.line(pin.isPinned ? `Run ${pin.runId} is pinned: it is never cleaned` : `Run ${pin.runId} may be cleaned again`);
      output.json({ type: 'summary', exitCode: EXIT.done, ...pin });
      return EXIT.done;
    }
    const usage = await client.request('storage.usage', {});
    output.line(`The data folder holds ${sizeText(usage.totalBytes)}:`);
    for (const { kind, bytes, count } of usage.kinds) output.line(`  ${kind.padEnd(9)} ${sizeText(bytes).padStart(9)}  ${count}`);
    const kept = await client.request('storage.cache', {});
    output.line(cacheText(kept));
    const plan = await client.request('storage.preview', { rules });
    for (const entry of plan.entries) {
      output.line(entryText(entry));
      output.json({ type: 'entry', ...entry });
    }
    if (plan.overLimitBytes > 0) {
      output.notice(`${sizeText(plan.overLimitBytes)} more than the limit would still be used: what is left may not go.`);
    }
    if (isConfirmed && cache) {
      const gone = await client.request('storage.emptyCache', {});
      output.line(`Emptied the cache: ${sizeText(gone.audioBytes)} of audio and ${gone.knownFiles} known files.`);
      output.json({ type: 'cache', ...gone });
    }
    if (!isConfirmed || plan.entries.length === 0) {
      output.line(
        plan.entries.length === 0
          ? `Nothing falls under the rules; nothing${isConfirmed && cache ? ' else' : ''} was removed.`
          : `${sizeText(plan.fileBytes)} of files and about ${sizeText(plan.databaseBytes)} of the database would go. Nothing was removed; --yes removes it.`,
      );
      output.json({
        type: 'summary',
        exitCode: EXIT.done,
        usage,
        cache: kept,
        fileBytes: plan.fileBytes,
        databaseBytes: plan.databaseBytes,
        removed: 0,
      });
      return EXIT.done;
    }
    const report = await client.request('storage.clean', { rules, keys: plan.entries.map(({ key }) => key) });
    output.line(`Removed ${sizeText(report.fileBytes)} of files and about ${sizeText(report.databaseBytes)} of the database.`);
    for (const key of report.left) output.notice(`Still there: ${key} (used or pinned by now, or its files cannot be removed)`);
    const exitCode = report.left.length > 0 ? EXIT.someFailed : EXIT.done;
    output.json({
      type: 'summary',
      exitCode,
      fileBytes: report.fileBytes,
      databaseBytes: report.databaseBytes,
      removed: report.removed.length,
      left: report.left,
    });
    return exitCode;
  } finally {
    await opened.close();
  }
}
