import type { PauseCause, RunStatus } from '../domain/run.ts';
import type { ServerStatus } from '../domain/server.ts';
import type { MessageLocale } from '../errors/messages.ts';

/** How the panel and the log call the states of a run. */
export const RUN_STATUS_TEXTS: Readonly<Record<MessageLocale, Readonly<Record<RunStatus, string>>>> = {
  en: {
    preparing: 'looking at files',
    ready: 'ready to start',
    queued: 'waiting',
    running: 'running',
    pausing: 'pausing',
    paused: 'paused',
    stopping: 'stopping',
    finished: 'finished',
    stopped: 'stopped',
    interrupted: 'interrupted',
    failed: 'failed',
  },
  ko: {
    preparing: '파일 확인 중',
    ready: '시작 준비됨',
    queued: '대기 중',
    running: '실행 중',
    pausing: '일시 정지하는 중',
    paused: '일시 정지됨',
    stopping: '중지하는 중',
    finished: '완료',
    stopped: '중지됨',
    interrupted: '중단됨',
    failed: '실패',
  },
};

/** How the panel and the log call the states of a server. */
export const SERVER_STATUS_TEXTS: Readonly<Record<MessageLocale, Readonly<Record<ServerStatus, string>>>> = {
  en: {
    stopped: 'stopped',
    starting: 'starting',
    ready: 'ready',
    busy: 'working',
    suspect: 'slow to answer',
    unresponsive: 'hangs',
    stopping: 'stopping',
    crashed: 'crashed',
    backingOff: 'restarting',
    broken: 'given up',
    adopted: 'started elsewhere',
  },
  ko: {
    stopped: '꺼짐',
    starting: '시작하는 중',
    ready: '준비됨',
    busy: '작업 중',
    suspect: '응답 지연',
    unresponsive: '응답 없음',
    stopping: '끄는 중',
    crashed: '비정상 종료',
    backingOff: '다시 시작 대기',
    broken: '재시작 포기',
    adopted: '외부에서 시작됨',
  },
};

/** Whose pause it is, in the log. */
export const PAUSE_CAUSE_TEXTS: Readonly<Record<MessageLocale, Readonly<Record<PauseCause, string>>>> = {
  en: {
    user: 'by the user',
    plannedTime: 'at the planned time',
    marker: 'at the stop-after marker',
    lowDisk: 'the disk is nearly full',
    heat: 'a graphics card is too hot',
    failureRate: 'too many failures',
    duration: 'longest duration reached',
    diskUsed: 'Nightshift takes as much disk as it may',
  },
  ko: {
    user: '사용자',
    plannedTime: '정한 시각',
    marker: '멈춤 표시',
    lowDisk: '디스크가 거의 참',
    heat: '그래픽 카드가 너무 뜨거움',
    failureRate: '실패가 너무 많음',
    duration: '최대 시간에 도달',
    diskUsed: 'Nightshift가 쓸 수 있는 디스크를 다 씀',
  },
};
