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
    hint: {
      en: 'A server that somebody else runs and that answers POST /v1/audio/transcriptions. Set host, port and the name of the model.',
      ko: '다른 곳에서 이미 실행 중이고 POST /v1/audio/transcriptions에 응답하는 서버입니다. 호스트, 포트, 모델 이름을 지정해 주세요.',
    },
    draft: { name: 'OpenAI-compatible', mode: 'original', protocol: 'openai', options: { model: '<model>' } },
  },
  {
    id: 'speaches',
    title: 'speaches (faster-whisper)',
    hint: {
      en: 'Start it with uvicorn in its own environment; STT_MODEL_TTL=-1 keeps the model loaded. The model has to be downloaded before (POST /v1/models/<model>).',
      ko: '전용 환경의 uvicorn으로 시작합니다. STT_MODEL_TTL=-1이면 모델이 계속 올라가 있습니다. 모델은 미리 내려받아야 합니다(POST /v1/models/<model>).',
    },
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
    hint: {
      en: 'Needs a GPU. It takes requests up to 25 MB, so longer files are sent in pieces of ten minutes.',
      ko: 'GPU가 필요합니다. 요청은 25MB까지라서 긴 파일은 10분씩 나누어 보냅니다.',
    },
    draft: {
      ...command('vLLM', 'original', 'openai', 'vllm', ['serve', '{model}', '--host', '127.0.0.1', '--port', '{port}']),
      capacity: 8,
      options: { model: 'openai/whisper-large-v3-turbo', requestSec: 600 },
    },
  },
  {
    id: 'whisper-cpp',
    title: 'whisper.cpp server',
    hint: {
      en: 'Build or download whisper-server and a ggml model; --max-len keeps words whole. Without -l auto it decodes everything as English.',
      ko: 'whisper-server와 ggml 모델을 준비해 주세요. --max-len은 단어가 끊기지 않게 합니다. -l auto가 없으면 모두 영어로 인식합니다.',
    },
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
    hint: {
      en: '--pcm-input makes it take samples instead of encoded files. Version 0.2.23 or newer: older ones lose lines after 300 s.',
      ko: '--pcm-input이 있어야 샘플을 그대로 받습니다. 0.2.23 이상을 쓰세요. 이전 버전은 300초가 지나면 줄을 잃습니다.',
    },
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
    hint: {
      en: 'A streaming (online) transducer. --end-tail-padding decodes the last words.',
      ko: '스트리밍(online) transducer입니다. --end-tail-padding이 마지막 단어까지 인식하게 합니다.',
    },
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
    hint: {
      en: 'Refuses files longer than --max-utterance-length seconds.',
      ko: '--max-utterance-length초보다 긴 파일은 거절합니다.',
    },
    draft: {
      ...command('sherpa-onnx offline', 'original', 'sherpa-offline', 'sherpa-onnx-offline-websocket-server', [
        ...['--port={port}', '--num-work-threads=3', '--max-batch-size=5', '--max-utterance-length=3600', '--tokens={model}/tokens.txt'],
        ...['--encoder={model}/<encoder.onnx>', '--decoder={model}/<decoder.onnx>', '--joiner={model}/<joiner.onnx>'],
      ]),
      options: { model: '<folder of the model>', requestSec: 3_600 },
    },
  },
  {
    id: 'vosk',
    title: 'vosk-server',
    hint: {
      en: 'asr_server.py of vosk-server/websocket; its sample rate is set by the connection.',
      ko: 'vosk-server/websocket의 asr_server.py입니다. 샘플 속도는 연결할 때 정해집니다.',
    },
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
    hint: {
      en: 'Paced like the audio, because it throws away what it cannot decode in time. --max_connection_time must exceed the longest file.',
      ko: '제때 인식하지 못한 소리를 버리므로 실제 속도로 보냅니다. --max_connection_time은 가장 긴 파일보다 길어야 합니다.',
    },
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
    hint: {
      en: 'One file at a time. Silence is added at the end, or the last words would be lost.',
      ko: '한 번에 한 파일만 처리합니다. 마지막 단어를 잃지 않도록 끝에 무음을 붙입니다.',
    },
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
    hint: {
      en: 'The empty certificate makes it speak plain WebSocket.',
      ko: '인증서를 비워 두면 일반 WebSocket으로 통신합니다.',
    },
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
    hint: {
      en: 'The LibriSpeech folder of the S0 guide. The port is fixed in the script; large models load for minutes.',
      ko: 'S0 안내서의 LibriSpeech 폴더입니다. 포트는 스크립트에 고정되어 있고, 큰 모델은 올라오는 데 몇 분이 걸립니다.',
    },
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
