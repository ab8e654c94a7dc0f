import type { Alert } from '../contract/alerts.ts';
import type { AlertKind } from '../domain/alert.ts';
import type { PauseCause } from '../domain/run.ts';
import type { MessageLocale } from '../errors/messages.ts';

const GB = 1024 ** 3;

type Facts = Pick<Alert, 'kind' | 'subject' | 'value' | 'limit' | 'freeBytes'>;

export const ALERT_NAMES: Readonly<Record<MessageLocale, Readonly<Record<AlertKind, string>>>> = {
  en: {
    cpu: 'Processor',
    memory: 'Memory',
    disk: 'Disk',
    vram: 'Graphics memory',
    gpuTemperature: 'Temperature of a GPU',
    diskFilling: 'Disk fills up',
    noProgress: 'No progress',
  },
  ko: {
    cpu: '프로세서',
    memory: '메모리',
    disk: '디스크',
    vram: '그래픽 메모리',
    gpuTemperature: 'GPU 온도',
    diskFilling: '디스크가 차는 속도',
    noProgress: '진행 없음',
  },
};

const DISKS: Readonly<Record<MessageLocale, Readonly<Record<string, string>>>> = {
  en: { data: 'the disk of the data folder', output: 'the disk of the results' },
  ko: { data: '데이터 폴더가 있는 디스크', output: '결과를 쓰는 디스크' },
};

const WHAT: Readonly<Record<MessageLocale, Readonly<Record<AlertKind, (facts: Facts) => string>>>> = {
  en: {
    cpu: ({ value, limit }) => `The processor is at ${whole(value)} % (limit ${whole(limit)} %).`,
    memory: ({ value, limit }) => `The memory is ${whole(value)} % full (limit ${whole(limit)} %).`,
    disk: (facts) => sentence(`${disk(facts, 'en')} is ${whole(facts.value)} % full, ${free(facts)} free.`),
    vram: ({ subject, value, limit }) => `The memory of GPU ${subject} is ${whole(value)} % full (limit ${whole(limit)} %).`,
    gpuTemperature: ({ subject, value, limit }) => `GPU ${subject} is at ${whole(value)} °C (limit ${whole(limit)} °C).`,
    diskFilling: (facts) => sentence(`${disk(facts, 'en')} is full in about ${hours(facts.value)} h at this rate, ${free(facts)} free.`),
    noProgress: ({ value, limit }) => `No file has finished for ${minutes(value)} min; usually one does within ${minutes(limit / 3)} min.`,
  },
  ko: {
    cpu: ({ value, limit }) => `프로세서 사용률이 ${whole(value)}%입니다(한도 ${whole(limit)}%).`,
    memory: ({ value, limit }) => `메모리를 ${whole(value)}% 쓰고 있습니다(한도 ${whole(limit)}%).`,
    disk: (facts) => `${disk(facts, 'ko')}를 ${whole(facts.value)}% 썼고 ${free(facts)}가 남았습니다.`,
    vram: ({ subject, value, limit }) => `GPU ${subject}의 메모리를 ${whole(value)}% 쓰고 있습니다(한도 ${whole(limit)}%).`,
    gpuTemperature: ({ subject, value, limit }) => `GPU ${subject}의 온도가 ${whole(value)}°C입니다(한도 ${whole(limit)}°C).`,
    diskFilling: (facts) => `이 속도면 약 ${hours(facts.value)}시간 뒤에 ${disk(facts, 'ko')}가 가득 찹니다. ${free(facts)}가 남았습니다.`,
    noProgress: ({ value, limit }) => `${minutes(value)}분 동안 끝난 파일이 없습니다. 보통은 ${minutes(limit / 3)}분 안에 하나가 끝납니다.`,
  },
};

/** S1.31, S3.20, S4.29: the numbers that are advised there. */
const ADVICE: Readonly<Record<MessageLocale, Readonly<Record<AlertKind, string>>>> = {
  en: {
    cpu: 'Nothing has to be done if the machine is yours alone tonight. Otherwise let fewer files be worked on at once (--workers 4) or lower --cpu-limit.',
    memory:
      'Let fewer files be worked on at once and give Nightshift a lower limit (--workers 4 --memory-limit 1024); after a process was ended for its memory, 2 at once and --memory-limit 8192 with a large model. Close other programs.',
    disk: 'Free some space (“nightshift clean --dry-run” shows what may go), or let the results be written to another disk.',
    vram: 'Let fewer files be worked on at once (--workers 2), one mode after another (--parallel-modes 1), or choose a smaller model.',
    gpuTemperature:
      'Check the fans and the air around the machine, let fewer files be worked on at once, or lower the power limit of the card.',
    diskFilling:
      'Find out what is writing; free some space (“nightshift clean --dry-run” shows what may go). The run pauses before the disk is full.',
    noProgress: 'Look at the servers and their logs: one that hangs is restarted by itself, one of somebody else’s is not.',
  },
  ko: {
    cpu: '오늘 밤 이 컴퓨터를 혼자 쓴다면 그대로 두어도 됩니다. 아니면 동시에 처리하는 파일을 줄이거나(--workers 4) --cpu-limit를 낮춰 주세요.',
    memory:
      '동시에 처리하는 파일을 줄이고 Nightshift의 한도를 낮춰 주세요(--workers 4 --memory-limit 1024). 메모리 때문에 프로세스가 종료된 적이 있으면 동시에 2개, 큰 모델은 --memory-limit 8192로 해 주세요. 다른 프로그램도 닫아 주세요.',
    disk: '공간을 확보하거나(“nightshift clean --dry-run”으로 지울 수 있는 것을 볼 수 있습니다) 결과를 다른 디스크에 쓰게 해 주세요.',
    vram: '동시에 처리하는 파일을 줄이거나(--workers 2), 모드를 하나씩 실행하거나(--parallel-modes 1), 더 작은 모델을 골라 주세요.',
    gpuTemperature: '팬과 컴퓨터 주변의 통풍을 확인하고, 동시에 처리하는 파일을 줄이거나 그래픽 카드의 전력 한도를 낮춰 주세요.',
    diskFilling:
      '무엇이 쓰고 있는지 찾아보고 공간을 확보해 주세요(“nightshift clean --dry-run”으로 지울 수 있는 것을 볼 수 있습니다). 디스크가 가득 차기 전에 실행을 일시 정지합니다.',
    noProgress: '서버와 서버의 로그를 살펴보세요. 멈춘 서버는 Nightshift가 다시 시작하지만, 직접 실행한 서버는 그렇지 않습니다.',
  },
};

