import { useMemo } from 'react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import type { Format } from '../../format/format.ts';
import { namedSystems, type ShownSystem } from './systemNames.ts';

/** The systems of a comparison with the names they have on the screen. */
export function useShownSystems(comparison: Pick<Comparison, 'systems'>): ShownSystem[] {
  const { t } = useTranslation();
  return useMemo(() => namedSystems(comparison.systems, (mode) => t(`mode.${mode}`)), [comparison.systems, t]);
}

/** `0.41 s / 0.62 s`, from milliseconds; null where nothing was measured. */
export function msPair(format: Format, value: { readonly p50: number; readonly p95: number } | null): string | null {
  return value === null ? null : `${format.duration(value.p50 / 1000)} / ${format.duration(value.p95 / 1000)}`;
}

/** `0.14 / 0.22`; null where nothing was measured. */
export function ratioPair(format: Format, value: { readonly p50: number; readonly p95: number } | null): string | null {
  if (value === null) return null;
  const digits = value.p95 < 0.1 ? 3 : 2;
  return `${format.number(value.p50, digits)} / ${format.number(value.p95, digits)}`;
}

export interface HeadlineText {
  /** What matters most; bold. */
  readonly effect: string;
  /** How sure that is, beside it; empty where nothing was found. */
  readonly sure: string;
  readonly rest: readonly string[];
  /** Size of the evidence and the test, below. */
  readonly evidence: readonly string[];
}

/** The comparison in sentences: the effect first, then how sure it is, then the test. */
export function headlineText(comparison: Comparison, systems: readonly ShownSystem[], t: TFunction, format: Format): HeadlineText {
  const nameOf = (place: number): string => systems[place]?.name ?? '';
  const pairText = ([a, b]: readonly [number, number]): string => t('comparison.alikePair', { a: nameOf(a), b: nameOf(b) });
  const { findings, notDistinguishable, notEnoughData } = comparison.headline;
  const [largest, ...others] = findings;
  const evidence = [
    t('comparison.evidence', {
      files: t('comparison.fileCount', { count: comparison.files, number: format.number(comparison.files) }),
      words: t('comparison.wordCount', { count: comparison.referenceWords, number: format.number(comparison.referenceWords) }),
    }),
  ];
  const tested = comparison.pairs
    .filter(({ pHolm }) => pHolm !== null)
    .toSorted((left, right) => (left.pHolm ?? 1) - (right.pHolm ?? 1))[0];
  if (largest === undefined && tested?.difference != null && tested.interval !== null) {
    const isAWorse = tested.difference > 0;
    const [low, high] = tested.interval;
    evidence.push(
      t('comparison.observed', {
        worse: nameOf(isAWorse ? tested.a : tested.b),
        better: nameOf(isAWorse ? tested.b : tested.a),
        points: format.points(Math.abs(tested.difference)),
        low: format.points(isAWorse ? low : -high),
        high: format.points(isAWorse ? high : -low),
      }),
    );
  }
  const test = largest ?? tested;
  if (test !== undefined && test.pHolm !== null) {
    const p = format.pValue(test.pHolm);
    const count = comparison.pairs.filter((pair) => pair.pHolm !== null).length;
    evidence.push(
      (test.z === null ? t('comparison.testWithoutZ', { p }) : t('comparison.test', { z: format.number(Math.abs(test.z), 1), p })) +
        (count > 1 ? t('comparison.corrected', { count, number: format.number(count) }) : '.'),
    );
  }
  comparison.systems.forEach(({ failedFiles, failedWords }, place) => {
    if (failedFiles === 0) return;
    const number = format.number(failedFiles);
    evidence.push(t('comparison.failedIn', { count: failedFiles, number, name: nameOf(place), words: format.number(failedWords) }));
  });

  const rest = others.map((finding) =>
    t('comparison.betterToo', {
      better: nameOf(finding.better),
      worse: nameOf(finding.worse),
      points: format.points(finding.difference),
      low: format.points(finding.interval[0]),
      high: format.points(finding.interval[1]),
    }),
  );
  const join = (pairs: readonly (readonly [number, number])[]): string => pairs.map(pairText).join(t('comparison.andList'));
  if (largest !== undefined) {
    if (notDistinguishable.length > 0) rest.push(t('comparison.alike', { names: join(notDistinguishable) }));
    if (notEnoughData.length > 0) rest.push(t('comparison.tooFewPair', { names: join(notEnoughData) }));
    return {
      effect: t('comparison.better', {
        better: nameOf(largest.better),
        worse: nameOf(largest.worse),
        points: format.points(largest.difference),
      }),
      sure: t('comparison.sure', { low: format.points(largest.interval[0]), high: format.points(largest.interval[1]) }),
      rest,
      evidence,
    };
  }
  const fewest = fewestErrors(comparison);
  if (fewest !== null) {
    rest.push(t('comparison.fewest', { name: fewest.places.map(nameOf).join(', '), wer: format.percent(fewest.werRatio) }));
  }
  if (notDistinguishable.length === 0) return { effect: t('comparison.tooFew'), sure: '', rest, evidence };
  if (notEnoughData.length > 0) rest.push(t('comparison.tooFewPair', { names: join(notEnoughData) }));
  const isAll = notEnoughData.length === 0 && notDistinguishable.length > 1;
  return {
    effect: isAll ? t('comparison.noneApart') : t('comparison.alike', { names: join(notDistinguishable) }),
    sure: '',
    rest,
    evidence,
  };
}

function fewestErrors({ systems }: Comparison): { readonly places: number[]; readonly werRatio: number } | null {
  const rates = systems.flatMap(({ werRatio }) => (werRatio === null ? [] : [werRatio]));
  if (rates.length === 0) return null;
  const werRatio = Math.min(...rates);
  return { places: systems.flatMap((system, place) => (system.werRatio === werRatio ? [place] : [])), werRatio };
}
