import type { LogEntry } from '../contract/log.ts';
import { ALERT_KINDS } from '../domain/alert.ts';
import type { EventCode } from '../domain/eventLog.ts';
import type { Mode } from '../domain/mode.ts';
import { SERVER_REASON_TEXTS, SERVER_WARNING_TEXTS } from '../domain/server.ts';
import { errorText, type MessageLocale } from '../errors/messages.ts';
import { ALERT_NAMES, alertText, PAUSE_TEXTS } from './alertText.ts';
import { QUEUE_CHANGE_TEXTS } from './queueTexts.ts';
import { PAUSE_CAUSE_TEXTS, RUN_STATUS_TEXTS, SERVER_STATUS_TEXTS } from './statusTexts.ts';

type Said = Pick<LogEntry, 'code' | 'runId' | 'fileId' | 'mode' | 'serverId' | 'error' | 'data'>;
type Sentence = (entry: Said, names: Names) => string;

interface Names {
  readonly modes: Readonly<Record<Mode, string>>;
  readonly removedFile: string;
  readonly anyMode: string;
}

const NAMES: Readonly<Record<MessageLocale, Names>> = {
  en: {
    modes: { streaming: 'streaming', chunked: 'chunked', original: 'original' },
    removedFile: 'A file that was removed since',
    anyMode: 'every mode',
  },
  ko: {
    modes: { streaming: '스트리밍', chunked: '청크', original: '원본' },
    removedFile: '그 뒤에 지워진 파일',
    anyMode: '모든 모드',
  },
};

