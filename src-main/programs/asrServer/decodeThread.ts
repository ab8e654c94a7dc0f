import { parentPort, workerData } from 'node:worker_threads';
import { SAMPLE_RATE_HZ } from '#main/core/servers/adapters/nightshift/protocol.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { type Engine, type FileDecoder, loadEngine } from './engine.ts';
import type { FromThread, ThreadData, ToThread } from './threadMessages.ts';

/**
 * Decodes in a thread of its own, because every call of the engine blocks: the server's main thread keeps answering. Files take
 * turns step by step, so that a long one does not hold up the others.
 */

interface OpenFile {
  readonly decoder: FileDecoder;
  samples: number;
  decodeMs: number;
}

if (parentPort === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'decodeThread runs as a worker thread only' });
const port = parentPort;
const files = new Map<number, OpenFile>();
let isTurning = false;

function send(message: FromThread): void {
  port.postMessage(message);
}

function load(): Engine | null {
  const startedMs = performance.now();
  try {
    const engine = loadEngine(workerData as ThreadData);
    send({ type: 'ready', loadMs: Math.round(performance.now() - startedMs) });
    return engine;
  } catch (error) {
    send({ type: 'loadFailed', message: messageOf(error) });
    return null;
  }
}

const engine = load();
if (engine !== null) port.on('message', (message: ToThread) => receive(engine, message));

function receive(from: Engine, message: ToThread): void {
  switch (message.type) {
    case 'begin':
      try {
        files.set(message.file, { decoder: from.open(message.options), samples: 0, decodeMs: 0 });
      } catch (error) {
        fail(message.file, 'DECODE_FAILED', error);
      }
      return;
    case 'audio': {
      const file = files.get(message.file);
      if (file === undefined) return;
      if (!message.samples.every(Number.isFinite)) {
        fail(message.file, 'BAD_FRAME', new Error('a sample is not a finite number'));
        return;
      }
      file.samples += message.samples.length;
      file.decoder.push(message.samples);
      break;
    }
    case 'finish':
      files.get(message.file)?.decoder.finish();
      break;
    case 'drop':
      files.delete(message.file);
      return;
  }
  turnSoon();
}

function turnSoon(): void {
  if (isTurning) return;
  isTurning = true;
  // Between two turns waiting messages are read: a dropped file costs one step at most.
  setImmediate(turn);
}

function turn(): void {
  isTurning = false;
  let hasMore = false;
  for (const [number, file] of files) hasMore = stepFile(number, file) || hasMore;
  if (hasMore) turnSoon();
}

/** @returns whether another step may follow at once */
function stepFile(number: number, file: OpenFile): boolean {
  const startedMs = performance.now();
  try {
    const step = file.decoder.step();
    if (step === null) return false;
    file.decodeMs += performance.now() - startedMs;
    for (const spoken of step.spoken) send({ type: 'spoken', file: number, spoken, decodeMs: roundMs(file.decodeMs) });
    if (step.samples !== 0) send({ type: 'taken', file: number, samples: step.samples });
    if (!step.isEnd) return true;
    files.delete(number);
    send({
      type: 'done',
      file: number,
      audioMs: Math.round((file.samples / SAMPLE_RATE_HZ) * 1_000),
      decodeMs: roundMs(file.decodeMs),
    });
    return false;
  } catch (error) {
    fail(number, 'DECODE_FAILED', error);
    return false;
  }
}

function fail(file: number, code: 'BAD_FRAME' | 'DECODE_FAILED', error: unknown): void {
  files.delete(file);
  send({ type: 'failed', file, code, message: messageOf(error) });
}

/** To microseconds. */
function roundMs(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
