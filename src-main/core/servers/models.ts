import { z } from 'zod';
import type { FileStore } from '#main/core/ports.ts';
import type { ModelInfo } from '#shared/contract/system.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/** What stands at the top of a model folder that describes itself. */
export const MANIFEST_NAME = 'nightshift-model.json';

/** Engine slots of sherpa-onnx that we fill, with the files each needs. */
export const ENGINE_ROLES = {
  'streaming-transducer': ['encoder', 'decoder', 'joiner', 'tokens'],
  'streaming-paraformer': ['encoder', 'decoder', 'tokens'],
  'streaming-zipformer2-ctc': ['model', 'tokens'],
  'streaming-nemo-ctc': ['model', 'tokens'],
  'offline-transducer': ['encoder', 'decoder', 'joiner', 'tokens'],
  'offline-paraformer': ['model', 'tokens'],
  'offline-zipformer-ctc': ['model', 'tokens'],
  'offline-nemo-ctc': ['model', 'tokens'],
  'offline-sense-voice': ['model', 'tokens'],
  'offline-whisper': ['encoder', 'decoder', 'tokens'],
} as const;
export type EngineKind = keyof typeof ENGINE_ROLES;
const ENGINE_KINDS = Object.keys(ENGINE_ROLES) as [EngineKind, ...EngineKind[]];

export function isStreamingKind(kind: EngineKind): boolean {
  return kind.startsWith('streaming-');
}

/** What an engine is loaded from; every path is absolute, exists and is not empty. */
export interface EngineSpec {
  readonly kind: EngineKind;
  /** sherpa's `modelType`; empty lets it read the model's own metadata. */
  readonly modelType: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Model {
  readonly info: ModelInfo;
  readonly version: string | null;
  /** What is spoken where the engine does not say; null when the model knows several languages or tells none. */
  readonly language: string | null;
  readonly engines: Readonly<Partial<Record<Mode, EngineSpec>>>;
}

const RelativePathSchema = z
  .string()
  .min(1)
  .refine((path) => !/^([\\/]|[A-Za-z]:)|(^|[\\/])\.\.([\\/]|$)/.test(path), 'must lie inside the model folder');

const ManifestSchema = z.object({
  format: z.literal(1),
  name: z.string().min(1).max(200),
  version: z.string().min(1).max(100),
  licence: z.string().min(1),
  languages: z.array(z.string()).default([]),
  /** Number of known words when the vocabulary is closed. */
  vocabularyWords: z.int().positive().nullable().default(null),
  isSample: z.boolean().default(false),
  engines: z.record(
    z.string(),
    z.object({ kind: z.enum(ENGINE_KINDS), modelType: z.string().default(''), files: z.record(z.string(), RelativePathSchema) }),
  ),
  /** Which engine decodes which mode. */
  modes: z.partialRecord(z.enum(MODES), z.string()),
});

/**
 * Reads and checks a model folder before any server is started on it: a damaged file would end the engine's process.
 * With `nightshift-model.json` the folder says what it is; without, the file names of sherpa-onnx's published models are
 * recognised (see `recognise`).
 * @throws MODEL_MISSING when there is no such folder, MODEL_INVALID with the file named when something in it is missing or empty.
 */
export async function loadModel(files: FileStore, path: string): Promise<Model> {
  const folder = await files.stat(path);
  if (folder === null) throw new NightshiftError('MODEL_MISSING', { path });
  if (!folder.isFolder) throw invalid(path, 'not a folder');
  const manifestPath = `${path}/${MANIFEST_NAME}`;
  const manifest = await files.stat(manifestPath);
  return manifest === null ? await recognise(files, path) : await readManifest(files, path, manifestPath);
}

/** @throws as `loadModel` */
export async function checkModel(files: FileStore, path: string): Promise<ModelInfo> {
  return (await loadModel(files, path)).info;
}

/**
 * The engine of one mode.
 * @throws MODEL_INVALID when the model cannot decode that mode.
 */
export function engineFor(model: Model, mode: Mode): EngineSpec {
  const spec = model.engines[mode];
  if (spec === undefined) throw invalid(model.info.path, `this model cannot decode in ${mode} mode`);
  return spec;
}

/** Every usable model among `dirs` themselves and the folders directly below them; folders that are no models are left out. */
export async function listModels(files: FileStore, dirs: readonly string[]): Promise<ModelInfo[]> {
  const found = new Map<string, ModelInfo>();
  for (const dir of dirs) {
    const folder = await files.stat(dir);
    if (folder?.isFolder !== true) continue;
    const below = (await files.listFolder(dir)).filter((entry) => entry.isFolder).map((entry) => `${dir}/${entry.name}`);
    for (const path of [dir, ...below]) {
      const info = await checkModel(files, path).catch(() => null);
      if (info !== null) found.set(path, info);
    }
  }
  return [...found.values()].sort((a, b) => Number(b.isSample) - Number(a.isSample) || (a.name < b.name ? -1 : 1));
}

async function readManifest(files: FileStore, path: string, manifestPath: string): Promise<Model> {
  const manifest = parseManifest(path, await files.readText(manifestPath));
  const engines: Partial<Record<Mode, EngineSpec>> = {};
  for (const mode of MODES) {
    const name = manifest.modes[mode];
    if (name === undefined) continue;
    const engine = manifest.engines[name];
    if (engine === undefined) throw invalid(path, `${MANIFEST_NAME}: mode ${mode} names the unknown engine ${name}`);
    if ((mode === 'streaming') !== isStreamingKind(engine.kind)) {
      throw invalid(path, `${MANIFEST_NAME}: an engine of kind ${engine.kind} cannot decode in ${mode} mode`);
    }
    for (const role of ENGINE_ROLES[engine.kind]) {
      if (engine.files[role] === undefined) throw invalid(path, `${MANIFEST_NAME}: engine ${name} names no file for ${role}`);
    }
    const inFolder = Object.entries(engine.files).map(([role, file]) => [role, `${path}/${file}`] as const);
    for (const [, file] of inFolder) await requireFile(files, path, file);
    engines[mode] = { kind: engine.kind, modelType: engine.modelType, files: Object.fromEntries(inFolder) };
  }
  return toModel(path, engines, manifest);
}

function parseManifest(path: string, text: string): z.output<typeof ManifestSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new NightshiftError('MODEL_INVALID', { path, file: MANIFEST_NAME, detail: `${MANIFEST_NAME} is not JSON` }, { cause: error });
  }
  const parsed = ManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new NightshiftError(
    'MODEL_INVALID',
    { path, file: MANIFEST_NAME, detail: `${MANIFEST_NAME}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}` },
    { cause: parsed.error },
  );
}

