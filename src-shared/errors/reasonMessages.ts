import type { ErrorCode } from './errorCodes.ts';

/** As in messages.ts: what · did · advice. */
type ReasonTemplates = Readonly<Record<string, Readonly<Record<'en' | 'ko', readonly [what: string, did: string, advice: string]>>>>;

const UPLOAD_DID_EN = 'The upload was ended and nothing of it is used; your own files are untouched.';
const UPLOAD_DID_KO = '업로드를 끝냈고, 이미 도착한 파일도 사용하지 않습니다. 원본 파일은 그대로입니다.';
const NOT_STARTED_EN = 'Nightshift did not start.';
const NOT_STARTED_KO = 'Nightshift를 시작하지 않았습니다.';
const KEPT_EN = 'All results are kept in the data folder.';
const KEPT_KO = '모든 결과는 데이터 폴더에 보존됩니다.';
const NOTHING_EN = 'Nothing was changed.';
const NOTHING_KO = '아무것도 바꾸지 않았습니다.';

/** Sentences of the errors that say more by a `reason` in their facts. The words are stable. */
export const REASON_TEMPLATES = {
  BACKUP_FAILED: {
    exists: {
      en: [
        'There is already a file[ at {path}].',
        'It was not touched; a backup never replaces a file.',
        'Give another name, or an existing folder.',
      ],
      ko: [
        '같은 이름의 파일이 이미 있습니다[: {path}].',
        '백업은 파일을 덮어쓰지 않으므로 그대로 두었습니다.',
        '다른 이름이나 이미 있는 폴더를 지정해 주세요.',
      ],
    },
    noSpace: {
      en: [
        'There is not enough room for a backup[ in {path}][: it needs {neededSize}, with some to spare, and {freeSize} is free].',
        'No half backup was left, and nothing was changed.',
        'Free some space (“nightshift clean --dry-run” shows what may go), or choose another disk with --to.',
      ],
      ko: [
        '백업할 공간이 부족합니다[: {path}][ (여유분을 포함해 필요 {neededSize}, 사용 가능 {freeSize})].',
        '만들다 만 백업을 남기지 않았고 아무것도 바꾸지 않았습니다.',
        '공간을 확보하거나(“nightshift clean --dry-run”으로 지울 수 있는 것을 볼 수 있습니다) --to로 다른 디스크를 지정해 주세요.',
      ],
    },
    damaged: {
      en: [
        'The database could not be copied soundly[: {path}][ ({detail})].',
        'The copy was thrown away; older backups are kept.',
        'Look at the database with “nightshift backup --check”, and restore an older backup if it is damaged.',
      ],
      ko: [
        '데이터베이스를 온전하게 복사하지 못했습니다[: {path}][ ({detail})].',
        '복사본은 버렸고 이전 백업은 그대로입니다.',
        '“nightshift backup --check”로 데이터베이스를 확인하고, 손상되었다면 이전 백업을 복원해 주세요.',
      ],
    },
    notWritable: {
      en: [
        'The backup could not be written[: {path}][ ({detail})].',
        'No half backup was left, and nothing was changed.',
        'Check that the folder exists and may be written, or choose another one with --to.',
      ],
      ko: [
        '백업을 쓸 수 없습니다[: {path}][ ({detail})].',
        '만들다 만 백업을 남기지 않았고 아무것도 바꾸지 않았습니다.',
        '폴더가 있고 쓸 수 있는지 확인하거나 --to로 다른 폴더를 지정해 주세요.',
      ],
    },
  },
  BACKUP_INVALID: {
    missing: {
      en: ['There is no such backup[: {path}].', NOTHING_EN, 'Choose another one; “nightshift backup --list” shows them.'],
      ko: ['백업 파일이 없습니다[: {path}].', NOTHING_KO, '다른 백업을 골라 주세요. “nightshift backup --list”로 볼 수 있습니다.'],
    },
    damaged: {
      en: ['The backup is damaged[: {path}][ ({detail})].', NOTHING_EN, 'Choose an older one; “nightshift backup --list” shows them.'],
      ko: [
        '백업이 손상되었습니다[: {path}][ ({detail})].',
        NOTHING_KO,
        '더 오래된 백업을 골라 주세요. “nightshift backup --list”로 볼 수 있습니다.',
      ],
    },
    foreign: {
      en: ['This is not a database of Nightshift[: {path}].', NOTHING_EN, 'Name a file that “nightshift backup” made.'],
      ko: ['Nightshift의 데이터베이스가 아닙니다[: {path}].', NOTHING_KO, '“nightshift backup”으로 만든 파일을 지정해 주세요.'],
    },
  },
  DISK_FULL: {
    restore: {
      en: [
        'There is not enough room to restore a backup[ in {path}].',
        'Nothing was changed; the database is as it was.',
        'Free some space and restore again.',
      ],
      ko: ['백업을 복원할 공간이 부족합니다[: {path}].', '데이터베이스를 그대로 두었습니다.', '공간을 확보한 뒤 다시 복원해 주세요.'],
    },
  },
  UPLOAD_REFUSED: {
    noSpace: {
      en: [
        'There is not enough space for the upload[: it needs {neededSize} and {freeSize} can be used].',
        UPLOAD_DID_EN,
        'Free some space on the disk of the data folder, or type the path of the folder instead of dropping it.',
      ],
      ko: [
        '업로드할 공간이 부족합니다[: 필요 {neededSize}, 사용 가능 {freeSize}].',
        UPLOAD_DID_KO,
        '데이터 폴더가 있는 디스크의 공간을 확보하거나, 끌어다 놓는 대신 폴더 경로를 직접 입력해 주세요.',
      ],
    },
    sameName: {
      en: [
        'Two files have names that this disk cannot tell apart[: {path}].',
        UPLOAD_DID_EN,
        'Rename one of them; the names differ only in upper and lower case or in how an accent is written.',
      ],
      ko: [
        '이 디스크에서 구별되지 않는 이름의 파일이 둘 있습니다[: {path}].',
        UPLOAD_DID_KO,
        '대소문자나 글자 조합 방식만 다른 이름이므로 둘 중 하나의 이름을 바꿔 주세요.',
      ],
    },
    reservedName: {
      en: ['Windows cannot store a file of this name[: {path}].', UPLOAD_DID_EN, 'Rename the file and send it again.'],
      ko: ['Windows에서는 저장할 수 없는 파일 이름입니다[: {path}].', UPLOAD_DID_KO, '파일 이름을 바꾼 뒤 다시 올려 주세요.'],
    },
    badName: {
      en: ['A file of this name cannot be stored here[: {path}].', UPLOAD_DID_EN, 'Rename the file or its folder and send it again.'],
      ko: ['여기에 저장할 수 없는 파일 이름입니다[: {path}].', UPLOAD_DID_KO, '파일이나 폴더의 이름을 바꾼 뒤 다시 올려 주세요.'],
    },
    nameTooLong: {
      en: [
        'The name of a file, or its path, is too long to be stored[: {path}].',
        UPLOAD_DID_EN,
        'Shorten the name, or choose a folder that lies less deep.',
      ],
      ko: ['파일 이름이나 경로가 너무 길어 저장할 수 없습니다[: {path}].', UPLOAD_DID_KO, '이름을 줄이거나 덜 깊은 폴더를 골라 주세요.'],
    },
    unknownSession: {
      en: ['This upload is not known any more.', UPLOAD_DID_EN, 'Choose the files again; an upload left alone for a day is removed.'],
      ko: ['더 이상 알 수 없는 업로드입니다.', UPLOAD_DID_KO, '파일을 다시 골라 주세요. 하루 동안 두고 간 업로드는 지워집니다.'],
    },
    noLength: {
      en: ['The browser did not say how large a file is.', UPLOAD_DID_EN, 'Send the files with the panel and a current browser.'],
      ko: ['브라우저가 파일의 크기를 알려 주지 않았습니다.', UPLOAD_DID_KO, '패널과 최신 브라우저에서 파일을 올려 주세요.'],
    },
    sizeMismatch: {
      en: [
        'A file had another size than announced[: {sizeBytes} of {declaredBytes} bytes].',
        UPLOAD_DID_EN,
        'Send it again when nothing writes to it any more.',
      ],
      ko: [
        '파일의 크기가 알린 크기와 다릅니다[: {declaredBytes}바이트 중 {sizeBytes}바이트].',
        UPLOAD_DID_KO,
        '파일에 아무것도 쓰지 않을 때 다시 올려 주세요.',
      ],
    },
    inUse: {
      en: ['A run in the history uses these recordings.', NOTHING_EN, 'Remove that run first.'],
      ko: ['기록에 있는 실행이 이 녹음을 사용하고 있습니다.', NOTHING_KO, '그 실행을 먼저 지워 주세요.'],
    },
  },
  DATA_FOLDER_UNUSABLE: {
    notFolder: {
      en: [
        'The data folder cannot be used, because there is something else in its place[: {path}].',
        NOT_STARTED_EN,
        'Move away what is there, or give another folder with --data-dir.',
      ],
      ko: [
        '폴더가 아닌 것이 그 자리에 있어 데이터 폴더를 사용할 수 없습니다[: {path}].',
        NOT_STARTED_KO,
        '그 자리에 있는 파일을 옮기거나 --data-dir로 다른 폴더를 지정해 주세요.',
      ],
    },
    networkFileSystem: {
      en: [
        'The data folder cannot be used, because it is on a network file system[ ({fileSystem})][: {path}].',
        NOT_STARTED_EN,
        'Give a folder on a disk of this machine with --data-dir. Recordings and results may lie anywhere.',
      ],
      ko: [
        '네트워크 파일 시스템에 있는 폴더는 데이터 폴더로 사용할 수 없습니다[ ({fileSystem})][: {path}].',
        NOT_STARTED_KO,
        '--data-dir로 이 컴퓨터의 디스크에 있는 폴더를 지정해 주세요. 녹음과 결과 파일은 어디에 있어도 됩니다.',
      ],
    },
    notWritable: {
      en: [
        'The data folder cannot be used, because nothing can be written there[: {path}][ ({detail})].',
        NOT_STARTED_EN,
        'Give yourself the permission to write there, or give another folder with --data-dir.',
      ],
      ko: [
        '쓸 수 없는 폴더여서 데이터 폴더로 사용할 수 없습니다[: {path}][ ({detail})].',
        NOT_STARTED_KO,
        '쓰기 권한을 확인하거나 --data-dir로 다른 폴더를 지정해 주세요.',
      ],
    },
    notPrivate: {
      en: [
        'The data folder cannot be used, because another user could listen in at its local socket[: {path}].',
        NOT_STARTED_EN,
        'Remove that folder, and Nightshift makes it anew for you alone; or give another one with --data-dir.',
      ],
      ko: [
        '로컬 소켓의 폴더를 다른 사용자가 열 수 있어 데이터 폴더를 사용할 수 없습니다[: {path}].',
        NOT_STARTED_KO,
        '그 폴더를 지우면 본인만 쓸 수 있게 새로 만듭니다. --data-dir로 다른 폴더를 지정해도 됩니다.',
      ],
    },
  },
  OUTPUT_UNWRITABLE: {
    notFile: {
      en: [
        'The results cannot be written, because there is something other than a file[ at {path}].',
        KEPT_EN,
        'Name another file, or move away what is there.',
      ],
      ko: [
        '파일이 아닌 것이 그 자리에 있어 결과를 쓸 수 없습니다[: {path}].',
        KEPT_KO,
        '다른 파일을 지정하거나 그 자리에 있는 것을 옮겨 주세요.',
      ],
    },
    notFolder: {
      en: [
        'The results cannot be written, because a file is in the place of a folder[: {path}].',
        KEPT_EN,
        'Name a file in another folder, or move away what is there.',
      ],
      ko: [
        '폴더가 있어야 할 자리에 파일이 있어 결과를 쓸 수 없습니다[: {path}].',
        KEPT_KO,
        '다른 폴더의 파일을 지정하거나 그 자리에 있는 파일을 옮겨 주세요.',
      ],
    },
    notWritable: {
      en: [
        'The results cannot be written, because the folder does not allow it[: {path}][ ({detail})].',
        KEPT_EN,
        'Give yourself the permission to write there, or name a file in another folder.',
      ],
      ko: [
        '쓸 수 없는 폴더여서 결과를 쓸 수 없습니다[: {path}][ ({detail})].',
        KEPT_KO,
        '쓰기 권한을 확인하거나 다른 폴더의 파일을 지정해 주세요.',
      ],
    },
  },
  NOTHING_TO_COMPARE: {
    noReferences: {
      en: [
        'No file[ of run {runId}] has a reference, so that there is nothing to compare its results with.',
        NOTHING_EN,
        'Put transcripts beside the recordings and start the run again; finished results are used, nothing is transcribed twice.',
      ],
      ko: [
        '정답 텍스트가 있는 파일이 없어[ (실행 {runId})] 결과를 비교할 수 없습니다.',
        NOTHING_KO,
        '녹음 옆에 정답 텍스트를 두고 실행을 다시 시작해 주세요. 끝난 결과를 그대로 쓰므로 다시 인식하지 않습니다.',
      ],
    },
    noCommonFiles: {
      en: [
        'There is no file with a reference that has an outcome in everything chosen.',
        NOTHING_EN,
        'Choose runs over the same recordings with the same references, or wait until more files are finished.',
      ],
      ko: [
        '고른 모드와 실행 모두에서 결과가 있고 정답 텍스트도 있는 파일이 없습니다.',
        NOTHING_KO,
        '같은 녹음과 같은 정답 텍스트를 쓴 실행을 고르거나, 더 많은 파일이 끝날 때까지 기다려 주세요.',
      ],
    },
    modeNotRun: {
      en: ['The chosen mode is not part of the run[: run {runId}, {mode}].', NOTHING_EN, 'Choose one of the modes of the run.'],
      ko: ['실행에 없는 모드를 골랐습니다[: 실행 {runId}, {mode}].', NOTHING_KO, '그 실행에 있는 모드를 골라 주세요.'],
    },
    oneMode: {
      en: [
        'There is only one mode to compare[ in run {runId}].',
        NOTHING_EN,
        'Name a second run, or start the same recordings in another mode first.',
      ],
      ko: [
        '비교할 모드가 하나뿐입니다[ (실행 {runId})].',
        NOTHING_KO,
        '다른 실행을 함께 지정하거나, 먼저 같은 녹음을 다른 모드로 실행해 주세요.',
      ],
    },
    noCommonModes: {
      en: [
        'The two runs have no mode in common.',
        NOTHING_EN,
        'Name a mode of each run to compare different modes, like 12:streaming 15:original.',
      ],
      ko: [
        '두 실행에 공통된 모드가 없습니다.',
        NOTHING_KO,
        '서로 다른 모드를 비교하려면 12:streaming 15:original처럼 실행마다 모드를 지정해 주세요.',
      ],
    },
  },
  NOT_AVAILABLE_HERE: {
    noPathsInBrowser: {
      en: ['A browser knows no paths to choose from.', NOTHING_EN, 'Type a path, browse the allowed folders, or drop the files here.'],
      ko: [
        '브라우저에서는 경로를 고를 수 없습니다.',
        NOTHING_KO,
        '경로를 입력하거나 허용된 폴더에서 찾고, 또는 파일을 끌어다 놓아 주세요.',
      ],
    },
    noFileManager: {
      en: ['There is no file manager or no display on this machine.', NOTHING_EN, 'Copy the path and open it by other means.'],
      ko: ['이 컴퓨터에는 파일 관리자나 화면이 없습니다.', NOTHING_KO, '경로를 복사해 다른 방법으로 열어 주세요.'],
    },
    nothingServed: {
      en: ['No panel is being served from this data folder[: {path}].', NOTHING_EN, 'Start one with “nightshift serve”.'],
      ko: ['이 데이터 폴더로 열려 있는 패널이 없습니다[: {path}].', NOTHING_KO, '“nightshift serve”로 패널을 시작해 주세요.'],
    },
  },
} as const satisfies Partial<Record<ErrorCode, ReasonTemplates>>;

/** Reasons of a code that have sentences of their own. */
export type ReasonOf<C extends keyof typeof REASON_TEMPLATES> = Extract<keyof (typeof REASON_TEMPLATES)[C], string>;

/** The sentences of a code by reason; empty for a code that has none. */
export function templatesByReason(code: ErrorCode): ReasonTemplates {
  return Object.hasOwn(REASON_TEMPLATES, code) ? REASON_TEMPLATES[code as keyof typeof REASON_TEMPLATES] : {};
}
