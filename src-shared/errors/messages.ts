import type { ErrorCode } from './errorCodes.ts';
import type { ErrorData } from './nightshiftError.ts';
import { templatesByReason } from './reasonMessages.ts';
import { plainDetail } from './systemErrors.ts';

export const MESSAGE_LOCALES = ['en', 'ko'] as const;
export type MessageLocale = (typeof MESSAGE_LOCALES)[number];

/** An error for a person: what happened, what Nightshift did about it, what they can do. Each is one or two sentences. */
export interface ErrorText {
  readonly what: string;
  readonly did: string;
  readonly advice: string;
}

/** What `errorText` needs of an error: a NightshiftError, a WireError or a stored code with its facts. */
export interface DescribedError {
  readonly code: ErrorCode;
  readonly data: ErrorData;
}

/** what · did · advice. `{name}` is a fact of the error; `[…]` is left out when a fact in it is not known. */
type Template = readonly [what: string, did: string, advice: string];

const FILE_DID_EN = 'Nightshift marked this file as failed and went on with the others.';
const FILE_DID_KO = '이 파일은 실패로 표시하고 나머지 파일을 계속 처리했습니다.';
const NOTHING_DID_EN = 'Nothing was changed.';
const NOTHING_DID_KO = '아무것도 바꾸지 않았습니다.';
const RETRY_DID_EN = 'Nightshift tries the file again by itself, a limited number of times.';
const RETRY_DID_KO = '정해진 횟수 안에서 이 파일을 자동으로 다시 시도합니다.';
const REQUEUE_DID_EN = 'The file went back to the queue; this does not count as a failed attempt.';
const REQUEUE_DID_KO = '파일을 대기열로 되돌렸습니다. 실패한 시도로 세지 않습니다.';
const SAFE_DID_EN = 'The run stopped. Everything that was finished is kept.';
const SAFE_DID_KO = '실행을 멈췄습니다. 이미 끝난 결과는 모두 보존됩니다.';
const MODE_DID_EN =
  'The mode could not run. Finished files are kept; its other files count as failed, and the same command tries them again.';
const MODE_DID_KO = '이 모드를 실행하지 못했습니다. 끝난 파일은 보존되고 나머지는 실패로 세며, 같은 명령을 다시 실행하면 다시 시도합니다.';
const REPORT_EN = 'Please report this with the log files from the data folder.';
const REPORT_KO = '데이터 폴더의 로그 파일과 함께 알려 주세요.';