const SENTENCES: Readonly<Record<MessageLocale, Readonly<Record<EventCode, Sentence>>>> = {
  en: {
    fileDone: (entry, names) => `${file(entry, names)} is done${seconds(entry, ' in ', ' s')}`,
    fileDoubtful: (entry, names) => `${file(entry, names)} is done, with a doubt`,
    fileFailed: (entry, names) => `${file(entry, names)} failed`,
    fileRetried: (entry, names) => `${file(entry, names)} failed and is tried again`,
    fileLost: (entry, names) => `${file(entry, names)} lost its worker or server and is tried again`,
    fileCancelled: (entry, names) => `${file(entry, names)} was cancelled`,
    modeGivenUp: (entry, names) => `Run ${entry.runId ?? ''}: ${mode(entry, names)} could not run`,
    modeFinished: (entry, names) => `Run ${entry.runId ?? ''}: ${mode(entry, names)} is done`,
    runCreated: ({ runId }) => `Run ${runId ?? ''} was created`,
    filesAdded: ({ runId, data }) => `Run ${runId ?? ''}: files added: ${data['added']}, in the run already: ${data['known']}`,
    runChanged: ({ runId, data }) =>
      `Run ${runId ?? ''}: ${word(RUN_STATUS_TEXTS.en, data['from'])} → ${word(RUN_STATUS_TEXTS.en, data['to'])}${cause(data['cause'], 'en')}`,
    runRemoved: ({ runId }) => `Run ${runId ?? ''} was removed`,
    queueChanged: ({ runId, data }) => `Queue, run ${runId ?? ''}: ${word(QUEUE_CHANGE_TEXTS.en, data['change'])} (${data['count']})`,
    queueChangeUndone: ({ runId, data }) => `Queue, run ${runId ?? ''}: taken back: ${word(QUEUE_CHANGE_TEXTS.en, data['change'])}`,
    queuePaused: () => 'The queue is paused: no further run starts',
    queueResumed: () => 'The queue goes on',
    serverChanged: ({ serverId, data }) =>
      `Server ${serverId ?? ''}: ${word(SERVER_STATUS_TEXTS.en, data['from'])} → ${word(SERVER_STATUS_TEXTS.en, data['to'])}${reason(data['reason'], 'en')}`,
    serverWarned: ({ serverId, data }) => `Server ${serverId ?? ''}: ${warning(data['warning'], 'en')}`,
    settingChanged: ({ data }) => `The setting “${data['setting']}” is now ${data['value']}`,
    profilesChanged: () => 'The profiles of servers were changed',
    alertRaised: (entry) => alertSentence(entry, 'en'),
    alertReminded: (entry) => `Still: ${alertSentence(entry, 'en')}`,
    alertCleared: (entry) => `Over: ${alertSubject(entry, 'en')}`,
    limitOverridden: ({ runId, data }) => `Run ${runId ?? ''} goes on all the same: ${pauseCause(data['cause'], 'en')}`,
    whenDonePlanned: ({ runId, data }) => `Run ${runId ?? ''} is over: ${word(WHEN_DONE.en, data['action'])} in a minute`,
    whenDoneCancelled: ({ runId, data }) => `Run ${runId ?? ''}: ${word(WHEN_DONE.en, data['action'])} was called off`,
    whenDoneActed: ({ runId, data }) => `After run ${runId ?? ''}: ${word(WHEN_DONE.en, data['action'])}${written(data)}`,
    whenDoneFailed: ({ runId, data }) => `After run ${runId ?? ''}: ${word(WHEN_DONE.en, data['action'])} failed${written(data)}`,
    ownerStarted: ({ data }) => `Nightshift started (${data['host']}, process ${data['pid']})`,
    ownerEnded: () => 'Nightshift ended',
    workRecovered: ({ data }) =>
      `Nightshift had ended unexpectedly: ${data['requeued']} files are back in the queue, ${data['givenUp']} were given up`,
  },
  ko: {
    fileDone: (entry, names) => `${file(entry, names)} 완료${seconds(entry, ' (', '초)')}`,
    fileDoubtful: (entry, names) => `${file(entry, names)} 완료, 의심되는 점 있음`,
    fileFailed: (entry, names) => `${file(entry, names)} 실패`,
    fileRetried: (entry, names) => `${file(entry, names)} 실패, 다시 시도함`,
    fileLost: (entry, names) => `${file(entry, names)} 작업자나 서버를 잃어 다시 시도함`,
    fileCancelled: (entry, names) => `${file(entry, names)} 취소됨`,
    modeGivenUp: (entry, names) => `실행 ${entry.runId ?? ''}: ${mode(entry, names)} 모드를 실행하지 못함`,
    modeFinished: (entry, names) => `실행 ${entry.runId ?? ''}: ${mode(entry, names)} 모드 완료`,
    runCreated: ({ runId }) => `실행 ${runId ?? ''} 만듦`,
    filesAdded: ({ runId, data }) => `실행 ${runId ?? ''}: 파일 ${data['added']}개 추가, 이미 있던 파일 ${data['known']}개`,
    runChanged: ({ runId, data }) =>
      `실행 ${runId ?? ''}: ${word(RUN_STATUS_TEXTS.ko, data['from'])} → ${word(RUN_STATUS_TEXTS.ko, data['to'])}${cause(data['cause'], 'ko')}`,
    runRemoved: ({ runId }) => `실행 ${runId ?? ''} 지움`,
    queueChanged: ({ runId, data }) => `대기열, 실행 ${runId ?? ''}: ${word(QUEUE_CHANGE_TEXTS.ko, data['change'])} (${data['count']}개)`,
    queueChangeUndone: ({ runId, data }) => `대기열, 실행 ${runId ?? ''}: 되돌림 — ${word(QUEUE_CHANGE_TEXTS.ko, data['change'])}`,
    queuePaused: () => '대기열 일시 정지: 다음 실행을 시작하지 않음',
    queueResumed: () => '대기열 계속',
    serverChanged: ({ serverId, data }) =>
      `서버 ${serverId ?? ''}: ${word(SERVER_STATUS_TEXTS.ko, data['from'])} → ${word(SERVER_STATUS_TEXTS.ko, data['to'])}${reason(data['reason'], 'ko')}`,
    serverWarned: ({ serverId, data }) => `서버 ${serverId ?? ''}: ${warning(data['warning'], 'ko')}`,
    settingChanged: ({ data }) => `설정 변경: ${data['setting']} = ${data['value']}`,
    profilesChanged: () => '서버 프로필이 바뀜',
    alertRaised: (entry) => alertSentence(entry, 'ko'),
    alertReminded: (entry) => `계속됨: ${alertSentence(entry, 'ko')}`,
    alertCleared: (entry) => `알림 끝남: ${alertSubject(entry, 'ko')}`,
    limitOverridden: ({ runId, data }) => `실행 ${runId ?? ''}, 그래도 계속함: ${pauseCause(data['cause'], 'ko')}`,
    whenDonePlanned: ({ runId, data }) => `실행 ${runId ?? ''} 끝남: 1분 뒤 ${word(WHEN_DONE.ko, data['action'])}`,
    whenDoneCancelled: ({ runId, data }) => `실행 ${runId ?? ''}: ${word(WHEN_DONE.ko, data['action'])} 취소함`,
    whenDoneActed: ({ runId, data }) => `실행 ${runId ?? ''} 종료 후: ${word(WHEN_DONE.ko, data['action'])}${written(data)}`,
    whenDoneFailed: ({ runId, data }) => `실행 ${runId ?? ''} 종료 후: ${word(WHEN_DONE.ko, data['action'])} 실패${written(data)}`,
    ownerStarted: ({ data }) => `Nightshift 시작 (${data['host']}, 프로세스 ${data['pid']})`,
    ownerEnded: () => 'Nightshift 종료',
    workRecovered: ({ data }) =>
      `Nightshift가 예기치 않게 종료되었음: 파일 ${data['requeued']}개를 대기열로 되돌리고 ${data['givenUp']}개는 포기함`,
  },
};

