import type { TransitionTable } from './transition.ts';

/**
 * Life of a server we own, or of one that somebody else started and the user told us to use (`adopted`).
 * `suspect` owes audio and has not moved for half the time it may take, `unresponsive` for all of it; `crashed` is an exit we did not ask
 * for; `backingOff` waits before a restart; `broken` is given up until the user acts.
 */
export const SERVER_STATUSES = [
  'stopped',
  'starting',
  'ready',
  'busy',
  'suspect',
  'unresponsive',
  'stopping',
  'crashed',
  'backingOff',
  'broken',
  'adopted',
] as const;
export type ServerStatus = (typeof SERVER_STATUSES)[number];

export const SERVER_TRANSITIONS: TransitionTable<ServerStatus> = {
  stopped: ['starting', 'adopted'],
  starting: ['ready', 'crashed', 'broken', 'stopping', 'stopped'],
  ready: ['busy', 'stopping', 'crashed'],
  busy: ['ready', 'suspect', 'unresponsive', 'stopping', 'crashed'],
  // `adopted` only for a server that is not ours.
  suspect: ['busy', 'ready', 'adopted', 'unresponsive', 'stopping', 'crashed', 'stopped'],
  // Ours is ended and counts as crashed; one that somebody else runs is let go.
  unresponsive: ['stopping', 'crashed', 'stopped'],
  stopping: ['stopped'],
  crashed: ['backingOff', 'broken', 'stopped'],
  backingOff: ['starting', 'stopping', 'stopped'],
  broken: ['starting', 'stopped'],
  adopted: ['stopped', 'suspect', 'unresponsive'],
};

/** Why a server is in its present state. Stable, as error codes are. */
export const SERVER_REASONS = [
  // It runs, or is to run
  'wanted',
  'restart',
  'answered',
  'sessions',
  'tokenProved',
  'external',
  // It does not move
  'noProgress',
  'movesAgain',
  // It was ended by us
  'asked',
  'settingsChanged',
  'recycledFiles',
  'recycledMemory',
  'forgiven',
  // It ended by itself, or never began
  'exitCode',
  'signal',
  'outOfMemory',
  'guardLost',
  'portTaken',
  'moduleMissing',
  'commandMissing',
  'modelMissing',
  'startTimeout',
  'refused',
  'failed',
  'budgetSpent',
] as const;
export type ServerReason = (typeof SERVER_REASONS)[number];

/** What is worth knowing about a server that works. */
export const SERVER_WARNINGS = ['cpuFallback'] as const;
export type ServerWarning = (typeof SERVER_WARNINGS)[number];

/** What a server did that it gets fewer files at once than it said. */
export const WINDOW_REASONS = ['busy', 'timeout'] as const;
export type WindowReason = (typeof WINDOW_REASONS)[number];

/** Restarts within ten minutes before a server is given up. */
export const RESTART_BUDGET = 5;

type Sentences = Readonly<Record<'en' | 'ko', string>>;

/** Reasons as a person reads them, after the state: "restarting — it ran out of memory". */
export const SERVER_REASON_TEXTS: Readonly<Record<ServerReason, Sentences>> = {
  wanted: { en: 'it is needed', ko: '서버가 필요합니다' },
  restart: { en: 'it starts again after a failure', ko: '실패한 뒤 다시 시작합니다' },
  answered: { en: 'it answers', ko: '서버가 응답합니다' },
  sessions: { en: 'files come and go', ko: '파일을 처리합니다' },
  tokenProved: { en: 'it proved to be one of ours', ko: 'Nightshift의 서버임을 증명했습니다' },
  external: { en: 'the user chose a running server', ko: '사용자가 실행 중인 서버를 선택했습니다' },
  noProgress: { en: 'no audio has moved for a long time', ko: '오랫동안 오디오가 처리되지 않았습니다' },
  movesAgain: { en: 'audio moves again', ko: '오디오가 다시 처리됩니다' },
  asked: { en: 'it was asked to stop', ko: '중지 요청을 받았습니다' },
  settingsChanged: { en: 'it is needed with other settings', ko: '다른 설정으로 필요합니다' },
  recycledFiles: { en: 'it has done as many files as it should', ko: '정해진 파일 수를 처리했습니다' },
  recycledMemory: { en: 'it used more memory than it should', ko: '정해진 메모리 한도를 넘었습니다' },
  forgiven: { en: 'it may be tried again', ko: '다시 시도할 수 있습니다' },
  exitCode: { en: 'it ended by itself', ko: '스스로 종료되었습니다' },
  signal: { en: 'it was ended by a signal', ko: '신호를 받아 종료되었습니다' },
  outOfMemory: { en: 'it ran out of memory', ko: '메모리가 부족했습니다' },
  guardLost: { en: 'its guard process was ended', ko: '감시 프로세스가 종료되었습니다' },
  portTaken: { en: 'its port is held by something else', ko: '다른 프로그램이 포트를 사용 중입니다' },
  moduleMissing: { en: 'a software module is missing', ko: '소프트웨어 모듈이 없습니다' },
  commandMissing: { en: 'its program cannot be started', ko: '프로그램을 시작할 수 없습니다' },
  modelMissing: { en: 'its model is missing or damaged', ko: '모델이 없거나 손상되었습니다' },
  startTimeout: { en: 'it was not ready in time', ko: '제시간에 준비되지 않았습니다' },
  refused: { en: 'nothing answers there', ko: '응답하는 서버가 없습니다' },
  failed: { en: 'it could not be used', ko: '사용할 수 없었습니다' },
  budgetSpent: { en: 'it failed too often', ko: '너무 자주 실패했습니다' },
};

export const SERVER_WARNING_TEXTS: Readonly<Record<ServerWarning, Sentences>> = {
  cpuFallback: {
    en: 'It found no GPU and works on the processor, which is much slower.',
    ko: 'GPU를 찾지 못해 훨씬 느린 프로세서로 처리하고 있습니다.',
  },
};

/** After the number of files that a server gets at once: "2 of 8 places: it said busy". */
export const WINDOW_REASON_TEXTS: Readonly<Record<WindowReason, Sentences>> = {
  busy: { en: 'it said busy', ko: '서버가 사용 중이라고 답했습니다' },
  timeout: { en: 'it did not answer in time', ko: '제시간에 응답하지 않았습니다' },
};
