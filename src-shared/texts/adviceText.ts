import type { Advice } from '../contract/log.ts';
import type { AdviceCause } from '../domain/advice.ts';
import type { MessageLocale } from '../errors/messages.ts';

/** What happened, and what to do about it. */
export interface AdviceText {
  readonly what: string;
  readonly advice: string;
}

type Sentences = readonly [what: string, advice: string];

const SENTENCES: Readonly<Record<AdviceCause, Readonly<Record<MessageLocale, Sentences>>>> = {
  memory: {
    en: [
      'Memory ran short.',
      'Let fewer files be worked on at once (--workers 4, or 2 with a large model), give Nightshift a limit that fits the machine (--memory-limit 1024; 8192 for large models), or choose a smaller model.',
    ],
    ko: [
      '메모리가 부족했습니다.',
      '동시에 처리하는 파일을 줄이고(--workers 4, 큰 모델은 2) 컴퓨터에 맞는 메모리 한도를 지정하거나(--memory-limit 1024, 큰 모델은 8192) 더 작은 모델을 골라 주세요.',
    ],
  },
  disk: {
    en: ['The disk of the data folder was full.', 'Free some space (“nightshift clean --dry-run” shows what may go), then resume the run.'],
    ko: [
      '데이터 폴더의 디스크가 가득 찼습니다.',
      '공간을 확보한 뒤(“nightshift clean --dry-run”으로 지울 수 있는 것을 볼 수 있습니다) 실행을 계속해 주세요.',
    ],
  },
  storage: {
    en: [
      'The database could not be used.',
      'Check that the disk of the data folder is connected and may be written, look at the database with “nightshift backup --check”, and restore a backup if it is damaged.',
    ],
    ko: [
      '데이터베이스를 사용할 수 없었습니다.',
      '데이터 폴더의 디스크가 연결되어 있고 쓸 수 있는지 확인하고 “nightshift backup --check”로 살펴본 뒤, 손상되었다면 백업을 복원해 주세요.',
    ],
  },
  decoder: {
    en: ['No audio decoder was found.', 'Install FFmpeg or run “npm ci” again; “nightshift doctor” shows what was found.'],
    ko: [
      '오디오 디코더를 찾지 못했습니다.',
      'FFmpeg를 설치하거나 “npm ci”를 다시 실행해 주세요. “nightshift doctor”로 찾은 것을 볼 수 있습니다.',
    ],
  },
  model: {
    en: ['A model is missing or damaged.', 'Choose another model in the settings or with --model, or download it again.'],
    ko: ['모델이 없거나 손상되었습니다.', '설정이나 --model로 다른 모델을 고르거나 모델을 다시 내려받아 주세요.'],
  },
  port: {
    en: [
      'A port of a server was held by another program.',
      'End that program, choose other ports (--ports), or use the server that is there (--use-running-servers).',
    ],
    ko: [
      '서버의 포트를 다른 프로그램이 쓰고 있었습니다.',
      '그 프로그램을 끝내거나, 다른 포트를 고르거나(--ports), 이미 있는 서버를 사용해 주세요(--use-running-servers).',
    ],
  },
  serverSetup: {
    en: [
      'A server could not be started.',
      'Read its log on the Servers screen, check its command, its folder and the modules it needs, and test it there; a large model may need a longer time to start.',
    ],
    ko: [
      '서버를 시작할 수 없었습니다.',
      '서버 화면에서 로그를 읽고 명령과 폴더, 필요한 모듈을 확인한 뒤 테스트해 주세요. 큰 모델은 시작 시간을 늘려야 할 수 있습니다.',
    ],
  },
  serverCrash: {
    en: [
      'A server ended by itself.',
      'Read the end of its log on the Servers screen; when it happens with many files at once, use fewer workers (--workers 4).',
    ],
    ko: [
      '서버가 스스로 종료되었습니다.',
      '서버 화면에서 로그의 끝부분을 읽어 주세요. 여러 파일을 함께 처리할 때 일어나면 작업자를 줄여 주세요(--workers 4).',
    ],
  },
  serverStalled: {
    en: [
      'A server took audio and did not move any more.',
      'Read its log, use fewer files at once, and restart it by itself after some files (recycling in its profile).',
    ],
    ko: [
      '서버가 오디오를 받고 더 진행하지 않았습니다.',
      '로그를 읽고 동시에 처리하는 파일을 줄이며, 프로필에서 일정 파일마다 다시 시작하게 해 주세요.',
    ],
  },
  serverRejects: {
    en: [
      'A server refuses what it is asked.',
      'Check the key, the address and the model name in its profile, and test it on the Servers screen.',
    ],
    ko: ['서버가 요청을 거절합니다.', '프로필의 키와 주소, 모델 이름을 확인하고 서버 화면에서 테스트해 주세요.'],
  },
  serverBusy: {
    en: [
      'A server had no room or limits how much it takes.',
      'Use fewer files at once (--workers), or look up the rate limits of the service.',
    ],
    ko: [
      '서버에 자리가 없거나 서버가 처리량을 제한합니다.',
      '동시에 처리하는 파일을 줄이거나(--workers) 서비스의 사용 한도를 확인해 주세요.',
    ],
  },
  serverAnswers: {
    en: [
      'A server broke off or answered something else than expected.',
      'Check that the protocol in its profile is the right one, and read its log.',
    ],
    ko: ['서버가 연결을 끊거나 예상과 다른 답을 보냈습니다.', '프로필의 프로토콜이 맞는지 확인하고 서버의 로그를 읽어 주세요.'],
  },
  audioLimit: {
    en: ['Files are longer or larger than a server takes.', 'Choose a server without that limit, or shorter pieces (--chunk-size).'],
    ko: ['서버가 받을 수 있는 것보다 길거나 큰 파일이 있습니다.', '한도가 없는 서버를 고르거나 조각을 더 짧게 해 주세요(--chunk-size).'],
  },
  network: {
    en: ['A server could not be reached.', 'Check that it runs, its address and port, the network and the firewall.'],
    ko: ['서버에 연결할 수 없었습니다.', '서버가 실행 중인지, 주소와 포트, 네트워크와 방화벽을 확인해 주세요.'],
  },
  permissions: {
    en: ['Files or folders may not be read or written.', 'Give yourself the permission to use them, then retry what failed.'],
    ko: ['읽거나 쓸 권한이 없는 파일이나 폴더가 있습니다.', '권한을 준 뒤 실패한 파일을 다시 시도해 주세요.'],
  },
  filesMissing: {
    en: [
      'Files that were found are not there any more.',
      'Check whether the disk is connected and nothing was moved, then retry what failed.',
    ],
    ko: [
      '찾았던 파일이 더 이상 없습니다.',
      '디스크가 연결되어 있는지, 파일이 옮겨지지 않았는지 확인한 뒤 실패한 파일을 다시 시도해 주세요.',
    ],
  },
  filesChanged: {
    en: ['Files changed while the run was under way.', 'Wait until nothing writes to them any more, then start a new run over the folder.'],
    ko: ['실행하는 동안 내용이 바뀐 파일이 있습니다.', '파일에 쓰는 프로그램이 끝난 뒤 폴더를 새로 실행해 주세요.'],
  },
  filesUnusable: {
    en: [
      'Files are damaged, empty or hold no audio.',
      'Play them in another program; repair, replace or remove them. Trying again does not help.',
    ],
    ko: [
      '손상되었거나 비었거나 오디오가 없는 파일이 있습니다.',
      '다른 프로그램에서 재생해 보고 고치거나 바꾸거나 빼 주세요. 다시 시도해도 달라지지 않습니다.',
    ],
  },
  fileKillsWorker: {
    en: [
      'Files end or hold up what works on them.',
      'Convert those files with another program; they were set aside so that the others could go on.',
    ],
    ko: [
      '처리하던 프로그램을 종료시키거나 멈추게 한 파일이 있습니다.',
      '다른 프로그램으로 파일을 변환해 주세요. 나머지 파일을 계속 처리하려고 따로 두었습니다.',
    ],
  },
  doubtfulText: {
    en: [
      'Hardly any text came for files that sound like speech.',
      'Listen to some of them, and check the language and whether the model fits.',
    ],
    ko: ['말소리가 있는 듯한데 텍스트가 거의 나오지 않은 파일이 있습니다.', '몇 개를 들어 보고 언어와 모델이 맞는지 확인해 주세요.'],
  },
  slow: {
    en: [
      'Recognition took longer than the audio itself.',
      'If the processor was not busy, allow more (--workers 12 --cpu-limit 95); otherwise use a smaller model, a GPU or another server.',
    ],
    ko: [
      '인식이 오디오 길이보다 오래 걸렸습니다.',
      '프로세서에 여유가 있었다면 더 많이 처리하게 하고(--workers 12 --cpu-limit 95), 아니면 더 작은 모델이나 GPU, 다른 서버를 사용해 주세요.',
    ],
  },
  ourFault: {
    en: ['Nightshift itself made a mistake.', 'Make a bundle with “nightshift doctor --bundle nightshift.zip” and report it.'],
    ko: ['Nightshift 자체의 오류입니다.', '“nightshift doctor --bundle nightshift.zip”으로 묶음을 만들어 알려 주세요.'],
  },
};

export function adviceText(cause: AdviceCause, locale: MessageLocale): AdviceText {
  const [what, advice] = SENTENCES[cause][locale];
  return { what, advice };
}

/** How much of it there was: "12 files, 30 times". Empty for what happened to the run as a whole. */
export function adviceExtent({ count, itemCount }: Pick<Advice, 'count' | 'itemCount'>, locale: MessageLocale): string {
  if (itemCount === 0) return '';
  if (locale === 'ko') return count > itemCount ? `파일 ${itemCount}개, ${count}번` : `파일 ${itemCount}개`;
  const files = itemCount === 1 ? '1 file' : `${itemCount} files`;
  return count > itemCount ? `${files}, ${count} times` : files;
}
