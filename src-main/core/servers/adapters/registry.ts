import type { Ports } from '#main/core/ports.ts';
import type { ServerProtocol } from '#shared/domain/profileDefaults.ts';
import type { AdapterProfile, AsrAdapter } from './asrAdapter.ts';
import { createNightshiftAdapter } from './nightshift/nightshiftAdapter.ts';
import { createOpenaiAdapter } from './openai/openaiAdapter.ts';
import { createS0Adapter } from './s0/s0Adapter.ts';
import { createVoskAdapter } from './vosk/voskAdapter.ts';
import { createWhisperCppAdapter } from './whisperCpp/whisperCppAdapter.ts';
import { secretsOf } from '../profileSecrets.ts';
import { discreetAdapter } from './shared/discreetAdapter.ts';
import { createFunasrAdapter } from './funasr/funasrAdapter.ts';
import { createSherpaOfflineAdapter } from './sherpaOffline/sherpaOfflineAdapter.ts';
import { createSherpaOnlineAdapter } from './sherpaOnline/sherpaOnlineAdapter.ts';
import { createSimulStreamingAdapter } from './simulStreaming/simulStreamingAdapter.ts';
import { createWhisperLiveAdapter } from './whisperLive/whisperLiveAdapter.ts';
import { createWhisperLiveKitAdapter } from './whisperLiveKit/whisperLiveKitAdapter.ts';

export type AdapterPorts = Pick<Ports, 'clock' | 'http'>;

type CreateAdapter = (profile: AdapterProfile, ports: AdapterPorts) => AsrAdapter;

/** Every protocol that a profile may name. */
const ADAPTERS: Readonly<Record<ServerProtocol, CreateAdapter>> = {
  nightshift: createNightshiftAdapter,
  s0: createS0Adapter,
  openai: createOpenaiAdapter,
  'whisper-cpp': createWhisperCppAdapter,
  whisperlivekit: createWhisperLiveKitAdapter,
  'sherpa-online': createSherpaOnlineAdapter,
  'sherpa-offline': createSherpaOfflineAdapter,
  vosk: createVoskAdapter,
  whisperlive: createWhisperLiveAdapter,
  simulstreaming: createSimulStreamingAdapter,
  funasr: createFunasrAdapter,
};

/** What talks to the server of a profile. */
export function adapterFor(profile: AdapterProfile, ports: AdapterPorts): AsrAdapter {
  return discreetAdapter(ADAPTERS[profile.protocol](profile, ports), secretsOf(profile));
}