/**
 * A folder without a manifest, by the names its files were published under (github.com/k2-fsa/sherpa-onnx, release
 * `asr-models`). int8 files are preferred to full precision ones. A model counts as streaming when the folder or its encoder or
 * model file is named `streaming`, or the encoder `chunk-N-left-N` (streaming zipformers).
 *
 * | files beside `tokens.txt` (Whisper: `*-tokens.txt`) | recognised as |
 * |---|---|
 * | encoder, decoder, joiner | transducer (zipformer, LSTM, conformer; NeMo when the folder is named nemo or parakeet) |
 * | encoder, decoder; folder named paraformer | streaming paraformer |
 * | encoder, decoder; otherwise | Whisper |
 * | one `*.onnx` named like model; folder named sense-voice, paraformer, nemo, or zipformer with ctc | that |
 */
async function recognise(files: FileStore, path: string): Promise<Model> {
  const names = (await files.listFolder(path)).filter((entry) => !entry.isFolder).map((entry) => entry.name);
  const onnx = names.filter((name) => name.endsWith('.onnx'));
  const folderName = (path.split(/[\\/]/).findLast((part) => part !== '') ?? path).toLowerCase();
  const pick = (word: string): string | undefined => {
    const matching = onnx.filter((name) => name.toLowerCase().includes(word)).sort();
    return matching.find((name) => name.includes('int8')) ?? matching[0];
  };
  const encoder = pick('encoder');
  const decoder = pick('decoder');
  const joiner = pick('joiner');
  const model = pick('model') ?? (onnx.length === 1 ? onnx[0] : undefined);
  const tokens = names.find((name) => name === 'tokens.txt') ?? names.find((name) => name.endsWith('-tokens.txt'));
  if (onnx.length === 0) throw invalid(path, `no ${MANIFEST_NAME} and no .onnx file in it`);
  if (tokens === undefined) throw missing(path, 'tokens.txt');
  const isStreaming = folderName.includes('streaming') || /streaming|chunk-\d+-left-\d+/.test((encoder ?? model ?? '').toLowerCase());
  const kind = kindOf(folderName, isStreaming, { encoder, decoder, joiner, model });
  if (kind === null) throw invalid(path, `its files are of no known layout; describe them in a ${MANIFEST_NAME}`);

  const byRole: Record<string, string | undefined> = { encoder, decoder, joiner, model, tokens };
  const paths: Record<string, string> = {};
  for (const role of ENGINE_ROLES[kind]) {
    const name = byRole[role];
    if (name === undefined) throw missing(path, `${role}.onnx`);
    paths[role] = `${path}/${name}`;
    await requireFile(files, path, `${path}/${name}`);
  }
  const isNemo = /nemo|parakeet/.test(folderName);
  const spec: EngineSpec = {
    kind,
    modelType: kind === 'offline-transducer' ? (isNemo ? 'nemo_transducer' : 'transducer') : '',
    files: paths,
  };
  const engines = isStreaming ? { streaming: spec } : { chunked: spec, original: spec };
  return toModel(path, engines, { name: folderName, version: null, vocabularyWords: null, isSample: false, languages: [] });
}

