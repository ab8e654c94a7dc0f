import type { Preset, ProfileDraft } from '#shared/contract/profiles.ts';
import { type Mode, MODES } from '#shared/domain/mode.ts';

/**
 * Profiles of the servers that people run on their own machines, ready to edit: what stands in `<…>` has to be replaced. Commands as the projects
 * document them at the versions in `docs/servers.md`.
 */
export const PRESETS: readonly Preset[] = [
  ...MODES.map(s0Preset),
  {
    id: 'openai',
    title: 'OpenAI-compatible HTTP (any)',
    hint: 'A server that somebody else runs and that answers POST /v1/audio/transcriptions. Set host, port and the name of the model.',
    draft: { name: 'OpenAI-compatible', mode: 'original', protocol: 'openai', options: { model: '<model>' } },
  },
  {
    id: 'speaches',
    title: 'speaches (faster-whisper)',
    hint: 'Start it with uvicorn in its own environment; STT_MODEL_TTL=-1 keeps the model loaded. The model has to be downloaded before (POST /v1/models/<model>).',
    draft: {
      name: 'speaches',
      mode: 'original',
      protocol: 'openai',
      start: {
        kind: 'command',
        command: 'uvicorn',
        args: ['--factory', '--host', '127.0.0.1', '--port', '{port}', 'speaches.main:create_app'],
        cwd: '<folder of speaches>',
        env: { STT_MODEL_TTL: '-1', ENABLE_UI: 'false' },
      },
      options: { model: 'Systran/faster-whisper-large-v3' },
    },
  },
  {
    id: 'vllm',
    title: 'vLLM',
    hint: 'Needs a GPU. It takes requests up to 25 MB, so longer files are sent in pieces of ten minutes.',
    draft: {
      ...command('vLLM', 'original', 'openai', 'vllm', ['serve', '{model}', '--host', '127.0.0.1', '--port', '{port}']),
      capacity: 8,
      options: { model: 'openai/whisper-large-v3-turbo', requestSec: 600 },
    },
  },
  {
    id: 'whisper-cpp',
    title: 'whisper.cpp server',
    hint: 'Build or download whisper-server and a ggml model; --max-len keeps words whole. Without -l auto it decodes everything as English.',
    draft: {
      ...command('whisper.cpp', 'original', 'whisper-cpp', 'whisper-server', [
        ...['-m', '{model}', '--host', '127.0.0.1', '--port', '{port}', '-l', 'auto', '--max-len', '4096'],
      ]),
      options: { model: '<ggml-large-v3-turbo.bin>' },
    },
  },
  {
    id: 'whisperlivekit',
    title: 'WhisperLiveKit',
    hint: '--pcm-input makes it take samples instead of encoded files. Version 0.2.23 or newer: older ones lose lines after 300 s.',
    draft: {
      ...command('WhisperLiveKit', 'streaming', 'whisperlivekit', 'wlk', [
        ...['--model', '{model}', '--pcm-input', '--host', '127.0.0.1', '--port', '{port}'],
      ]),
      options: { model: 'large-v3' },
    },
  },
  {
    id: 'sherpa-online',
    title: 'sherpa-onnx, streaming',
    hint: 'A streaming (online) transducer. --end-tail-padding decodes the last words.',
    draft: {
      ...command('sherpa-onnx online', 'streaming', 'sherpa-online', 'sherpa-onnx-online-websocket-server', [
        ...['--port={port}', '--num-work-threads=2', '--max-batch-size=5', '--end-tail-padding=0.8', '--tokens={model}/tokens.txt'],
        ...['--encoder={model}/<encoder.onnx>', '--decoder={model}/<decoder.onnx>', '--joiner={model}/<joiner.onnx>'],
      ]),
      options: { model: '<folder of the model>' },
    },
  },
  {
    id: 'sherpa-offline',
    title: 'sherpa-onnx, whole files',
    hint: 'Refuses files longer than --max-utterance-length seconds.',
    draft: {
      ...command('sherpa-onnx offline', 'original', 'sherpa-offline', 'sherpa-onnx-offline-websocket-server', [
        ...['--port={port}', '--num-work-threads=3', '--max-batch-size=5', '--max-utterance-length=3600', '--tokens={model}/tokens.txt'],
        ...['--encoder={model}/<encoder.onnx>', '--decoder={model}/<decoder.onnx>', '--joiner={model}/<joiner.onnx>'],
      ]),
      options: { model: '<folder of the model>' },
    },
  },
  {
    id: 'vosk',
    title: 'vosk-server',
    hint: 'asr_server.py of vosk-server/websocket; its sample rate is set by the connection.',
    draft: {
      name: 'vosk',
      mode: 'streaming',
      protocol: 'vosk',
      start: {
        kind: 'command',
        command: 'python3',
        args: ['asr_server.py', '{model}'],
        cwd: '<vosk-server/websocket>',
        env: { VOSK_SERVER_INTERFACE: '127.0.0.1', VOSK_SERVER_PORT: '{port}', VOSK_SAMPLE_RATE: '16000' },
      },
      options: { model: '<folder of the model>' },
    },
  },
  {
    id: 'whisperlive',
    title: 'WhisperLive',
    hint: 'Paced like the audio, because it throws away what it cannot decode in time. --max_connection_time must exceed the longest file.',
    draft: {
      name: 'WhisperLive',
      mode: 'streaming',
      protocol: 'whisperlive',
      start: {
        kind: 'command',
        command: 'python3',
        args: [
          ...['run_server.py', '--port', '{port}', '--backend', 'faster_whisper', '-fw', '{model}'],
          ...['--max_clients', '4', '--max_connection_time', '36000'],
        ],
        cwd: '<WhisperLive>',
      },
      capacity: 4,
      options: { model: '<folder of the model>' },
    },
  },
  {
    id: 'simulstreaming',
    title: 'SimulStreaming (TCP)',
    hint: 'One file at a time. Silence is added at the end, or the last words would be lost.',
    draft: {
      name: 'SimulStreaming',
      mode: 'streaming',
      protocol: 'simulstreaming',
      start: {
        kind: 'command',
        command: 'python3',
        args: [
          ...['simulstreaming_whisper_server.py', '--host', '127.0.0.1', '--port', '{port}'],
          ...['--model_path', '{model}', '--lan', 'en', '--vac'],
        ],
        cwd: '<SimulStreaming>',
      },
      options: { model: '<large-v3.pt>' },
    },
  },
  {
    id: 'funasr',
    title: 'FunASR',
    hint: 'The empty certificate makes it speak plain WebSocket.',
    draft: {
      name: 'FunASR',
      mode: 'original',
      protocol: 'funasr',
      start: {
        kind: 'command',
        command: 'python3',
        args: ['funasr_wss_server.py', '--host', '127.0.0.1', '--port', '{port}', '--ngpu', '1', '--device', 'cuda', '--certfile', ''],
        cwd: '<FunASR/runtime/python/websocket>',
      },
    },
  },
];

/** `python run_streaming.py`, `run_chunked.py`, `run_original.py` of the S0 guide. */
function s0Preset(mode: Mode): Preset {
  return {
    id: `s0-${mode}`,
    title: `S0, ${mode} (run_${mode}.py)`,
    hint: 'The LibriSpeech folder of the S0 guide. The port is fixed in the script; large models load for minutes.',
    draft: {
      name: `S0 ${mode}`,
      mode,
      protocol: 's0',
      start: { kind: 'command', command: 'python', args: [`run_${mode}.py`], cwd: '<LibriSpeech folder of S0>' },
    },
  };
}

function command(name: string, mode: Mode, protocol: ProfileDraft['protocol'], program: string, args: string[]): ProfileDraft {
  return { name, mode, protocol, start: { kind: 'command', command: program, args } };
}
