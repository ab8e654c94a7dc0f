import { expect, test } from 'vitest';
import { createFileStore } from '#main/platform/fileStore.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { createMemoryFileStore, type MemoryFileStore } from '#main/testing/memoryFileStore.ts';
import { checkModel, engineFor, listModels, loadModel } from './models.ts';

async function folderWith(path: string, names: readonly string[]): Promise<MemoryFileStore> {
  const files = createMemoryFileStore({ folders: [path] });
  for (const name of names) await files.writeTextAtomic(`${path}/${name}`, 'content');
  return files;
}

async function kindIn(path: string, names: readonly string[]): Promise<string> {
  const model = await loadModel(await folderWith(path, names), path);
  return `${engineFor(model, model.info.modes[0] ?? 'original').kind}: ${model.info.modes.join(' ')}`;
}

test('the sample model describes itself and all its files are there', async () => {
  const path = `${assetsFolder()}/models/tiny-en`;
  const model = await loadModel(createFileStore(), path);
  expect(model.info).toEqual({
    name: 'tiny-en (sample, 140 words)',
    path,
    vocabularyWords: 140,
    isSample: true,
    modes: ['streaming', 'chunked', 'original'],
  });
  expect(model.language).toBe('en');
  expect(engineFor(model, 'streaming')).toMatchObject({ kind: 'streaming-transducer', modelType: 'lstm' });
  expect(engineFor(model, 'chunked')).toEqual(engineFor(model, 'original'));
});

test('published layouts are recognised by their file names', async () => {
  const transducer = ['encoder.int8.onnx', 'decoder.onnx', 'joiner.int8.onnx', 'tokens.txt'];
  expect(await kindIn('/m/sherpa-onnx-streaming-zipformer-en-2023-06-26', transducer)).toBe('streaming-transducer: streaming');
  expect(await kindIn('/m/zipformer', ['encoder-epoch-99-avg-1-chunk-16-left-128.onnx', ...transducer.slice(1)])).toBe(
    'streaming-transducer: streaming',
  );
  expect(await kindIn('/m/sherpa-onnx-zipformer-korean-2024-06-24', transducer)).toBe('offline-transducer: chunked original');
  expect(await kindIn('/m/sherpa-onnx-whisper-tiny.en', ['tiny.en-encoder.onnx', 'tiny.en-decoder.onnx', 'tiny.en-tokens.txt'])).toBe(
    'offline-whisper: chunked original',
  );
  expect(await kindIn('/m/sherpa-onnx-sense-voice-zh-en-2024-07-17', ['model.int8.onnx', 'tokens.txt'])).toBe(
    'offline-sense-voice: chunked original',
  );
  expect(await kindIn('/m/sherpa-onnx-streaming-paraformer-bilingual', ['encoder.onnx', 'decoder.onnx', 'tokens.txt'])).toBe(
    'streaming-paraformer: streaming',
  );
  expect(await kindIn('/m/sherpa-onnx-nemo-ctc-en', ['model.onnx', 'tokens.txt'])).toBe('offline-nemo-ctc: chunked original');
});

test('int8 files are preferred and NeMo transducers are told apart', async () => {
  const path = '/m/sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8';
  const files = await folderWith(path, ['encoder.onnx', 'encoder.int8.onnx', 'decoder.int8.onnx', 'joiner.int8.onnx', 'tokens.txt']);
  expect(engineFor(await loadModel(files, path), 'original')).toEqual({
    kind: 'offline-transducer',
    modelType: 'nemo_transducer',
    files: {
      encoder: `${path}/encoder.int8.onnx`,
      decoder: `${path}/decoder.int8.onnx`,
      joiner: `${path}/joiner.int8.onnx`,
      tokens: `${path}/tokens.txt`,
    },
  });
});

test('what is wrong with a folder is said with the file that is wrong', async () => {
  const files = createMemoryFileStore({ folders: ['/empty', '/odd', '/half'] });
  await files.writeTextAtomic('/odd/strange.onnx', 'x');
  await files.writeTextAtomic('/odd/other.onnx', 'x');
  await files.writeTextAtomic('/odd/tokens.txt', 'x');
  await files.writeTextAtomic('/half/encoder.onnx', 'x');
  await files.writeTextAtomic('/half/joiner.onnx', '');
  await files.writeTextAtomic('/half/decoder.onnx', 'x');
  await files.writeTextAtomic('/half/tokens.txt', 'x');
  await expect(checkModel(files, '/nowhere')).rejects.toMatchObject({ code: 'MODEL_MISSING', data: { path: '/nowhere' } });
  await expect(checkModel(files, '/odd/tokens.txt')).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  await expect(checkModel(files, '/empty')).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  await expect(checkModel(files, '/odd')).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  await expect(checkModel(files, '/half')).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    data: { file: 'joiner.onnx', detail: 'joiner.onnx is empty' },
  });
});

test('a manifest must be whole: known engines, every file, nothing outside the folder', async () => {
  const manifest = (change: object): string =>
    JSON.stringify({
      format: 1,
      name: 'mine',
      version: '1',
      licence: 'own',
      engines: { a: { kind: 'offline-nemo-ctc', files: { model: 'model.onnx', tokens: 'tokens.txt' } } },
      modes: { original: 'a' },
      ...change,
    });
  const check = async (text: string): Promise<unknown> => {
    const files = await folderWith('/m', ['model.onnx', 'tokens.txt']);
    await files.writeTextAtomic('/m/nightshift-model.json', text);
    return await checkModel(files, '/m').catch((error: unknown) => error);
  };
  expect(await check(manifest({}))).toMatchObject({ name: 'mine', modes: ['original'], vocabularyWords: null, isSample: false });
  const refused = { code: 'MODEL_INVALID' };
  expect(await check('{')).toMatchObject(refused);
  expect(await check(manifest({ modes: { original: 'b' } }))).toMatchObject(refused);
  expect(await check(manifest({ modes: { streaming: 'a' } }))).toMatchObject(refused);
  expect(await check(manifest({ modes: {} }))).toMatchObject(refused);
  expect(await check(manifest({ engines: { a: { kind: 'offline-nemo-ctc', files: { model: 'model.onnx' } } } }))).toMatchObject(refused);
  expect(
    await check(manifest({ engines: { a: { kind: 'offline-nemo-ctc', files: { model: '../model.onnx', tokens: 'tokens.txt' } } } })),
  ).toMatchObject(refused);
  expect(
    await check(manifest({ engines: { a: { kind: 'offline-nemo-ctc', files: { model: 'gone.onnx', tokens: 'tokens.txt' } } } })),
  ).toMatchObject({
    ...refused,
    data: { file: 'gone.onnx' },
  });
});

test('the list has every usable folder, the sample first, and leaves out the rest', async () => {
  const found = await listModels(createFileStore(), [`${assetsFolder()}/models`, `${assetsFolder()}/no-such-folder`]);
  expect(found.map(({ name }) => name)).toEqual(['tiny-en (sample, 140 words)']);
});