function kindOf(
  folderName: string,
  isStreaming: boolean,
  found: Readonly<Record<'encoder' | 'decoder' | 'joiner' | 'model', string | undefined>>,
): EngineKind | null {
  if (found.joiner !== undefined) return isStreaming ? 'streaming-transducer' : 'offline-transducer';
  if (found.encoder !== undefined || found.decoder !== undefined) {
    if (folderName.includes('paraformer')) return 'streaming-paraformer';
    return isStreaming ? null : 'offline-whisper';
  }
  if (found.model === undefined) return null;
  if (folderName.includes('sense-voice')) return isStreaming ? null : 'offline-sense-voice';
  if (folderName.includes('paraformer')) return isStreaming ? null : 'offline-paraformer';
  if (folderName.includes('zipformer') && folderName.includes('ctc'))
    return isStreaming ? 'streaming-zipformer2-ctc' : 'offline-zipformer-ctc';
  if (/nemo|parakeet/.test(folderName)) return isStreaming ? 'streaming-nemo-ctc' : 'offline-nemo-ctc';
  return null;
}

function toModel(
  path: string,
  engines: Partial<Record<Mode, EngineSpec>>,
  facts: {
    readonly name: string;
    readonly version: string | null;
    readonly vocabularyWords: number | null;
    readonly isSample: boolean;
    readonly languages: readonly string[];
  },
): Model {
  const modes = MODES.filter((mode) => engines[mode] !== undefined);
  if (modes.length === 0) throw invalid(path, 'it decodes in no mode');
  return {
    info: { name: facts.name, path, vocabularyWords: facts.vocabularyWords, isSample: facts.isSample, modes },
    version: facts.version,
    language: facts.languages.length === 1 ? (facts.languages[0] ?? null) : null,
    engines,
  };
}

async function requireFile(files: FileStore, path: string, file: string): Promise<void> {
  const info = await files.stat(file);
  const name = file.slice(path.length + 1);
  if (info?.isFile !== true) throw missing(path, name);
  if (info.sizeBytes === 0) throw new NightshiftError('MODEL_INVALID', { path, file: name, detail: `${name} is empty` });
}

function missing(path: string, file: string): NightshiftError {
  return new NightshiftError('MODEL_INVALID', { path, file, detail: `${file} is missing` });
}

function invalid(path: string, detail: string): NightshiftError {
  return new NightshiftError('MODEL_INVALID', { path, detail });
}