const TEMPLATES: Readonly<Record<ErrorCode, Readonly<Record<MessageLocale, Template>>>> = {
  INPUT_INVALID: {
    en: ['The request is not valid[ ({field})][: {detail}].', NOTHING_DID_EN, 'Correct the value and try again.'],
    ko: ['요청이 올바르지 않습니다[ ({field})][: {detail}].', NOTHING_DID_KO, '값을 고친 뒤 다시 시도해 주세요.'],
  },
  ROUTE_NOT_FOUND: {
    en: [
      'This Nightshift does not know the request[ “{route}”].',
      NOTHING_DID_EN,
      'The panel and the program may be of different versions: reload the panel or restart Nightshift.',
    ],
    ko: [
      '알 수 없는 요청입니다[: {route}].',
      NOTHING_DID_KO,
      '패널과 프로그램의 버전이 다를 수 있습니다. 패널을 새로 고치거나 Nightshift를 다시 시작해 주세요.',
    ],
  },
  NOT_AVAILABLE_HERE: {
    en: ['This is not possible here[: {detail}].', NOTHING_DID_EN, 'Use the desktop app or the command line for it.'],
    ko: ['여기에서는 할 수 없는 작업입니다[: {detail}].', NOTHING_DID_KO, '데스크톱 앱이나 명령줄에서 해 주세요.'],
  },
  RUN_NOT_FOUND: {
    en: ['There is no run[ with the number {runId}].', NOTHING_DID_EN, 'List the runs and choose one of them.'],
    ko: ['실행을 찾을 수 없습니다[ (번호 {runId})].', NOTHING_DID_KO, '실행 목록에서 골라 주세요.'],
  },
  ITEM_NOT_FOUND: {
    en: ['There is no such file in the run[ (number {itemId})].', NOTHING_DID_EN, 'Reload the list of files.'],
    ko: ['실행 안에 그런 파일이 없습니다[ (번호 {itemId})].', NOTHING_DID_KO, '파일 목록을 새로 고쳐 주세요.'],
  },
  QUEUE_CHANGE_GONE: {
    en: ['This change of the queue can no longer be taken back.', NOTHING_DID_EN, 'Look at the queue as it is now and change it again.'],
    ko: ['이 대기열 변경은 더 이상 되돌릴 수 없습니다.', NOTHING_DID_KO, '지금의 대기열을 확인하고 다시 바꿔 주세요.'],
  },
  RUN_STATE_CONFLICT: {
    en: [
      'The run cannot do that now[ ({wanted})][, because it is {status}][: {detail}].',
      NOTHING_DID_EN,
      'Wait until its state has changed and try again.',
    ],
    ko: ['지금 상태에서는 할 수 없습니다[ (상태: {status})][: {detail}].', NOTHING_DID_KO, '상태가 바뀐 뒤 다시 시도해 주세요.'],
  },
  SOURCE_NOT_FOUND: {
    en: ['There is nothing at this path[: {path}].', 'No file was processed.', 'Check the spelling and whether the disk is connected.'],
    ko: ['이 경로에 아무것도 없습니다[: {path}].', '처리한 파일은 없습니다.', '경로와 디스크 연결을 확인해 주세요.'],
  },
  SOURCE_EMPTY: {
    en: ['The folder is empty[: {path}].', 'No file was processed.', 'Choose a folder that contains audio or video files.'],
    ko: ['폴더가 비어 있습니다[: {path}].', '처리한 파일은 없습니다.', '오디오나 비디오 파일이 있는 폴더를 골라 주세요.'],
  },
  SOURCE_HAS_NO_MEDIA: {
    en: [
      'No audio or video file was found[ in {path}].',
      'No file was processed.',
      'Nightshift reads wav, flac, mp3, m4a, ogg, opus, mp4, mkv and webm files, also in folders below.',
    ],
    ko: [
      '오디오나 비디오 파일을 찾지 못했습니다[: {path}].',
      '처리한 파일은 없습니다.',
      'wav, flac, mp3, m4a, ogg, opus, mp4, mkv, webm 파일을 하위 폴더까지 읽습니다.',
    ],
  },
  PATH_NOT_ALLOWED: {
    en: [
      'This folder is outside the folders that may be browsed[: {path}].',
      NOTHING_DID_EN,
      'Add a folder in the settings, or choose one below the allowed folders.',
    ],
    ko: ['허용된 폴더 밖의 경로입니다[: {path}].', NOTHING_DID_KO, '설정에서 폴더를 추가하거나 허용된 폴더 안에서 골라 주세요.'],
  },
  POWER_ACTION_FAILED: {
    en: [
      'What was asked for at the end of the run could not be done[ ({command})][: {detail}].',
      'The results are complete; the machine was left as it is.',
      'Check that your account may do this on this machine, and that the command exists; then try it once while you are there.',
    ],
    ko: [
      '실행이 끝나면 하라고 한 일을 하지 못했습니다[ ({command})][: {detail}].',
      '결과는 모두 저장했고 컴퓨터는 그대로 두었습니다.',
      '이 컴퓨터에서 그럴 권한이 있는지, 명령이 있는지 확인하고 자리에 있을 때 한 번 시험해 보세요.',
    ],
  },
  NODE_TOO_OLD: {
    en: [
      'Nightshift needs Node.js {required|22} or newer[ and was started with {version}].',
      'Nothing was started.',
      'Install a newer Node.js, or start Nightshift through npm, which brings its own.',
    ],
    ko: [
      'Node.js {required|22} 이상이 필요합니다[. 현재 버전: {version}].',
      '아무것도 시작하지 않았습니다.',
      '새 Node.js를 설치하거나, 알맞은 버전이 함께 들어 있는 npm 명령으로 시작해 주세요.',
    ],
  },
  ACCESS_DENIED: {
    en: ['Access was refused[: {detail}].', NOTHING_DID_EN, 'Open the panel with a new link: run “nightshift serve --link”.'],
    ko: ['접근이 거부되었습니다[: {detail}].', NOTHING_DID_KO, '“nightshift serve --link”로 새 링크를 만들어 패널을 다시 열어 주세요.'],
  },
  UPLOAD_REFUSED: {
    en: [
      'The upload was not accepted[: {path}][ ({detail})].',
      'The upload was ended and nothing of it is used; your own files are untouched.',
      'Check the names, the size and the free disk space, or type the path of the folder instead.',
    ],
    ko: [
      '업로드가 거부되었습니다[: {path}][ ({detail})].',
      '업로드를 끝냈고, 이미 도착한 파일도 사용하지 않습니다. 원본 파일은 그대로입니다.',
      '파일 이름과 크기, 남은 디스크 공간을 확인하거나 폴더 경로를 직접 입력해 주세요.',
    ],
  },

  DATA_FOLDER_IN_USE: {
    en: [
      'Another Nightshift[ (process {pid})] is using the data folder[ {path}].',
      'Nightshift did not start a second one.',
      'Use the one that is running, end it, or give another folder with --data-dir.',
    ],
    ko: [
      '다른 Nightshift[(프로세스 {pid})]가 데이터 폴더를 사용하고 있습니다[: {path}].',
      '두 번째 Nightshift를 시작하지 않았습니다.',
      '실행 중인 것을 쓰거나 끝내고, 또는 --data-dir로 다른 폴더를 지정해 주세요.',
    ],
  },
  DATA_FOLDER_UNUSABLE: {
    en: [
      'The data folder cannot be used[: {path}][ ({detail})].',
      'Nightshift did not start.',
      'Check that the folder may be written, or give another one with --data-dir.',
    ],
    ko: [
      '데이터 폴더를 사용할 수 없습니다[: {path}][ ({detail})].',
      'Nightshift를 시작하지 않았습니다.',
      '폴더에 쓸 수 있는지 확인하거나 --data-dir로 다른 폴더를 지정해 주세요.',
    ],
  },
  DECODER_MISSING: {
    en: [
      'No audio decoder is available[: {detail}].',
      'No file was decoded.',
      'Install ffmpeg, or give its path in the settings; “nightshift doctor” shows what is in use.',
    ],
    ko: [
      '오디오 디코더가 없습니다[: {detail}].',
      '아무 파일도 디코딩하지 않았습니다.',
      'ffmpeg를 설치하거나 설정에 경로를 지정해 주세요. 사용 중인 디코더는 “nightshift doctor”로 볼 수 있습니다.',
    ],
  },
  MODEL_MISSING: {
    en: ['The speech model is not there[: {path}][ ({detail})].', MODE_DID_EN, 'Choose a model folder in the settings or with --model.'],
    ko: ['음성 모델이 없습니다[: {path}][ ({detail})].', MODE_DID_KO, '설정이나 --model로 모델 폴더를 골라 주세요.'],
  },
  MODEL_INVALID: {
    en: [
      'The folder is not a model that Nightshift can use[: {path}][ ({detail})].',
      MODE_DID_EN,
      'Choose another model folder; its files may be incomplete.',
    ],
    ko: [
      '사용할 수 있는 모델 폴더가 아닙니다[: {path}][ ({detail})].',
      MODE_DID_KO,
      '다른 모델 폴더를 골라 주세요. 파일이 빠져 있을 수 있습니다.',
    ],
  },
  PORT_IN_USE: {
    en: [
      'The port[ {port}] is held by another program[: {program}][ (process {pid})][ ({detail})].',
      'Nightshift left that program alone and did not start its own server there.',
      'Choose other ports (settings, --ports) or end that program. If it is a speech server, it can be used as it is (--use-running-servers).[ “nightshift servers port {profileId}” shows what can be done.]',
    ],
    ko: [
      '다른 프로그램이 이미 쓰고 있는 포트입니다[ (포트 {port})][: {program}][ (프로세스 {pid})][ ({detail})].',
      '그 프로그램은 건드리지 않았고, 해당 포트에 서버를 시작하지 않았습니다.',
      '다른 포트를 지정하거나(설정, --ports) 그 프로그램을 끝내 주세요. 이미 떠 있는 음성 서버라면 그대로(--use-running-servers) 사용할 수 있습니다.[ “nightshift servers port {profileId}” 명령이 방법을 보여 줍니다.]',
    ],
  },
  OUTPUT_EXISTS: {
    en: [
      'There is already a file[ at {path}][ ({count} in all)].',
      'Nothing was written: an export never writes over a file unasked.',
      'Choose another folder, or write over the files with --force.',
    ],
    ko: [
      '같은 이름의 파일이 이미 있습니다[: {path}][ (모두 {count}개)].',
      '묻지 않고 덮어쓰지 않으므로 아무것도 쓰지 않았습니다.',
      '다른 폴더를 고르거나 --force로 덮어써 주세요.',
    ],
  },
  NOTHING_TO_COMPARE: {
    en: [
      'There is nothing to compare[: {detail}].',
      NOTHING_DID_EN,
      'Choose two modes or runs over the same files, with references and finished results.',
    ],
    ko: [
      '비교할 것이 없습니다[: {detail}].',
      NOTHING_DID_KO,
      '같은 파일을 처리했고 정답 텍스트와 끝난 결과가 있는 모드나 실행을 두 개 골라 주세요.',
    ],
  },
  NOTHING_TO_SCORE: {
    en: [
      'The run[ {runId}] has no file that could be scored.',
      NOTHING_DID_EN,
      'Put a text beside each recording, or a list of texts into the folder, and run them again; what was recognised before is used again.',
    ],
    ko: [
      '실행[ {runId}]에 채점할 수 있는 파일이 없습니다.',
      NOTHING_DID_KO,
      '녹음마다 옆에 기준 텍스트를 두거나 폴더에 텍스트 목록을 넣고 다시 실행해 주세요. 이미 인식한 결과는 다시 사용합니다.',
    ],
  },
  PDF_UNAVAILABLE: {
    en: [
      'A PDF cannot be made here[: {detail}].',
      'The other formats are not affected.',
      'Install Chromium, Chrome or Edge, use the desktop app, or print the HTML report from a browser.',
    ],
    ko: [
      '여기에서는 PDF를 만들 수 없습니다[: {detail}].',
      '다른 형식은 그대로 내보낼 수 있습니다.',
      'Chromium, Chrome, Edge 중 하나를 설치하거나 데스크톱 앱을 쓰거나 HTML 보고서를 브라우저에서 인쇄해 주세요.',
    ],
  },
  OUTPUT_UNWRITABLE: {
    en: [
      'The results cannot be written[ to {path}][: {detail}].',
      'All results are kept in the data folder.',
      'Export the results to a place that can be written, or choose another file for the next run.',
    ],
    ko: [
      '결과 파일을 쓸 수 없습니다[: {path}][ ({detail})].',
      '모든 결과는 데이터 폴더에 보존됩니다.',
      '쓸 수 있는 위치로 결과를 내보내거나, 다음 실행에서는 다른 파일을 지정해 주세요.',
    ],
  },

  SERVER_COMMAND_MISSING: {
    en: [
      'The program of the speech server[ for {mode}][ on port {port}] cannot be started[: {detail}].',
      MODE_DID_EN,
      'Correct the command or the working folder of the server; an absolute path is the surest.',
    ],
    ko: [
      '음성 서버[({mode})] 프로그램을 시작할 수 없습니다[ (포트 {port})][: {detail}].',
      MODE_DID_KO,
      '서버 설정의 명령이나 작업 폴더를 고쳐 주세요. 절대 경로가 가장 확실합니다.',
    ],
  },
  SERVER_MODULE_MISSING: {
    en: [
      'The speech server[ for {mode}][ on port {port}] lacks a software module[: {module}].',
      MODE_DID_EN,
      'Install the module for the Python or Node that the server runs on, or name the right one in the command of the server.',
    ],
    ko: [
      '음성 서버[({mode})]에 필요한 소프트웨어 모듈이 없습니다[ (포트 {port})][: {module}].',
      MODE_DID_KO,
      '서버가 사용하는 Python이나 Node에 모듈을 설치하거나, 서버 명령에 올바른 프로그램을 적어 주세요.',
    ],
  },
  SERVER_OUT_OF_MEMORY: {
    en: [
      'The speech server[ for {mode}][ on port {port}] ran out of memory[: {detail}].',
      'The files it was working on went back into the queue. Nightshift restarts it, a limited number of times.',
      'Use a smaller model or fewer sessions, close other programs, or let the server be restarted above a memory limit.',
    ],
    ko: [
      '음성 서버[({mode})]의 메모리가 부족했습니다[ (포트 {port})][: {detail}].',
      '처리 중이던 파일은 대기열로 되돌렸습니다. 정해진 횟수 안에서 서버를 다시 시작합니다.',
      '더 작은 모델이나 더 적은 세션을 쓰거나, 다른 프로그램을 닫거나, 메모리 한도에서 서버를 다시 시작하도록 설정해 주세요.',
    ],
  },
  SERVER_UNRESPONSIVE: {
    en: [
      'The speech server[ for {mode}][ on port {port}] made no progress[ for {timeoutSec} s].',
      'Nightshift kept its last log lines, ended it if it was its own, and put the files back into the queue.',
      'If it happens again, look at the log of the server; it may be overloaded or hang.',
    ],
    ko: [
      '음성 서버[({mode})]가[ {timeoutSec}초 동안] 진행되지 않았습니다[ (포트 {port})].',
      '마지막 로그를 남기고, Nightshift가 시작한 서버면 종료한 뒤 파일을 대기열로 되돌렸습니다.',
      '다시 일어나면 서버 로그를 확인해 주세요. 서버가 과부하이거나 멈췄을 수 있습니다.',
    ],
  },
  SERVER_START_TIMEOUT: {
    en: [
      'The speech server[ for {mode}][ on port {port}] was not ready[ within {timeoutSec} s].',
      'Nightshift ended it and tries again, a limited number of times.',
      'Look at the log of the server; a large model may need more time or memory.',
    ],
    ko: [
      '음성 서버[({mode})]가[ {timeoutSec}초 안에] 준비되지 않았습니다[ (포트 {port})].',
      '서버를 끝내고 정해진 횟수 안에서 다시 시도합니다.',
      '서버 로그를 확인해 주세요. 큰 모델은 시간이나 메모리가 더 필요할 수 있습니다.',
    ],
  },
  SERVER_EXITED: {
    en: [
      'The speech server[ for {mode}][ on port {port}] ended unexpectedly[ (exit code {exitCode})][: {detail}].',
      'The files it was working on went back into the queue. Nightshift restarts it, unless it ended while it was starting.',
      'Look at the log of the server; a server that ends while it starts will end again until the cause is mended.',
    ],
    ko: [
      '음성 서버[({mode})]가 예기치 않게 종료되었습니다[ (포트 {port})][ (종료 코드 {exitCode})][: {detail}].',
      '처리 중이던 파일은 대기열로 되돌렸습니다. 시작하는 도중에 종료된 경우가 아니면 서버를 다시 시작합니다.',
      '서버 로그를 확인해 주세요. 시작 중에 종료되는 서버는 원인을 고칠 때까지 다시 종료됩니다.',
    ],
  },
  PROFILE_NOT_FOUND: {
    en: ['There is no server[ called {profileId}].', NOTHING_DID_EN, 'List the servers and choose one of them.'],
    ko: ['그런 서버가 없습니다[: {profileId}].', NOTHING_DID_KO, '서버 목록에서 골라 주세요.'],
  },
  PROFILE_EXISTS: {
    en: [
      'There is already a server[ called {profileId}].',
      'Nothing was saved: a server never takes the place of another unasked.',
      'Choose another id, or replace it on purpose (--replace).',
    ],
    ko: [
      '같은 이름의 서버가 이미 있습니다[: {profileId}].',
      '묻지 않고 바꾸지 않으므로 아무것도 저장하지 않았습니다.',
      '다른 id를 쓰거나 --replace로 바꿔 주세요.',
    ],
  },
  PROFILE_INVALID: {
    en: [
      'The description of the server is wrong[ at {field}][: {detail}].',
      NOTHING_DID_EN,
      'Correct it; every field is explained in docs/servers.md.',
    ],
    ko: [
      '서버 설명에 잘못된 곳이 있습니다[ ({field})][: {detail}].',
      NOTHING_DID_KO,
      '고친 뒤 다시 시도해 주세요. 모든 항목은 docs/servers.md에 있습니다.',
    ],
  },
  SERVER_BROKEN: {
    en: [
      'The speech server[ for {mode}][ on port {port}] failed too often and was given up[: {detail}].',
      MODE_DID_EN,
      'Look at the log of the server, repair the cause, and start the run again.',
    ],
    ko: [
      '음성 서버[({mode})]가 너무 자주 실패해 더 시도하지 않습니다[ (포트 {port})][: {detail}].',
      MODE_DID_KO,
      '서버 로그에서 원인을 고친 뒤 다시 실행해 주세요.',
    ],
  },
  SERVER_REFUSED: {
    en: [
      'No speech server answers[ on port {port}][ at {url}][: {detail}].',
      REQUEUE_DID_EN,
      'Check that the server is running and that the port number is right.',
    ],
    ko: [
      '응답하는 음성 서버가 없습니다[ (포트 {port})][ ({url})][: {detail}].',
      REQUEUE_DID_KO,
      '서버가 실행 중인지, 포트 번호가 맞는지 확인해 주세요.',
    ],
  },
  SERVER_BUSY: {
    en: [
      'The speech server[ on port {port}] has no free place now.',
      'Nightshift waits and tries again; this does not count as a failed attempt.',
      'Nothing has to be done.',
    ],
    ko: [
      '음성 서버에 지금 빈자리가 없습니다[ (포트 {port})].',
      '기다렸다가 다시 시도합니다. 실패한 시도로 세지 않습니다.',
      '따로 하실 일은 없습니다.',
    ],
  },
  SERVER_BAD_RESPONSE: {
    en: [
      'The speech server[ on port {port}] answered something that makes no sense[: {detail}].',
      RETRY_DID_EN,
      'Check that a speech server of the right kind runs on that port.',
    ],
    ko: [
      '음성 서버의 응답을 이해할 수 없습니다[ (포트 {port})][: {detail}].',
      RETRY_DID_KO,
      '그 포트에 알맞은 음성 서버가 실행 중인지 확인해 주세요.',
    ],
  },
  SERVER_CLOSED_EARLY: {
    en: [
      'The speech server[ on port {port}] closed the connection before the result was complete[: {detail}].',
      RETRY_DID_EN,
      'If it happens again, look at the log of the server.',
    ],
    ko: [
      '결과가 끝나기 전에 음성 서버가 연결을 닫았습니다[ (포트 {port})][: {detail}].',
      RETRY_DID_KO,
      '반복되면 서버 로그를 확인해 주세요.',
    ],
  },
  SERVER_SILENT: {
    en: [
      'The speech server[ on port {port}] said nothing[ for {timeoutSec} s].',
      RETRY_DID_EN,
      'If it happens again, look at the log of the server; it may be overloaded.',
    ],
    ko: [
      '음성 서버가[ {timeoutSec}초 동안] 아무 응답도 하지 않았습니다[ (포트 {port})].',
      RETRY_DID_KO,
      '반복되면 서버 로그를 확인해 주세요. 과부하일 수 있습니다.',
    ],
  },
  SERVER_REJECTED: {
    en: [
      'The speech server[ on port {port}] does not accept our requests[: {detail}].',
      MODE_DID_EN,
      'Check the key, the path and the name of the model in the profile of this server.',
    ],
    ko: [
      '음성 서버가 요청을 받아들이지 않습니다[ (포트 {port})][: {detail}].',
      MODE_DID_KO,
      '이 서버 프로필의 키, 경로, 모델 이름을 확인해 주세요.',
    ],
  },
  AUDIO_OVER_SERVER_LIMIT: {
    en: [
      'The audio is longer than the speech server[ on port {port}] takes at once[: {detail}].',
      FILE_DID_EN,
      'Set the longest audio of one request in the profile of this server, or raise the limit of the server.',
    ],
    ko: [
      '음성 서버가 한 번에 받을 수 있는 길이보다 오디오가 깁니다[ (포트 {port})][: {detail}].',
      FILE_DID_KO,
      '이 서버 프로필에서 요청 하나의 최대 길이를 정하거나 서버의 한도를 늘려 주세요.',
    ],
  },

  DB_FROM_FUTURE: {
    en: [
      'The database was written by a newer Nightshift[: {path}][ (version {version}, this one knows {supported})].',
      'It was not touched.',
      'Update Nightshift, or give another folder with --data-dir.',
    ],
    ko: [
      '더 새로운 Nightshift가 만든 데이터베이스입니다[: {path}][ (버전 {version}, 지원 버전 {supported})].',
      '데이터베이스를 건드리지 않았습니다.',
      'Nightshift를 업데이트하거나 --data-dir로 다른 폴더를 지정해 주세요.',
    ],
  },
  DB_CORRUPT: {
    en: [
      'The database is damaged[: {path}][ ({detail})].',
      'It was left as it is; nothing was deleted.',
      'Restore a backup with “nightshift restore --latest”[ (the newest is {backup})], or begin a new one with “nightshift restore --new”; both keep the damaged file beside it.',
    ],
    ko: [
      '데이터베이스가 손상되었습니다[: {path}][ ({detail})].',
      '그대로 두었고 아무것도 지우지 않았습니다.',
      '“nightshift restore --latest”로 백업을 복원하거나[ (가장 새 백업: {backup})] “nightshift restore --new”로 새로 시작해 주세요. 어느 쪽이든 손상된 파일은 옆에 보존됩니다.',
    ],
  },
  MIGRATION_NOT_STARTED: {
    en: [
      'This Nightshift stores its database in a newer form, and the backup before the change could not be made[ in {path}][ ({detail})].',
      'The database was not changed, and Nightshift did not start.',
      'Free some space or make the folder writable, then start again; an older Nightshift still opens the database.',
    ],
    ko: [
      '이 버전은 데이터베이스를 새 형식으로 바꿔야 하는데, 그 전에 백업을 만들지 못했습니다[: {path}][ ({detail})].',
      '데이터베이스를 바꾸지 않았고 Nightshift를 시작하지 않았습니다.',
      '공간을 확보하거나 폴더에 쓸 수 있게 한 뒤 다시 시작해 주세요. 이전 버전의 Nightshift로는 그대로 열 수 있습니다.',
    ],
  },
  BACKUP_FAILED: {
    en: [
      'The backup could not be made[: {path}][ ({detail})].',
      'No half backup was left, and nothing was changed.',
      'Choose another place with --to, and try again.',
    ],
    ko: [
      '백업을 만들지 못했습니다[: {path}][ ({detail})].',
      '만들다 만 백업을 남기지 않았고 아무것도 바꾸지 않았습니다.',
      '--to로 다른 위치를 지정해 다시 시도해 주세요.',
    ],
  },
  BACKUP_INVALID: {
    en: [
      'This cannot be restored[: {path}][ ({detail})].',
      NOTHING_DID_EN,
      'Choose another backup; “nightshift backup --list” shows them.',
    ],
    ko: [
      '복원할 수 없는 파일입니다[: {path}][ ({detail})].',
      NOTHING_DID_KO,
      '다른 백업을 골라 주세요. “nightshift backup --list”로 볼 수 있습니다.',
    ],
  },
  DB_FAILED: {
    en: [
      'The database did not do what was asked[: {detail}].',
      SAFE_DID_EN,
      'Check the disk and the permissions of the data folder, then start the run again.',
    ],
    ko: ['데이터베이스 작업이 실패했습니다[: {detail}].', SAFE_DID_KO, '디스크와 데이터 폴더의 권한을 확인한 뒤 다시 실행해 주세요.'],
  },
  DISK_FULL: {
    en: ['The disk is full[: {path}].', SAFE_DID_EN, 'Free some space and start the run again; it goes on where it was.'],
    ko: ['디스크가 가득 찼습니다[: {path}].', SAFE_DID_KO, '공간을 확보한 뒤 다시 실행하면 이어서 처리합니다.'],
  },

  FILE_NOT_FOUND: {
    en: ['The file is not there any more[: {path}].', FILE_DID_EN, 'Put the file back and run the batch again.'],
    ko: ['파일을 찾을 수 없습니다[: {path}].', FILE_DID_KO, '파일을 되돌려 놓고 다시 실행해 주세요.'],
  },
  FILE_UNREADABLE: {
    en: ['The file cannot be read[: {path}][ ({detail})].', FILE_DID_EN, 'Check its permissions and the disk, then run the batch again.'],
    ko: ['파일을 읽을 수 없습니다[: {path}][ ({detail})].', FILE_DID_KO, '권한과 디스크를 확인한 뒤 다시 실행해 주세요.'],
  },
  FILE_NOT_REGULAR: {
    en: [
      'This is not an ordinary file[: {path}].',
      FILE_DID_EN,
      'Replace the pipe, socket or device by a file, or remove it from the folder.',
    ],
    ko: ['일반 파일이 아닙니다[: {path}].', FILE_DID_KO, '파이프나 장치 대신 일반 파일을 두거나 폴더에서 빼 주세요.'],
  },
  FILE_EMPTY: {
    en: ['The file has no content[: {path}].', FILE_DID_EN, 'Copy the file again from where it came.'],
    ko: ['파일이 비어 있습니다[: {path}].', FILE_DID_KO, '원본에서 파일을 다시 복사해 주세요.'],
  },
  FILE_CHANGED: {
    en: ['The file changed while the batch was running[: {path}].', FILE_DID_EN, 'Run the batch again when the file is complete.'],
    ko: ['실행하는 동안 파일이 바뀌었습니다[: {path}].', FILE_DID_KO, '파일이 완성된 뒤 다시 실행해 주세요.'],
  },
  FOLDER_UNREADABLE: {
    en: [
      'A folder cannot be read[: {path}][ ({detail})].',
      'Nightshift left it out and went on with the others.',
      'Check its permissions, then run the batch again.',
    ],
    ko: [
      '폴더를 읽을 수 없습니다[: {path}][ ({detail})].',
      '이 폴더는 빼고 나머지를 계속 처리했습니다.',
      '권한을 확인한 뒤 다시 실행해 주세요.',
    ],
  },
  MEDIA_UNRECOGNISED: {
    en: [
      'This is no audio or video that can be read[: {path}][ ({detail})].',
      FILE_DID_EN,
      'Check that the file is what its name says, or convert it to wav or flac.',
    ],
    ko: [
      '읽을 수 있는 오디오나 비디오가 아닙니다[: {path}][ ({detail})].',
      FILE_DID_KO,
      '파일 내용이 확장자와 맞는지 확인하거나 wav 또는 flac로 변환해 주세요.',
    ],
  },
  MEDIA_NO_AUDIO: {
    en: ['The file has no sound track[: {path}].', FILE_DID_EN, 'Use a file with sound.'],
    ko: ['파일에 소리 트랙이 없습니다[: {path}].', FILE_DID_KO, '소리가 있는 파일을 사용해 주세요.'],
  },
  MEDIA_CORRUPT: {
    en: [
      'The file is damaged and no sound could be taken from it[: {path}][ ({detail})].',
      FILE_DID_EN,
      'Copy the file again from where it came.',
    ],
    ko: ['파일이 손상되어 소리를 읽지 못했습니다[: {path}][ ({detail})].', FILE_DID_KO, '원본에서 파일을 다시 복사해 주세요.'],
  },
  AUDIO_EMPTY: {
    en: ['The file has a sound track of no length[: {path}].', FILE_DID_EN, 'Check the recording.'],
    ko: ['소리 트랙의 길이가 0입니다[: {path}].', FILE_DID_KO, '녹음을 확인해 주세요.'],
  },
  AUDIO_NOT_FINITE: {
    en: ['The sound contains values that are no numbers[: {path}].', FILE_DID_EN, 'Export the recording again.'],
    ko: ['소리 데이터에 숫자가 아닌 값이 있습니다[: {path}].', FILE_DID_KO, '녹음을 다시 내보내 주세요.'],
  },
  AUDIO_PARTIAL: {
    en: [
      'Only a part of the announced sound could be decoded[: {path}][ ({decodedSec} s of {announcedSec} s)].',
      'Nightshift used that part and marked the result as doubtful.',
      'Copy the file again from where it came, then run the batch again.',
    ],
    ko: [
      '표시된 길이의 일부만 디코딩되었습니다[: {path}][ ({announcedSec}초 중 {decodedSec}초)].',
      '그 부분만 사용하고 결과에 주의 표시를 했습니다.',
      '원본에서 파일을 다시 복사한 뒤 다시 실행해 주세요.',
    ],
  },
  TEXT_SUSPICIOUS: {
    en: [
      'The speech server returned suspiciously little text for the sound[: {path}][ ({detail})].',
      'Nightshift tries such a file once more; when it stays so, the text is kept and marked as doubtful.',
      'Listen to the file. If there is speech in it, look at the log and the limits of the server.',
    ],
    ko: [
      '소리에 비해 음성 서버의 텍스트가 의심스러울 만큼 적습니다[: {path}][ ({detail})].',
      '이런 파일은 한 번 더 시도하고, 그래도 같으면 텍스트를 보존하고 주의 표시를 합니다.',
      '파일을 들어 보고 말소리가 있으면 서버의 로그와 한도를 확인해 주세요.',
    ],
  },
  REFERENCE_MISSING: {
    en: [
      'The file has no reference text[: {path}].',
      'It is transcribed, but it has no word error rate.',
      'Add a transcript beside it if you want an error rate.',
    ],
    ko: [
      '기준 텍스트가 없는 파일입니다[: {path}].',
      '전사는 하지만 단어 오류율은 계산하지 않습니다.',
      '오류율이 필요하면 파일 옆에 전사 텍스트를 두어 주세요.',
    ],
  },
  TRANSCRIPT_DUPLICATE_ID: {
    en: [
      'A transcript names a recording that has another text already[: {path}][ ({detail})].',
      'Nightshift used the first of the two texts.',
      'Remove one of them.',
    ],
    ko: [
      '이미 다른 텍스트가 있는 녹음이 전사 파일에 또 적혀 있습니다[: {path}][ ({detail})].',
      '두 텍스트 중 첫 번째를 사용했습니다.',
      '둘 중 하나를 지워 주세요.',
    ],
  },
  TRANSCRIPT_UNUSED_ID: {
    en: [
      'A transcript names a file that is not there[: {path}][ ({detail})].',
      'Nightshift ignored that line.',
      'Add the missing file or remove the line.',
    ],
    ko: [
      '전사 파일에 적힌 파일이 없습니다[: {path}][ ({detail})].',
      '그 줄을 무시했습니다.',
      '빠진 파일을 추가하거나 그 줄을 지워 주세요.',
    ],
  },
  TRANSCRIPT_LINE_INVALID: {
    en: [
      'A list of reference texts has a line that cannot be used[: {path}][ ({detail})].',
      'Nightshift ignored that line; a command in it is never run.',
      'Correct the line or remove it.',
    ],
    ko: [
      '기준 텍스트 목록에 사용할 수 없는 줄이 있습니다[: {path}][ ({detail})].',
      '그 줄을 무시했습니다. 줄에 적힌 명령은 절대로 실행하지 않습니다.',
      '줄을 고치거나 지워 주세요.',
    ],
  },
  TRANSCRIPT_NOT_UTF8: {
    en: [
      'A transcript is not UTF-8 text[: {path}][ ({detail})].',
      'Nightshift read it in the encoding that fits it best; letters with accents may be wrong.',
      'Look at the reference text of a file. If it is wrong, save the transcript as UTF-8 and run the batch again.',
    ],
    ko: [
      '전사 파일이 UTF-8 텍스트가 아닙니다[: {path}][ ({detail})].',
      '가장 알맞은 인코딩으로 읽었으며, 일부 글자가 틀릴 수 있습니다.',
      '파일의 기준 텍스트를 확인하고, 틀렸으면 UTF-8로 저장한 뒤 다시 실행해 주세요.',
    ],
  },
  TRANSCRIPT_UNREADABLE: {
    en: [
      'A transcript cannot be read[: {path}][ ({detail})].',
      'Nightshift did not use it.',
      'Check its permissions and run the batch again.',
    ],
    ko: ['전사 파일을 읽을 수 없습니다[: {path}][ ({detail})].', '이 파일을 사용하지 않았습니다.', '권한을 확인한 뒤 다시 실행해 주세요.'],
  },

  DECODER_CRASHED: {
    en: [
      'The audio decoder ended unexpectedly[ at {path}][: {detail}].',
      'Nightshift started a new decoder and tries the file again, a limited number of times.',
      'If it is always the same file, convert it to wav or flac.',
    ],
    ko: [
      '오디오 디코더가 예기치 않게 종료되었습니다[: {path}][ ({detail})].',
      '디코더를 새로 시작하고 정해진 횟수 안에서 파일을 다시 시도합니다.',
      '늘 같은 파일이라면 wav 또는 flac로 변환해 주세요.',
    ],
  },
  DECODER_HUNG: {
    en: [
      'The audio decoder made no progress[ for {timeoutSec} s][ at {path}].',
      'Nightshift started a new decoder and tries the file again, a limited number of times.',
      'If it is always the same file, convert it to wav or flac.',
    ],
    ko: [
      '오디오 디코더가[ {timeoutSec}초 동안] 진행되지 않았습니다[: {path}].',
      '디코더를 새로 시작하고 정해진 횟수 안에서 파일을 다시 시도합니다.',
      '늘 같은 파일이라면 wav 또는 flac로 변환해 주세요.',
    ],
  },
  TASK_LOST_TOO_OFTEN: {
    en: [
      'Work on this file was cut off too often[ ({count} times)][: {detail}].',
      FILE_DID_EN,
      'The file may be what ends the server: try it alone, and look at the log of the server.',
    ],
    ko: [
      '이 파일의 처리가 너무 자주 끊겼습니다[ ({count}회)][: {detail}].',
      FILE_DID_KO,
      '이 파일이 서버를 종료시키는 원인일 수 있습니다. 이 파일만 따로 실행하고 서버 로그를 확인해 주세요.',
    ],
  },
  CONNECTION_LOST: {
    en: [
      'The connection was lost[: {detail}].',
      'Nightshift connects again; this does not count as a failed attempt.',
      'If it does not come back, check that the program at the other end is still running.',
    ],
    ko: [
      '연결이 끊어졌습니다[: {detail}].',
      '다시 연결합니다. 실패한 시도로 세지 않습니다.',
      '연결이 돌아오지 않으면 상대 프로그램이 실행 중인지 확인해 주세요.',
    ],
  },

  CANCELLED: {
    en: ['It was cancelled.', 'Everything that was finished is kept.', 'Start it again to go on.'],
    ko: ['취소되었습니다.', '이미 끝난 결과는 모두 보존됩니다.', '다시 시작하면 이어서 처리합니다.'],
  },
  SHUTTING_DOWN: {
    en: ['Nightshift is shutting down.', 'Unfinished files stay in the queue.', 'Start Nightshift again to go on.'],
    ko: ['Nightshift를 종료하는 중입니다.', '끝나지 않은 파일은 대기열에 남아 있습니다.', 'Nightshift를 다시 시작하면 이어서 처리합니다.'],
  },

  INVARIANT_BROKEN: {
    en: ['Nightshift found a mistake in itself[: {detail}].', SAFE_DID_EN, REPORT_EN],
    ko: ['Nightshift 내부 오류를 발견했습니다[: {detail}].', SAFE_DID_KO, REPORT_KO],
  },
  INTERNAL: {
    en: ['Something unexpected went wrong inside Nightshift[: {detail}].', SAFE_DID_EN, REPORT_EN],
    ko: ['Nightshift 내부에서 예상하지 못한 문제가 생겼습니다[: {detail}].', SAFE_DID_KO, REPORT_KO],
  },
};

