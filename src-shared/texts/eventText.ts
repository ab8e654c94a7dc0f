import type { LogEntry } from '../contract/log.ts';
import type { EventCode } from '../domain/eventLog.ts';
import type { Mode } from '../domain/mode.ts';
import { SERVER_REASON_TEXTS, SERVER_WARNING_TEXTS } from '../domain/server.ts';
import { errorText, type MessageLocale } from '../errors/messages.ts';
import { RUN_STATUS_TEXTS, SERVER_STATUS_TEXTS } from './statusTexts.ts';

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
    runChanged: ({ runId, data }) =>
      `Run ${runId ?? ''}: ${word(RUN_STATUS_TEXTS.en, data['from'])} → ${word(RUN_STATUS_TEXTS.en, data['to'])}`,
    runRemoved: ({ runId }) => `Run ${runId ?? ''} was removed`,
    serverChanged: ({ serverId, data }) =>
      `Server ${serverId ?? ''}: ${word(SERVER_STATUS_TEXTS.en, data['from'])} → ${word(SERVER_STATUS_TEXTS.en, data['to'])}${reason(data['reason'], 'en')}`,
    serverWarned: ({ serverId, data }) => `Server ${serverId ?? ''}: ${warning(data['warning'], 'en')}`,
    settingChanged: ({ data }) => `The setting “${data['setting']}” is now ${data['value']}`,
    profilesChanged: () => 'The profiles of servers were changed',
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
    runChanged: ({ runId, data }) =>
      `실행 ${runId ?? ''}: ${word(RUN_STATUS_TEXTS.ko, data['from'])} → ${word(RUN_STATUS_TEXTS.ko, data['to'])}`,
    runRemoved: ({ runId }) => `실행 ${runId ?? ''} 지움`,
    serverChanged: ({ serverId, data }) =>
      `서버 ${serverId ?? ''}: ${word(SERVER_STATUS_TEXTS.ko, data['from'])} → ${word(SERVER_STATUS_TEXTS.ko, data['to'])}${reason(data['reason'], 'ko')}`,
    serverWarned: ({ serverId, data }) => `서버 ${serverId ?? ''}: ${warning(data['warning'], 'ko')}`,
    settingChanged: ({ data }) => `설정 변경: ${data['setting']} = ${data['value']}`,
    profilesChanged: () => '서버 프로필이 바뀜',
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

function warning(value: unknown, locale: MessageLocale): string {
  const texts: Readonly<Record<string, Readonly<Record<MessageLocale, string>>>> = SERVER_WARNING_TEXTS;
  return typeof value === 'string' && Object.hasOwn(texts, value) ? (texts[value]?.[locale] ?? value) : String(value);
}

/** One line about an entry: what happened and, where something went wrong, why. */
export function eventText(entry: Said, locale: MessageLocale): string {
  const sentence = SENTENCES[locale][entry.code](entry, NAMES[locale]);
  return entry.error === null ? sentence : `${sentence}: ${errorText(entry.error, locale).what} (${entry.error.code})`;
}
