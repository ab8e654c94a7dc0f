import type { QualityKind } from '../contract/reports.ts';
import type { MessageLocale } from '../errors/messages.ts';

/** Figures and names behind a doubt about one answer; which ones there are follows from its kind. */
export type FindingFacts = Readonly<Record<string, string | number>>;

type Sentence = (facts: FindingFacts) => string;

const SENTENCES: Readonly<Record<MessageLocale, Readonly<Record<QualityKind, Sentence>>>> = {
  en: {
    emptyText: ({ audioSec }) => `no text for ${sec(audioSec)} s of audio`,
    tooFast: ({ perSec, unit }) => `${sec(perSec)} ${unit} a second`,
    repetition: ({ phrase, repeats }) => `“${phrase}” ${repeats} times in a row`,
    scriptMismatch: ({ sharePercent, script }) => `${sharePercent} % of the letters are ${script}`,
    languageMismatch: ({ heard, wanted }) => `heard ${heard}, expected ${wanted}`,
    lowConfidence: ({ doubtful, segments, lowest }) => `${doubtful} of ${segments} segments, lowest ${Number(lowest).toFixed(2)}`,
    endsEarly: ({ gapSec, audioSec }) => `last word ${sec(gapSec)} s before the end of ${sec(audioSec)} s`,
    partialAudio: () => 'less audio than the file announces',
    duplicateText: ({ fileId }) => `same text as ${fileId}`,
    duplicateAudio: ({ fileId }) => `same content as ${fileId}`,
  },
  ko: {
    emptyText: ({ audioSec }) => `오디오 ${sec(audioSec)}초에 텍스트가 없음`,
    tooFast: ({ perSec, unit }) => `초당 ${unit === 'syllables' ? '음절' : '단어'} ${sec(perSec)}개`,
    repetition: ({ phrase, repeats }) => `“${phrase}” ${repeats}번 연속 반복`,
    scriptMismatch: ({ sharePercent, script }) => `글자 중 ${scriptsKo(String(script))} 비율 ${sharePercent}%`,
    languageMismatch: ({ heard, wanted }) => `인식된 언어 ${heard}, 예상한 언어 ${wanted}`,
    lowConfidence: ({ doubtful, segments, lowest }) => `구간 ${segments}개 중 ${doubtful}개, 최저 ${Number(lowest).toFixed(2)}`,
    endsEarly: ({ gapSec, audioSec }) => `${sec(audioSec)}초 길이인데 끝나기 ${sec(gapSec)}초 전에 마지막 단어`,
    partialAudio: () => '파일에 표시된 길이보다 짧은 오디오',
    duplicateText: ({ fileId }) => `${fileId}와(과) 같은 텍스트`,
    duplicateAudio: ({ fileId }) => `${fileId}와(과) 같은 내용`,
  },
};

const SCRIPTS_KO: Readonly<Record<string, string>> = {
  Latin: '라틴 문자',
  Hangul: '한글',
  Han: '한자',
  Cyrillic: '키릴 문자',
  Arabic: '아랍 문자',
  Greek: '그리스 문자',
  Hebrew: '히브리 문자',
  Thai: '태국 문자',
  Devanagari: '데바나가리 문자',
};

/** `Latin or Han`: a language may be written in several. */
function scriptsKo(names: string): string {
  return names
    .split(' or ')
    .map((name) => SCRIPTS_KO[name] ?? name)
    .join(' 또는 ');
}

function sec(value: string | number | undefined): string {
  return Number(value).toFixed(1);
}

/** One short fact about one answer, for lists of examples. */
export function findingText(kind: QualityKind, facts: FindingFacts, language: MessageLocale): string {
  return SENTENCES[language][kind](facts);
}
