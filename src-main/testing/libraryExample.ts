import { openNightshift } from '#main/hosts/openOwner.ts';

const [dataDir, folder] = process.argv.slice(2) as [string, string];
const { client, close } = await openNightshift({ dataDir });
client.subscribe((event) => {
  if (event.name !== 'run.changed') return;
  const { id, status, totals } = event.payload;
  console.log(`run ${id} is ${status}: ${totals.done} of ${totals.total} done`);
  if (status === 'finished') void close();
});
await client.request('runs.create', { sources: [folder], options: { modes: ['original'] }, startWhenReady: true });
// Also: runs.pause, runs.resume, runs.stop, runs.get, items.list, results.export …
