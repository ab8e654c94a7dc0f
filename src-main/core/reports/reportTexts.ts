import type { QualityKind } from '#shared/contract/reports.ts';
import type { RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { RunStatus } from '#shared/domain/run.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';

/** Every word of the HTML and Markdown reports. Codes, abbreviations of metrics and names of files are the same in every language. */
export interface ReportTexts {
  readonly htmlLang: string;
  readonly report: string;
  readonly run: string;
  readonly generated: string;
  readonly fileCount: (number: string) => string;
  readonly audioLength: (length: string) => string;
  readonly results: string;
  readonly notMeasured: string;
  readonly none: string;
  readonly status: Readonly<Record<RunStatus, string>>;
  readonly pacing: Readonly<Record<'asFast' | 'realTime', string>>;
  readonly modes: Readonly<Record<Mode, string>>;
  readonly sections: {
    readonly outcome: string;
    readonly modes: string;
    /** In place of `modes` where there is one. */
    readonly rates: string;
    readonly comparisons: string;
    readonly stages: string;
    readonly latency: string;
    readonly folders: string;
    readonly speakers: string;
    readonly worst: string;
    readonly errors: string;
    readonly failures: string;
    readonly warnings: string;
    readonly resources: string;
    readonly notes: string;
    readonly gate: string;
    readonly details: string;
    readonly reading: string;
  };
  readonly outcome: {
    readonly successRate: string;
    readonly done: string;
    readonly failed: string;
    readonly cancelled: string;
    readonly notReached: string;
    readonly total: string;
    readonly doneEarlier: string;
    readonly recovered: string;
    readonly meanEndToEnd: string;
    readonly elapsed: string;
    readonly throughput: string;
    readonly perHour: (results: string) => string;
    readonly memoryPeak: string;
    readonly ownMemory: string;
    readonly cpuPeak: string;
    readonly gpuMean: string;
    readonly warnings: string;
    readonly failureRate: string;
  };
  readonly columns: {
    readonly mode: string;
    readonly interval: string;
    readonly accuracy: string;
    readonly quality: string;
    readonly sentenceErrors: string;
    readonly edits: string;
    readonly words: string;
    readonly meanOfFiles: string;
    readonly scored: string;
    readonly comparison: string;
    readonly difference: string;
    readonly verdict: string;
    readonly firstToken: string;
    readonly finalLatency: string;
    readonly processing: string;
    readonly serverDecoding: string;
    readonly endToEnd: string;
    readonly speed: string;
    readonly folder: string;
    readonly speaker: string;
    /** In all modes together, beside a number of files. */
    readonly failedResults: string;
    readonly file: string;
    readonly code: string;
    readonly cause: string;
    readonly count: string;
    readonly examples: string;
    readonly check: string;
    readonly result: string;
    readonly reference: string;
    readonly recognised: string;
    readonly mean: string;
    readonly peak: string;
    readonly resource: string;
    readonly substitutions: string;
    readonly deletions: string;
    readonly insertions: string;
  };
  readonly charts: {
    readonly werByMode: string;
    readonly werByModeNote: (hasSpeakers: boolean) => string;
    readonly rtfHistogram: string;
    readonly failuresByCause: string;
    readonly cpu: string;
    readonly memory: string;
    readonly gpu: string;
    readonly time: string;
    /** @param count the highest bar */
    readonly most: (count: string) => string;
    readonly hours: string;
  };
  readonly stages: {
    readonly stage: string;
    readonly inspect: string;
    readonly transcribe: (mode: string) => string;
    readonly overall: string;
    readonly serverDecoding: string;
    readonly sendingAndWaiting: string;
    readonly fileAndStorage: string;
    readonly bottleneck: (mode: string, part: string, share: string) => string;
  };
  /** Of the quality score, with and without references. */
  readonly formula: Readonly<Record<'withAccuracy' | 'withoutAccuracy', string>>;
  readonly options: Readonly<Partial<Record<keyof RunOptions, string>>>;
  readonly optionValues: Readonly<Record<string, string>>;
  readonly verdicts: {
    readonly better: (better: string, worse: string, points: string, low: string, high: string) => string;
    readonly notDistinguishable: (a: string, b: string) => string;
    readonly notEnoughData: (a: string, b: string) => string;
    /** @param p with its sign: `= 0.0312`, `< 0.0001` */
    readonly p: (z: string | null, p: string, comparisons: number) => string;
    readonly failedCount: (count: number) => string;
    readonly short: Readonly<Record<'aBetter' | 'bBetter' | 'notDistinguishable' | 'notEnoughData', string>>;
  };
  readonly gate: {
    readonly passed: string;
    readonly failed: string;
    readonly notJudged: string;
    readonly ok: string;
    readonly broken: string;
  };
  readonly kinds: Readonly<Record<QualityKind, string>>;
  readonly notes: Readonly<
    Record<
      | 'date'
      | 'author'
      | 'role'
      | 'phase'
      | 'agenda'
      | 'background'
      | 'decisions'
      | 'risks'
      | 'mitigation'
      | 'deliverables'
      | 'nextActions'
      | 'links',
      string
    >
  >;
  readonly details: {
    readonly sources: string;
    readonly model: string;
    readonly normalizer: string;
    /** In place of the name alone, where the report is under another normaliser than the run. */
    readonly rescored: (normalizer: string, own: string) => string;
    readonly olderRule: (normalizer: string, now: string) => string;
    readonly language: string;
    readonly detected: string;
    readonly started: string;
    readonly ended: string;
    readonly options: string;
    readonly environment: string;
    readonly problems: string;
  };
  readonly more: (count: number) => string;
  /** @param errors inserted words */
  readonly noReferenceWords: (errors: number) => string;
  readonly noReferences: string;
  readonly emptyRun: string;
  readonly noFailures: string;
  readonly noWarnings: string;
  readonly noSamples: string;
  readonly latencyPaced: string;
  readonly latencyUnpaced: string;
  readonly earlierIncluded: (count: number) => string;
  readonly reading: (facts: {
    normalizer: string;
    replicates: number;
    seed: number;
    clustered: boolean;
    /** null: there is no score. */
    formula: 'withAccuracy' | 'withoutAccuracy' | null;
  }) => string[];
}

const EN: ReportTexts = {
  htmlLang: 'en',
  report: 'Report',
  run: 'Run',
  generated: 'generated',
  fileCount: (number) => `${number} ${number === '1' ? 'file' : 'files'}`,
  audioLength: (length) => `${length} audio`,
  results: 'results',
  notMeasured: 'not measured',
  none: 'none',
  status: {
    preparing: 'preparing',
    ready: 'ready',
    queued: 'queued',
    running: 'running',
    pausing: 'pausing',
    paused: 'paused',
    stopping: 'stopping',
    finished: 'finished',
    stopped: 'stopped',
    interrupted: 'interrupted',
    failed: 'failed',
  },
  pacing: { asFast: 'as fast as possible', realTime: 'paced as real time' },
  modes: { streaming: 'streaming', chunked: 'chunked', original: 'original' },
  sections: {
    outcome: 'Outcome',
    modes: 'Modes side by side',
    rates: 'Error rates',
    comparisons: 'Are the differences real?',
    stages: 'Stages and bottlenecks',
    latency: 'Latency and speed',
    folders: 'By folder',
    speakers: 'By speaker',
    worst: 'Worst files',
    errors: 'Most frequent errors',
    failures: 'Failures by cause',
    warnings: 'Quality warnings',
    resources: 'Resources over time',
    notes: 'Notes',
    gate: 'Gate',
    details: 'Options and environment',
    reading: 'How to read the figures',
  },
  outcome: {
    successRate: 'Success rate',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
    notReached: 'Not reached',
    total: 'Total',
    doneEarlier: 'Done in an earlier run',
    recovered: 'Recovered by retry',
    meanEndToEnd: 'Mean time per file, input to result',
    elapsed: 'Elapsed',
    throughput: 'Throughput',
    perHour: (results) => `${results} results/h`,
    memoryPeak: 'Peak memory of Nightshift',
    ownMemory: 'Memory of Nightshift',
    cpuPeak: 'Peak CPU',
    gpuMean: 'Mean GPU use',
    warnings: 'Results with a warning',
    failureRate: 'Failure rate',
  },
  columns: {
    mode: 'Mode',
    interval: '95 % interval',
    accuracy: 'Accuracy (1 − WER)',
    quality: 'Quality score',
    sentenceErrors: 'Files with errors',
    edits: 'S / D / I',
    words: 'Words',
    meanOfFiles: 'Mean of file WERs',
    scored: 'Scored',
    comparison: 'Comparison',
    difference: 'Difference',
    verdict: 'Verdict',
    firstToken: 'First words',
    finalLatency: 'Final after end of audio',
    processing: 'Processing',
    serverDecoding: 'Server decoding',
    endToEnd: 'Input to result',
    speed: 'RTF',
    folder: 'Folder',
    speaker: 'Speaker',
    failedResults: 'Failed results',
    file: 'File',
    code: 'Code',
    cause: 'What happened',
    count: 'Count',
    examples: 'Files',
    check: 'Check',
    result: 'Result',
    reference: 'Reference',
    recognised: 'Recognised',
    mean: 'Mean',
    peak: 'Peak',
    resource: 'Resource',
    substitutions: 'Substitutions',
    deletions: 'Deletions',
    insertions: 'Insertions',
  },
  charts: {
    werByMode: 'Word error rate by mode',
    werByModeNote: (hasSpeakers) =>
      hasSpeakers
        ? 'line: 95 % interval of the corpus rate; mark: the rate; dots: speakers'
        : 'line: 95 % interval of the corpus rate; mark: the rate',
    rtfHistogram: 'Real-time factor, number of files',
    failuresByCause: 'Failed results by cause',
    cpu: 'CPU, %',
    memory: 'Memory of Nightshift, MB',
    gpu: 'GPU, %',
    time: 'time since the start',
    most: (count) => `max ${count}`,
    hours: ' h',
  },
  stages: {
    stage: 'Stage',
    inspect: 'Looking at the files',
    transcribe: (mode) => `Transcribing, ${mode}`,
    overall: 'All together, input to result',
    serverDecoding: 'Server decoding',
    sendingAndWaiting: 'Sending and waiting',
    fileAndStorage: 'Reading and storing',
    bottleneck: (mode, part, share) => `${mode}: most of the time of a result goes into ${part.toLowerCase()} (${share}).`,
  },
  formula: {
    withAccuracy: '100 × success rate × accuracy of answered files × (1 − flagged share / 2)',
    withoutAccuracy: '100 × success rate × (1 − flagged share / 2); no accuracy without references',
  },
  options: {},
  optionValues: {},
  verdicts: {
    better: (better, worse, points, low, high) =>
      `${better} is better than ${worse} by ${points} points of WER (95 % sure: ${low} to ${high}).`,
    notDistinguishable: (a, b) => `${a} and ${b} cannot be told apart on this set.`,
    notEnoughData: (a, b) => `Not enough data to compare ${a} and ${b}.`,
    p: (z, p, comparisons) =>
      `${z === null ? 'bootstrap' : `matched-pairs test z = ${z},`} p ${p}${comparisons > 1 ? ` after correction for ${comparisons} comparisons` : ''}`,
    failedCount: (count) =>
      count === 1 ? 'One failed result counts as deleted words.' : `${count} failed results count as deleted words.`,
    short: {
      aBetter: 'first is better',
      bBetter: 'second is better',
      notDistinguishable: 'cannot be told apart',
      notEnoughData: 'not enough data',
    },
  },
  gate: { passed: 'Gate passed', failed: 'Gate not passed', notJudged: 'no gate was applied', ok: 'holds', broken: 'broken' },
  kinds: {
    emptyText: 'No text for long audio',
    tooFast: 'More text than speech allows',
    repetition: 'Repeated phrase',
    scriptMismatch: 'Wrong script',
    languageMismatch: 'Other language than expected',
    lowConfidence: 'Low confidence',
    endsEarly: 'Ends before the audio',
    partialAudio: 'Audio only partly readable',
    duplicateText: 'Same text for different recordings',
    duplicateAudio: 'Same recording twice',
  },
  notes: {
    date: 'Date',
    author: 'Author',
    role: 'Role',
    phase: 'Phase',
    agenda: 'Agenda',
    background: 'Background',
    decisions: 'Decisions',
    risks: 'Risks and mitigations',
    mitigation: 'mitigation',
    deliverables: 'Deliverables',
    nextActions: 'Next actions',
    links: 'Links',
  },
  details: {
    sources: 'Sources',
    model: 'Model',
    normalizer: 'Normaliser',
    rescored: (normalizer, own) =>
      `${normalizer}: all error rates of this report were counted anew under it. The run itself was scored with ${own}, and its own figures are kept.`,
    olderRule: (normalizer, now) =>
      `Scored with ${normalizer}, an older version than ${now} of today. Compare these word error rates with no run that is scored now: make the report under ${now} first. Alignments, the worst files, character rates and tests of difference are of ${now}.`,
    language: 'Language',
    detected: 'detected',
    started: 'Started',
    ended: 'Ended',
    options: 'Options',
    environment: 'Environment (when this report was made)',
    problems: 'Found while preparing',
  },
  more: (count) => `and ${count} more`,
  noReferenceWords: (errors) => `no reference words, ${errors} inserted`,
  noReferences: 'There are no references, so there is no error rate.',
  emptyRun: 'This run has no results yet.',
  noFailures: 'No result failed.',
  noWarnings: 'No result looked doubtful.',
  noSamples: 'The machine was not measured during this run.',
  latencyPaced:
    'Audio was sent at the pace of speech: these are latencies. Real-time factors of a paced run cannot be below 1 and say nothing about throughput.',
  latencyUnpaced:
    'Audio was sent as fast as it was taken: these are throughput figures. What a listener would wait is measured in a run paced as real time.',
  earlierIncluded: (count) => `${count} results of an earlier run with the same settings are included.`,
  reading: ({ normalizer, replicates, seed, clustered, formula }) => [
    `WER: substituted, deleted and inserted words over all reference words, summed over the files (never the mean of file rates), after the normaliser ${normalizer}. It can exceed 100 %. A failed file with a reference counts as deleted.`,
    `Intervals: bootstrap over ${clustered ? 'speakers' : 'files'}, ${replicates} draws, seed ${seed} (Bisani and Ney 2004). Differences: matched pairs on sentence segments (MAPSSWE, Gillick and Cox 1989), McNemar on files without errors, p values after Holm's correction. “Better” needs p < 0.05 and an interval without 0.`,
    'Success rate: done / (done + failed). Percentiles: linear interpolation over results. RTF: processing time / audio time, below 1 is faster than real time.',
    ...(formula === null
      ? []
      : [
          `Quality score, ours: ${EN.formula[formula]}. “Flagged” are answered files with at least one warning; warnings are suspicions, not errors.`,
        ]),
  ],
};

const KO: ReportTexts = {
  htmlLang: 'ko',
  report: '보고서',
  run: '실행',
  generated: '작성',
  fileCount: (number) => `파일 ${number}개`,
  audioLength: (length) => `오디오 ${length}`,
  results: '결과',
  notMeasured: '측정 안 됨',
  none: '없음',
  status: {
    preparing: '준비 중',
    ready: '준비됨',
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
  pacing: { asFast: '최대 속도', realTime: '실시간 속도' },
  modes: { streaming: '스트리밍', chunked: '청크', original: '원본' },
  sections: {
    outcome: '결과 요약',
    modes: '모드 비교',
    rates: '오류율',
    comparisons: '차이가 유의한가',
    stages: '단계별 처리와 병목',
    latency: '지연 시간과 속도',
    folders: '폴더별',
    speakers: '화자별',
    worst: '오류율이 가장 높은 파일',
    errors: '가장 잦은 오류',
    failures: '원인별 실패',
    warnings: '품질 경고',
    resources: '시간에 따른 자원 사용',
    notes: '메모',
    gate: '통과 기준',
    details: '설정과 환경',
    reading: '수치를 읽는 법',
  },
  outcome: {
    successRate: '성공률',
    done: '완료',
    failed: '실패',
    cancelled: '취소',
    notReached: '처리 전',
    total: '전체',
    doneEarlier: '이전 실행에서 완료',
    recovered: '재시도로 복구',
    meanEndToEnd: '파일당 평균 시간(입력→결과)',
    elapsed: '경과 시간',
    throughput: '처리량',
    perHour: (results) => `시간당 결과 ${results}개`,
    memoryPeak: 'Nightshift 최대 메모리',
    ownMemory: 'Nightshift 메모리',
    cpuPeak: '최대 CPU',
    gpuMean: '평균 GPU 사용률',
    warnings: '경고가 있는 결과',
    failureRate: '실패율',
  },
  columns: {
    mode: '모드',
    interval: '95% 구간',
    accuracy: '정확도(1 − WER)',
    quality: '품질 점수',
    sentenceErrors: '오류가 있는 파일',
    edits: 'S / D / I',
    words: '단어 수',
    meanOfFiles: '파일 WER의 평균',
    scored: '채점한 결과',
    comparison: '비교',
    difference: '차이',
    verdict: '판정',
    firstToken: '첫 단어까지',
    finalLatency: '오디오 끝에서 최종 결과까지',
    processing: '처리 시간',
    serverDecoding: '서버 디코딩',
    endToEnd: '입력→결과',
    speed: 'RTF',
    folder: '폴더',
    speaker: '화자',
    failedResults: '실패한 결과',
    file: '파일',
    code: '코드',
    cause: '무슨 일이 있었나',
    count: '개수',
    examples: '파일',
    check: '항목',
    result: '결과',
    reference: '정답',
    recognised: '인식 결과',
    mean: '평균',
    peak: '최대',
    resource: '자원',
    substitutions: '대체',
    deletions: '삭제',
    insertions: '삽입',
  },
  charts: {
    werByMode: '모드별 단어 오류율(WER)',
    werByModeNote: (hasSpeakers) =>
      hasSpeakers ? '선: 전체 오류율의 95% 구간, 표시: 오류율, 점: 화자' : '선: 전체 오류율의 95% 구간, 표시: 오류율',
    rtfHistogram: '실시간 계수(RTF)별 파일 수',
    failuresByCause: '원인별 실패 결과 수',
    cpu: 'CPU, %',
    memory: 'Nightshift 메모리, MB',
    gpu: 'GPU, %',
    time: '시작 후 시간',
    most: (count) => `최대 ${count}`,
    hours: '시간',
  },
  stages: {
    stage: '단계',
    inspect: '파일 확인',
    transcribe: (mode) => `받아쓰기, ${mode}`,
    overall: '전체(입력→결과)',
    serverDecoding: '서버 디코딩',
    sendingAndWaiting: '전송과 대기',
    fileAndStorage: '읽기와 저장',
    bottleneck: (mode, part, share) => `${mode} 모드: 결과 하나에 걸리는 시간 중 ‘${part}’의 비중이 가장 큽니다(${share}).`,
  },
  formula: {
    withAccuracy: '100 × 성공률 × 답이 있는 파일의 정확도 × (1 − 경고 비율 / 2)',
    withoutAccuracy: '100 × 성공률 × (1 − 경고 비율 / 2); 정답이 없어 정확도는 빠짐',
  },
  options: {
    modes: '모드',
    limit: '파일 수 제한',
    calculateWer: '오류율 계산',
    normalizer: '정규화',
    language: '언어',
    model: '모델',
    chunkSec: '조각 길이(초)',
    windowSec: '창 길이(초)',
    workers: '동시 작업 수',
    priority: '우선순위',
    maxRetries: '최대 재시도',
    pacing: '전송 속도',
    ports: '포트',
    servers: '서버',
    memoryLimitMb: '메모리 한도(MB)',
    cpuLimitPercent: 'CPU 한도(%)',
    outputPath: '결과 파일',
    gate: '통과 기준',
    serverIds: '서버 식별자',
    profiles: '서버 프로필',
  },
  optionValues: {
    streaming: '스트리밍',
    chunked: '청크',
    original: '원본',
    true: '예',
    false: '아니요',
    asFast: '최대 속도',
    realTime: '실시간 속도',
    own: 'Nightshift 서버',
    running: '이미 실행 중인 서버',
  },
  verdicts: {
    better: (better, worse, points, low, high) =>
      `${better} 모드의 WER이 ${worse} 모드보다 ${points}%p 낮습니다(95% 신뢰 구간 ${low}~${high}).`,
    notDistinguishable: (a, b) => `이 자료에서는 ${a} 모드와 ${b} 모드의 차이를 확인할 수 없습니다.`,
    notEnoughData: (a, b) => `${a} 모드와 ${b} 모드를 비교하기에는 자료가 부족합니다.`,
    p: (z, p, comparisons) =>
      `${z === null ? '부트스트랩' : `대응 표본 검정 z = ${z},`} p ${p}${comparisons > 1 ? `(비교 ${comparisons}건 보정 후)` : ''}`,
    failedCount: (count) => `실패한 결과 ${count}개는 모든 단어가 삭제된 것으로 셉니다.`,
    short: {
      aBetter: '앞쪽이 우수',
      bBetter: '뒤쪽이 우수',
      notDistinguishable: '차이를 확인할 수 없음',
      notEnoughData: '자료 부족',
    },
  },
  gate: {
    passed: '기준 통과',
    failed: '기준 미달',
    notJudged: '적용한 기준이 없습니다',
    ok: '충족',
    broken: '미충족',
  },
  kinds: {
    emptyText: '긴 오디오인데 텍스트가 없음',
    tooFast: '말할 수 있는 양보다 많은 텍스트',
    repetition: '같은 구절의 반복',
    scriptMismatch: '다른 문자',
    languageMismatch: '예상과 다른 언어',
    lowConfidence: '낮은 신뢰도',
    endsEarly: '오디오보다 일찍 끝남',
    partialAudio: '일부만 읽힌 오디오',
    duplicateText: '다른 녹음인데 같은 텍스트',
    duplicateAudio: '같은 녹음이 두 번',
  },
  notes: {
    date: '날짜',
    author: '작성자',
    role: '역할',
    phase: '단계',
    agenda: '안건',
    background: '배경',
    decisions: '결정 사항',
    risks: '위험과 대응',
    mitigation: '대응',
    deliverables: '산출물',
    nextActions: '다음 할 일',
    links: '링크',
  },
  details: {
    sources: '입력',
    model: '모델',
    normalizer: '정규화',
    rescored: (normalizer, own) =>
      `${normalizer}: 이 보고서의 모든 오류율은 이 규칙으로 다시 계산했습니다. 실행 자체는 ${own} 규칙으로 채점했으며 그 값은 그대로 보관되어 있습니다.`,
    olderRule: (normalizer, now) =>
      `${normalizer} 규칙으로 채점했으며, 지금의 ${now}보다 이전 버전입니다. 이 단어 오류율은 지금 채점하는 실행과 비교하지 말고, 먼저 ${now} 규칙으로 보고서를 다시 만드세요. 정렬, 오류가 가장 많은 파일, 글자 오류율, 차이 검정은 ${now} 규칙의 값입니다.`,
    language: '언어',
    detected: '자동 감지',
    started: '시작',
    ended: '끝',
    options: '설정',
    environment: '환경(이 보고서를 만든 시점)',
    problems: '준비 중에 발견한 문제',
  },
  more: (count) => `외 ${count}개`,
  noReferenceWords: (errors) => `기준 단어 없음, 삽입 ${errors}개`,
  noReferences: '정답 텍스트가 없어 오류율을 계산하지 않았습니다.',
  emptyRun: '이 실행에는 아직 결과가 없습니다.',
  noFailures: '실패한 결과가 없습니다.',
  noWarnings: '의심스러운 결과가 없습니다.',
  noSamples: '이 실행 중에는 자원을 측정하지 않았습니다.',
  latencyPaced: '오디오를 말하는 속도로 보냈으므로 지연 시간입니다. 이때의 RTF는 1보다 작을 수 없으며 처리량을 뜻하지 않습니다.',
  latencyUnpaced:
    '오디오를 받는 대로 최대한 빨리 보냈으므로 처리량 수치입니다. 듣는 사람이 기다리는 시간은 실시간 속도로 실행해야 측정됩니다.',
  earlierIncluded: (count) => `같은 설정으로 이전 실행에서 나온 결과 ${count}개가 포함되어 있습니다.`,
  reading: ({ normalizer, replicates, seed, clustered, formula }) => [
    `WER: 대체·삭제·삽입된 단어 수를 정답의 전체 단어 수로 나눈 값으로, 모든 파일의 수를 더해 계산합니다(파일별 비율의 평균이 아님). 정규화 규칙은 ${normalizer}입니다. 100%를 넘을 수 있으며, 정답이 있는데 실패한 파일은 모두 삭제로 셉니다.`,
    `구간: ${clustered ? '화자' : '파일'} 단위 부트스트랩, ${replicates}회 추출, 시드 ${seed}(Bisani·Ney 2004). 차이: 문장 구간 대응 표본 검정(MAPSSWE, Gillick·Cox 1989)과 오류 없는 파일에 대한 McNemar 검정, p 값은 Holm 보정 후 값입니다. p < 0.05이고 구간에 0이 없을 때만 우열을 말합니다.`,
    '성공률: 완료 / (완료 + 실패). 백분위수: 결과 값의 선형 보간. RTF: 처리 시간 / 오디오 시간으로, 1보다 작으면 실시간보다 빠릅니다.',
    ...(formula === null
      ? []
      : [
          `품질 점수(자체 기준): ${KO.formula[formula]}. 경고 비율은 답이 있는 파일 중 경고가 하나 이상 있는 파일의 비율이며, 경고는 오류가 아니라 의심입니다.`,
        ]),
  ],
};

const TEXTS: Readonly<Record<MessageLocale, ReportTexts>> = { en: EN, ko: KO };

export function reportTexts(language: MessageLocale): ReportTexts {
  return TEXTS[language];
}
