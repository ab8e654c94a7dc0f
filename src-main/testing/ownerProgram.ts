import { DEFAULT_PORTS } from '#shared/domain/mode.ts';
import { openNightshift } from '#main/hosts/openOwner.ts';

/**
 * An owner that a test can kill: opens the data folder of its first argument, starts a run over the folders of the second (`a,b`) with servers on
 * the ports of the third (`8001,8002,8003`), and prints the id of each file once its outcome is committed.
 */
const [dataDir = '', sourceList = '', portList = ''] = process.argv.slice(2);
const [streaming = DEFAULT_PORTS.streaming, chunked = DEFAULT_PORTS.chunked, original = DEFAULT_PORTS.original] = portList
  .split(',')
  .map(Number);

const { client } = await openNightshift({ dataDir, host: 'library' });
client.subscribe((event) => {
  if (event.name !== 'run.stepped' || event.payload.step.step !== 'taskFinished') return;
  process.stdout.write(`${event.payload.step.fileId}\n`);
});
await client.request('runs.create', {
  sources: sourceList.split(','),
  options: { modes: ['streaming'], pacing: 'realTime', ports: { streaming, chunked, original } },
  startWhenReady: true,
});
