import type { GateRule, GateVerdict } from '../contract/gate.ts';
import type { MessageLocale } from '../errors/messages.ts';

type GateCheck = GateVerdict['checks'][number];

/** Korean names of what rules can name. In English the metric itself is the name: it is what stands in the file of rules. */
const METRICS_KO: Readonly<Record<GateRule['metric'], string>> = {
  successRatio: '성공률',
  total: '전체 결과 수',
  done: '완료 수',
  failed: '실패 수',
  cancelled: '취소 수',
  notReached: '처리 전 수',
  recovered: '재시도로 복구한 수',
  warnings: '경고 수',
  elapsedSec: '경과 시간(초)',
  filesPerHour: '시간당 결과 수',
  meanEndToEndSec: '파일당 평균 시간(초)',
  memoryPeakMb: '최대 메모리(MB)',
  cpuPeakPercent: '최대 CPU(%)',
  werRatio: '단어 오류율(WER)',
  cerRatio: '문자 오류율(CER)',
  merRatio: 'MER',
  wilRatio: 'WIL',
  sentenceErrorRatio: '오류가 있는 파일 비율',
  averageAccuracy: '정확도(1 − WER)',
  qualityScore: '품질 점수',
  scored: '채점한 결과 수',
  rtf: '실시간 계수(RTF)',
  rtfP50: 'RTF 중앙값',
  rtfP95: 'RTF p95',
  firstTokenP50Ms: '첫 단어까지 중앙값(ms)',
  firstTokenP95Ms: '첫 단어까지 p95(ms)',
  finalLatencyP50Ms: '최종 결과 지연 중앙값(ms)',
  finalLatencyP95Ms: '최종 결과 지연 p95(ms)',
  processingMeanSec: '평균 처리 시간(초)',
  audioSec: '오디오 길이(초)',
  processingSec: '처리 시간(초)',
  firstTokenMs: '첫 단어까지(ms)',
  hypothesisWords: '인식한 단어 수',
  attempts: '시도 횟수',
};

/** What a rule asks for and what was found, in words. A verdict that was kept without its rules has only its English sentence. */
export function gateCheckText(check: GateCheck, language: MessageLocale): { readonly name: string; readonly detail: string } {
  const { rule } = check;
  if (rule === undefined) return { name: check.name, detail: check.detail };
  const metric = language === 'ko' ? METRICS_KO[rule.metric] : rule.metric;
  const bounds = language === 'ko' ? boundsKo(rule) : boundsEn(rule);
  const name = rule.name ?? `${metric} ${bounds}`;
  return { name, detail: language === 'ko' ? detailKo(check, rule, metric, bounds) : detailEn(check, rule, bounds) };
}

function boundsEn({ min, max, expected, tolerance }: GateRule): string {
  return [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(expected === undefined ? [] : [tolerance === 0 ? `exactly ${expected}` : `${expected} ± ${tolerance}`]),
  ].join(' and ');
}

function boundsKo({ min, max, expected, tolerance }: GateRule): string {
  return [
    ...(min === undefined ? [] : [`${min} 이상`]),
    ...(max === undefined ? [] : [`${max} 이하`]),
    ...(expected === undefined ? [] : [tolerance === 0 ? `정확히 ${expected}` : `${expected} ± ${tolerance}`]),
  ].join(', ');
}

function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function detailEn({ value, files }: GateCheck, rule: GateRule, bounds: string): string {
  if (rule.scope !== 'item') {
    return value === null ? `${rule.metric} was not measured` : `${rule.metric} is ${shown(value)}, wanted ${bounds}`;
  }
  if (value === null || files === undefined) return `${rule.metric} was measured for no file`;
  const example = files.first === null ? '' : `, first ${files.first}`;
  const missing = files.unmeasured > 0 && !rule.optional ? `, ${files.unmeasured} not measured` : '';
  return `${value} of ${files.measured} files break it, ${rule.allowed} allowed${example}${missing}`;
}

function detailKo({ value, files }: GateCheck, rule: GateRule, metric: string, bounds: string): string {
  if (rule.scope !== 'item') return value === null ? `${metric}: 측정하지 않음` : `${metric}: ${shown(value)}, 기준 ${bounds}`;
  if (value === null || files === undefined) return `${metric}: 측정한 파일 없음`;
  const example = files.first === null ? '' : `, 첫 파일 ${files.first}`;
  const missing = files.unmeasured > 0 && !rule.optional ? `, ${files.unmeasured}개는 측정하지 않음` : '';
  return `파일 ${files.measured}개 중 ${value}개가 기준 미달, 허용 ${rule.allowed}개${example}${missing}`;
}