/** What was read, and what to do about it. */
export function alertText(facts: Facts, locale: MessageLocale): { readonly what: string; readonly advice: string } {
  return { what: WHAT[locale][facts.kind](facts), advice: ADVICE[locale][facts.kind] };
}

/** Why a run is paused; the second sentence says what the user can do. The user's own pauses need none. */
export const PAUSE_TEXTS: Readonly<Record<MessageLocale, Readonly<Record<PauseCause, readonly [what: string, advice: string] | null>>>> = {
  en: {
    user: null,
    plannedTime: ['It was to pause at this time.', 'Resume when it may go on.'],
    marker: ['It was to pause after this file.', 'Resume when it may go on.'],
    lowDisk: [
      'A disk it writes to is nearly full.',
      'It goes on by itself when there is room again: free some space (“nightshift clean --dry-run” shows what may go). Resume goes on at once all the same.',
    ],
    heat: [
      'A graphics card is too hot.',
      'It goes on by itself when the card has cooled down; check the fans. Resume goes on at once all the same.',
    ],
    failureRate: [
      'Too many files failed by a server, the network or a lack of memory.',
      'Look at the causes below and at the logs of the servers; when they are mended, resume. What failed is done again with “retry failed only” at the end.',
    ],
    duration: ['It has run for as long as it may.', 'Resume gives it the same time again; --max-duration sets another one.'],
    diskUsed: [
      'The data folder takes more than this run may use.',
      'Free some space (“nightshift clean --dry-run” shows what may go), then resume; --disk-limit sets another limit.',
    ],
  },
  ko: {
    user: null,
    plannedTime: ['이 시각에 일시 정지하도록 되어 있었습니다.', '계속해도 될 때 ‘계속’을 눌러 주세요.'],
    marker: ['이 파일 다음에 일시 정지하도록 되어 있었습니다.', '계속해도 될 때 ‘계속’을 눌러 주세요.'],
    lowDisk: [
      '이 실행이 기록하는 디스크가 거의 가득 찼습니다.',
      '공간이 생기면 자동으로 계속합니다. 공간을 확보해 주세요(“nightshift clean --dry-run”으로 지울 수 있는 것을 볼 수 있습니다). ‘계속’을 누르면 기다리지 않고 바로 계속합니다.',
    ],
    heat: [
      '그래픽 카드가 너무 뜨겁습니다.',
      '식으면 자동으로 계속합니다. 팬을 확인해 주세요. ‘계속’을 누르면 기다리지 않고 바로 계속합니다.',
    ],
    failureRate: [
      '서버나 네트워크, 메모리 부족 때문에 실패한 파일이 너무 많습니다.',
      '아래의 원인과 서버의 로그를 살펴보고 고친 뒤 ‘계속’을 눌러 주세요. 실패한 파일은 끝난 뒤 “실패한 것만 다시”로 처리할 수 있습니다.',
    ],
    duration: ['정해진 시간만큼 실행했습니다.', '계속하면 같은 시간만큼 더 실행합니다. --max-duration으로 바꿀 수 있습니다.'],
    diskUsed: [
      '데이터 폴더가 이 실행에 허용한 것보다 큽니다.',
      '공간을 확보한 뒤(“nightshift clean --dry-run”으로 지울 수 있는 것을 볼 수 있습니다) 계속해 주세요. --disk-limit로 한도를 바꿀 수 있습니다.',
    ],
  },
};

function disk({ subject }: Facts, locale: MessageLocale): string {
  return DISKS[locale][subject ?? 'data'] ?? subject ?? '';
}

function free({ freeBytes }: Facts): string {
  return `${((freeBytes ?? 0) / GB).toFixed(1)} GB`;
}

function whole(value: number): string {
  return String(Math.round(value));
}

function hours(value: number): string {
  return value < 1 ? value.toFixed(1) : whole(value);
}

/** Of seconds. */
function minutes(value: number): string {
  return value < 600 ? (value / 60).toFixed(1) : whole(value / 60);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
