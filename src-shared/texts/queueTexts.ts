import type { QUEUE_CHANGES } from '../contract/queue.ts';
import type { MessageLocale } from '../errors/messages.ts';

/** What was changed in the queue, as it is told in the event log and by the command line. */
export const QUEUE_CHANGE_TEXTS: Readonly<Record<MessageLocale, Readonly<Record<(typeof QUEUE_CHANGES)[number], string>>>> = {
  en: {
    runPlaced: 'run moved',
    runEdited: 'priority of the run changed',
    itemsPlaced: 'files moved',
    itemsEdited: 'files edited',
    itemsHeld: 'files held back',
    itemsReleased: 'files released',
    itemsRemoved: 'files removed',
    stopAfterRunSet: 'pause of the queue after a run',
    stopAfterItemSet: 'pause of the run after a file',
  },
  ko: {
    runPlaced: '실행 이동',
    runEdited: '실행 우선순위 변경',
    itemsPlaced: '파일 이동',
    itemsEdited: '파일 편집',
    itemsHeld: '파일 보류',
    itemsReleased: '파일 보류 해제',
    itemsRemoved: '파일 제거',
    stopAfterRunSet: '어느 실행 뒤에 대기열 일시 정지',
    stopAfterItemSet: '어느 파일 뒤에 실행 일시 정지',
  },
};
