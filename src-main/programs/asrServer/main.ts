import { engineFor, loadModel, type Model } from '#main/core/servers/models.ts';
import { EXIT_MODEL, EXIT_PORT_IN_USE, EXIT_USAGE, INSTANCE_VARIABLE } from '#main/core/servers/adapters/nightshift/protocol.ts';
import { createFileStore } from '#main/platform/fileStore.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { parseServerOptions, type ServerOptions } from './serverOptions.ts';
import { SpeechServer } from './speechServer.ts';
import { DecodeThread } from './threadHandle.ts';

/**
 * Our speech server: one mode on one port, decoding in a thread. Started by its owner (with an instance token in the environment) it
 * lives as long as its standard input is open; started by hand it lives until Ctrl-C. Its log is standard error.
 * Exit codes: 0 asked to end · 2 arguments · 3 model · 98 port in use · a signal, or 255, when the engine itself fails.
 */

function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

function exitWith(code: number, text: string): never {
  log(text);
  process.exit(code);
}

function readOptions(): ServerOptions {
  try {
    return parseServerOptions(process.argv.slice(2));
  } catch (error) {
    return exitWith(EXIT_USAGE, toNightshiftError(error).message);
  }
}

async function readModel(options: ServerOptions): Promise<Model> {
  try {
    const model = await loadModel(createFileStore(), options.modelPath);
    engineFor(model, options.mode);
    return model;
  } catch (error) {
    const { code, data } = toNightshiftError(error);
    return exitWith(EXIT_MODEL, `${code}: ${options.modelPath}${typeof data['detail'] === 'string' ? `: ${data['detail']}` : ''}`);
  }
}

async function main(): Promise<void> {
  // An owner that is gone reads no log, and writing to it must not end us before we say goodbye to our clients.
  process.stderr.on('error', () => undefined);
  const options = readOptions();
  const instance = process.env[INSTANCE_VARIABLE] ?? null;
  const model = await readModel(options);
  const thread = new DecodeThread(
    { spec: engineFor(model, options.mode), mode: options.mode, language: model.language, threads: options.threads },
    (error) => exitWith(1, `the decode thread failed: ${error.message}`),
  );
  const server = new SpeechServer({ options, model, thread, instance });
  try {
    const port = await server.listen();
    log(`listening on port ${port}, mode ${options.mode}, process ${process.pid}, loading ${model.info.name}`);
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    exitWith(isTaken ? EXIT_PORT_IN_USE : 1, isTaken ? `port ${options.port} is already in use` : `cannot listen: ${String(error)}`);
  }

  const end = (reason: string): void => {
    log(`ending: ${reason}`);
    const { isDecoding } = server;
    server.close();
    // A normal exit would wait for the decode thread, which cannot be interrupted inside the engine.
    if (isDecoding) process.kill(process.pid, 'SIGKILL');
    process.exit(0);
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  if (instance !== null) {
    // A terminal's Ctrl-C is for the owner, which then decides about us.
    process.on('SIGINT', () => undefined);
    process.stdin.on('error', () => undefined);
    process.stdin.once('close', () => end('the owner is gone'));
    process.stdin.resume();
  }

  try {
    const loadMs = await thread.ready;
    log(`ready after ${loadMs} ms, ${options.capacity} at a time`);
  } catch (error) {
    exitWith(EXIT_MODEL, `MODEL_INVALID: ${options.modelPath}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

await main();
