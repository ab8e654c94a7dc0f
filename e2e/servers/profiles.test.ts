import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPortProbe } from '#main/platform/portProbe.ts';
import { freePorts } from '#main/testing/freePorts.ts';
import { MODES } from '#shared/domain/mode.ts';
import { createWorkplace, jsonLines, readResults, SAMPLES, type Workplace } from '../cli/nightshiftProcess.ts';
import { hasPython, PYTHON } from './pythonServer.ts';

const CLIPS = join(SAMPLES, 'test-tiny', '1001');
const HERE = fileURLToPath(new URL('.', import.meta.url));

let place: Workplace;
let ports: number[];

beforeEach(async () => {
  place = await createWorkplace();
  ports = await freePorts(4);
});

afterEach(() => place.close());

async function add(name: string, mode: string, protocol: string, port: number | undefined, script: string): Promise<void> {
  const facts = ['--name', name, '--mode', mode, '--protocol', protocol, '--port', String(port)];
  const command = ['--command', PYTHON ?? '', '--arg=-B', '--arg', script, '--arg=--port', '--arg={port}', '--cwd', HERE];
  expect(await place.run('servers', 'add', ...facts, ...command)).toMatchObject({ exitCode: 0 });
}

describe.skipIf(!hasPython)(`servers in Python that Nightshift starts${hasPython ? '' : ' (skipped: no pocketsphinx for Python)'}`, () => {
  test('three scripts of S0 are started one after the other, do a batch, and are gone afterwards', async () => {
    for (const [index, mode] of MODES.entries()) await add(`S0 ${mode}`, mode, 's0', ports[index], `run_${mode}.py`);
    const servers = MODES.map((mode) => `s0-${mode}`).join(',');
    const args = ['--all-modes', '--calculate-wer', '--server', servers, '--output', 'results.json'];
    const batch = await place.run('batch', CLIPS, ...args);
    expect(batch).toMatchObject({ exitCode: 0 });
    const results = await readResults(join(place.folder, 'results.json'));
    for (const mode of MODES) {
      const rows = results[mode]?.raw_results ?? [];
      expect(rows.filter(({ status, hypothesis }) => status === 'done' && (hypothesis ?? '') !== '')).toHaveLength(3);
    }
    const probe = createPortProbe();
    expect(await Promise.all(ports.map(async (port) => (await probe.inspect(port)).kind))).toEqual(Array(4).fill('free'));
  });

  test('one that speaks the protocol of vosk passes the test of a server, and its words are in its log', async () => {
    await add('Vosk', 'streaming', 'vosk', ports[3], 'vosk_server.py');
    const ended = await place.run('servers', 'test', 'vosk', '--json');
    const steps = jsonLines(ended.stdout).filter(({ type }) => type === 'step');
    expect({ exitCode: ended.exitCode, failed: steps.filter((step) => step['outcome'] === 'failed') }).toEqual({ exitCode: 0, failed: [] });
    expect(steps.find((step) => step['step'] === 'text')).toMatchObject({ detail: expect.stringMatching(/\w/) as string });
    expect(await readFile(join(place.dataDir, 'logs', 'server-vosk.log'), 'utf8')).toMatch(/-- process \d+ ended/);
  });
});
