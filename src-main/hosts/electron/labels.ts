/** The few words outside the page: menu, tray and the question at quit. */
const LABELS = {
  en: {
    file: 'File',
    edit: 'Edit',
    view: 'View',
    window: 'Window',
    show: 'Show Nightshift',
    hide: 'Hide Nightshift',
    quit: 'Quit Nightshift',
    undo: 'Undo',
    redo: 'Redo',
    cut: 'Cut',
    copy: 'Copy',
    paste: 'Paste',
    selectAll: 'Select All',
    reload: 'Reload',
    devTools: 'Developer Tools',
    actualSize: 'Actual Size',
    zoomIn: 'Zoom In',
    zoomOut: 'Zoom Out',
    fullScreen: 'Full Screen',
    minimize: 'Minimize',
    close: 'Close',
    cannotStart: 'Nightshift cannot start',
    quitQuestion: 'A batch is running. Quit anyway?',
    quitDetail: 'Finished files are kept, and the rest stays queued: the batch goes on where it was when you resume it.',
    quitAfterFiles: 'Finish current files, then quit',
    quitNow: 'Quit now',
    stay: 'Keep running',
  },
  ko: {
    file: '파일',
    edit: '편집',
    view: '보기',
    window: '창',
    show: 'Nightshift 보기',
    hide: 'Nightshift 가리기',
    quit: 'Nightshift 종료',
    undo: '실행 취소',
    redo: '다시 실행',
    cut: '잘라내기',
    copy: '복사',
    paste: '붙여넣기',
    selectAll: '모두 선택',
    reload: '새로 고침',
    devTools: '개발자 도구',
    actualSize: '원래 크기',
    zoomIn: '확대',
    zoomOut: '축소',
    fullScreen: '전체 화면',
    minimize: '최소화',
    close: '닫기',
    cannotStart: 'Nightshift를 시작할 수 없습니다',
    quitQuestion: '배치가 실행 중입니다. 그래도 종료할까요?',
    quitDetail: '끝난 파일은 보존되고 나머지는 대기열에 남습니다. 다시 시작하면 멈춘 곳에서 이어집니다.',
    quitAfterFiles: '처리 중인 파일을 마치고 종료',
    quitNow: '지금 종료',
    stay: '계속 실행',
  },
} as const;

export type Locale = keyof typeof LABELS;
export type Labels = Readonly<Record<keyof (typeof LABELS)['en'], string>>;

/** @param language setting of the user; `auto` follows the system's locale (BCP-47) */
export function localeFor(language: 'auto' | Locale, systemLocale: string): Locale {
  if (language !== 'auto') return language;
  return /^ko\b/i.test(systemLocale) ? 'ko' : 'en';
}

export function labelsFor(locale: Locale): Labels {
  return LABELS[locale];
}