function file({ fileId, mode }: Said, names: Names): string {
  return `${fileId ?? names.removedFile}${mode === null ? '' : ` [${names.modes[mode]}]`}`;
}

function mode({ mode }: Said, names: Names): string {
  return mode === null ? names.anyMode : names.modes[mode];
}

function seconds({ data }: Said, before: string, after: string): string {
  const took = data['processingSec'];
  return typeof took === 'number' ? `${before}${took.toFixed(1)}${after}` : '';
}

/** A word of a newer Nightshift stays as it is. */
function word(words: Readonly<Record<string, string>>, value: unknown): string {
  const name = String(value);
  return Object.hasOwn(words, name) ? (words[name] ?? name) : name;
}

function reason(value: unknown, locale: MessageLocale): string {
  const texts: Readonly<Record<string, Readonly<Record<MessageLocale, string>>>> = SERVER_REASON_TEXTS;
  return typeof value === 'string' && Object.hasOwn(texts, value) ? ` — ${texts[value]?.[locale] ?? value}` : '';
}

function cause(value: unknown, locale: MessageLocale): string {
  return typeof value === 'string' ? ` — ${word(PAUSE_CAUSE_TEXTS[locale], value)}` : '';
}

function warning(value: unknown, locale: MessageLocale): string {
  const texts: Readonly<Record<string, Readonly<Record<MessageLocale, string>>>> = SERVER_WARNING_TEXTS;
  return typeof value === 'string' && Object.hasOwn(texts, value) ? (texts[value]?.[locale] ?? value) : String(value);
}

const WHEN_DONE: Readonly<Record<MessageLocale, Readonly<Record<string, string>>>> = {
  en: { sleep: 'sleep', shutDown: 'shut down', command: 'the command' },
  ko: { sleep: '절전', shutDown: '컴퓨터 끄기', command: '명령' },
};

function alertSentence({ data }: Said, locale: MessageLocale): string {
  const kind = ALERT_KINDS.find((known) => known === data['kind']);
  if (kind === undefined) return String(data['kind']);
  const facts = { kind, subject: asText(data['subject']), value: Number(data['value']), limit: Number(data['limit']) };
  return alertText({ ...facts, freeBytes: typeof data['freeBytes'] === 'number' ? data['freeBytes'] : null }, locale).what.replace(
    /\.$/,
    '',
  );
}

function alertSubject({ data }: Said, locale: MessageLocale): string {
  const kind = ALERT_KINDS.find((known) => known === data['kind']);
  const isGpu = kind === 'vram' || kind === 'gpuTemperature';
  return kind === undefined ? String(data['kind']) : `${ALERT_NAMES[locale][kind]}${isGpu ? ` (GPU ${data['subject']})` : ''}`;
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function pauseCause(value: unknown, locale: MessageLocale): string {
  const texts: Readonly<Record<string, readonly [string, string] | null>> = PAUSE_TEXTS[locale];
  return texts[String(value)]?.[0].replace(/\.$/, '') ?? String(value);
}

/** What a command said. */
function written(data: Said['data']): string {
  const code = data['code'] === undefined ? '' : ` (${data['code']})`;
  return data['output'] ? `${code}: ${String(data['output'])}` : code;
}

/** One line about an entry: what happened and, where something went wrong, why. */
export function eventText(entry: Said, locale: MessageLocale): string {
  const sentence = SENTENCES[locale][entry.code](entry, NAMES[locale]);
  return entry.error === null ? sentence : `${sentence}: ${errorText(entry.error, locale).what} (${entry.error.code})`;
}
