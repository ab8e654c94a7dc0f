import { startOpenaiStandIn, startWhisperCppStandIn } from '#main/testing/asrStandIns/httpStandIn.ts';
import { startSimulStreamingStandIn } from '#main/testing/asrStandIns/tcpStandIn.ts';
import {
  startFunasrStandIn,
  startNightshiftStandIn,
  startS0StandIn,
  startSherpaOfflineStandIn,
  startSherpaOnlineStandIn,
  startVoskStandIn,
  startWhisperLiveKitStandIn,
  startWhisperLiveStandIn,
} from '#main/testing/asrStandIns/wsDialects.ts';
import { describeConformance } from './conformance.suite.ts';

/** A request is answered or it is not: HTTP has no orderly end in the middle. */
const HTTP_CODES = { busy: 'SERVER_BUSY', closesEarly: 'CONNECTION_LOST' } as const;

describeConformance('nightshift', { protocol: 'nightshift', start: startNightshiftStandIn, codes: { busy: 'SERVER_BUSY' } });
describeConformance('s0', { protocol: 's0', start: startS0StandIn });
describeConformance('s0 with 16-bit samples', {
  protocol: 's0',
  profile: { sampleFormat: 's16le' },
  start: (scenario) => startS0StandIn(scenario, 's16le'),
});
describeConformance('openai', { protocol: 'openai', start: startOpenaiStandIn, codes: HTTP_CODES });
describeConformance('openai with bare text', {
  protocol: 'openai',
  start: (scenario) => startOpenaiStandIn(scenario, true),
  codes: HTTP_CODES,
});
describeConformance('whisper-cpp', { protocol: 'whisper-cpp', start: startWhisperCppStandIn, codes: HTTP_CODES });
describeConformance('vosk', { protocol: 'vosk', start: startVoskStandIn });
describeConformance('sherpa-online', { protocol: 'sherpa-online', start: startSherpaOnlineStandIn });
describeConformance('sherpa-offline', { protocol: 'sherpa-offline', start: startSherpaOfflineStandIn });
describeConformance('simulstreaming', { protocol: 'simulstreaming', start: startSimulStreamingStandIn });
describeConformance('simulstreaming with bare lines', {
  protocol: 'simulstreaming',
  start: (scenario) => startSimulStreamingStandIn(scenario, 'bare'),
});
describeConformance('funasr', { protocol: 'funasr', start: startFunasrStandIn });
describeConformance('whisperlive', {
  protocol: 'whisperlive',
  // Without a model there is nothing to wait for: neither the pace of speech nor the time of a decoder.
  profile: { pacing: 'asRun', end: { kind: 'quiet', quietMs: 300 } },
  start: startWhisperLiveStandIn,
  codes: { busy: 'SERVER_BUSY' },
});
describeConformance('whisperlivekit', {
  protocol: 'whisperlivekit',
  profile: { ready: { check: { kind: 'handshake' } } },
  start: startWhisperLiveKitStandIn,
});
