import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorkplace, readResults, type Workplace } from '../cli/nightshiftProcess.ts';
import { hasPython, type PythonServer, startPythonServer } from './pythonServer.ts';

const SPEECH = fileURLToPath(new URL('../../../shared/data/speech', import.meta.url));
/** One speaker keeps this within minutes; the whole tree is run by naming it in NIGHTSHIFT_SPEECH. */
const FOLDER = process.env['NIGHTSHIFT_SPEECH'] ?? join(SPEECH, 'librispeech/LibriSpeech/test-clean/121');
const hasSpeech = existsSync(FOLDER);
const reason = hasSpeech ? (hasPython ? '' : ' (skipped: no pocketsphinx for Python)') : ' (skipped: no shared data)';

interface Baseline {
  readonly utterances: readonly { readonly id: string; readonly hypothesis: string }[];
}

let place: Workplace;
let servers: PythonServer[] = [];

beforeEach(async () => {
  place = await createWorkplace();
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers = [];
  await place.close();
});

describe.skipIf(reason !== '')(`servers that users wrote in Python${reason}`, () => {
  test('recognise real speech in three modes over the protocol of S0, word for word as the recogniser alone', async () => {
    const scripts = ['run_streaming.py', 'run_chunked.py', 'run_original.py'];
    const ports = place.ports.split(',').map(Number);
    servers = await Promise.all(scripts.map((script, index) => startPythonServer(script, ports[index] ?? 0)));

    const args = ['--all-modes', '--calculate-wer', '--use-running-servers', '--ports', place.ports, '--output', 'results.json'];
    const { exitCode, stderr } = await place.run('batch', FOLDER, ...args);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(servers.map((server) => server.isRunning())).toEqual([true, true, true]);

    const results = await readResults(join(place.folder, 'results.json'));
    const baseline = JSON.parse(await readFile(join(SPEECH, 'baseline.json'), 'utf8')) as Baseline;
    const alone = new Map(baseline.utterances.map(({ id, hypothesis }) => [id, hypothesis]));
    for (const mode of ['streaming', 'original']) {
      const rows = results[mode]?.raw_results ?? [];
      expect(rows.length).toBeGreaterThan(0);
      const texts = Object.fromEntries(rows.map((row) => [row.file_id, row.hypothesis]));
      expect({ mode, texts }).toEqual({
        mode,
        texts: Object.fromEntries(rows.map(({ file_id }) => [file_id, alone.get(parse(file_id).name)])),
      });
    }
    const chunked = results['chunked']?.raw_results ?? [];
    expect(chunked.filter((row) => (row.hypothesis ?? '') === '')).toEqual([]);
    // Words are lost at every cut.
    const werOf = (mode: string): number => Number(results[mode]?.overall['wer']);
    expect(werOf('chunked')).toBeGreaterThan(werOf('original'));
  });
});