/** @returns e.g. `3.2 GB`, in powers of ten as disks are sold */
function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Math.round((bytes / 1_000 ** step) * 10) / 10} ${units[step] ?? ''}`;
}

/** Facts for a template: milliseconds are also there in seconds (`…Sec`) and bytes in a readable unit (`…Size`), because people read those. */
function factsFor(data: ErrorData, locale: MessageLocale): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  for (const [name, value] of Object.entries(data)) {
    if (value === null || value === '') continue;
    if (typeof value === 'number' && name.endsWith('Ms')) facts.set(`${name.slice(0, -2)}Sec`, String(Math.round(value / 100) / 10));
    if (typeof value === 'number' && name.endsWith('Bytes')) facts.set(`${name.slice(0, -5)}Size`, sizeText(value));
    facts.set(name, typeof value === 'number' && !Number.isInteger(value) ? String(Math.round(value * 100) / 100) : String(value));
  }
  const detail = facts.get('detail');
  if (detail !== undefined) facts.set('detail', plainDetail(detail, locale, namedIn(facts)));
  return facts;
}

/** Facts that a sentence can name beside the detail: a path is said once. */
function namedIn(facts: ReadonlyMap<string, string>): string[] {
  return ['path', 'field', 'program'].flatMap((name) => facts.get(name) ?? []);
}

/** The text with its facts; null when one of them is not known. Facts are never read as templates, whatever they contain. */
function fillIn(text: string, facts: ReadonlyMap<string, string>): string | null {
  let isComplete = true;
  const filled = text.replaceAll(/\{(\w+)(?:\|([^}]*))?\}/g, (_match, name: string, fallback: string | undefined) => {
    const value = facts.get(name) ?? fallback;
    if (value === undefined) isComplete = false;
    return value ?? '';
  });
  return isComplete ? filled : null;
}

function sentence(template: string, facts: ReadonlyMap<string, string>): string {
  const parts = template.split(/(\[[^\]]*\])/);
  const filled = parts.map((part) => fillIn(part.startsWith('[') ? part.slice(1, -1) : part, facts) ?? '');
  // A detail often ends with its own full stop.
  return filled.join('').replace(/([.!?。])\.$/, '$1');
}

/**
 * The three sentences of an error in the given language, for its `reason` where there are such (see reasonMessages.ts). Facts that are not in
 * `data` are left out of the sentence. The texts can contain line breaks that came with a fact; `errorLine` has none.
 */
export function errorText(error: DescribedError, locale: MessageLocale): ErrorText {
  const facts = factsFor(error.data, locale);
  const { reason } = error.data;
  const byReason = templatesByReason(error.code);
  const own = typeof reason === 'string' && Object.hasOwn(byReason, reason) ? byReason[reason] : undefined;
  const [what, did, advice] = (own ?? TEMPLATES[error.code])[locale];
  return { what: sentence(what, facts), did: sentence(did, facts), advice: sentence(advice, facts) };
}

/**
 * One line for logs, tables and the terminal: the code, what happened and what can be done. Control characters (a file
 * name may contain them, and a terminal obeys them) become spaces.
 */
export function errorLine(error: DescribedError, locale: MessageLocale): string {
  const { what, advice } = errorText(error, locale);
  return oneLine(`${error.code}: ${what} ${advice}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
