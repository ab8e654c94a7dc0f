import type { MessageLocale } from './messages.ts';

/** What the operating system answered, in the words of a person. A code that is not here keeps its own text. */
const MEANINGS: Readonly<Record<string, Readonly<Record<MessageLocale, string>>>> = {
  ENOENT: { en: 'it is not there', ko: '찾을 수 없음' },
  ENOTDIR: { en: 'a part of the path is no folder', ko: '경로의 일부가 폴더가 아님' },
  EISDIR: { en: 'it is a folder', ko: '파일이 아니라 폴더임' },
  EEXIST: { en: 'there is already something of this name', ko: '같은 이름이 이미 있음' },
  ENOTEMPTY: { en: 'the folder is not empty', ko: '폴더가 비어 있지 않음' },
  EACCES: { en: 'permission denied', ko: '권한이 없음' },
  EPERM: { en: 'permission denied', ko: '권한이 없음' },
  EROFS: { en: 'the disk is read-only', ko: '읽기 전용 디스크임' },
  ENOSPC: { en: 'the disk is full', ko: '디스크가 가득 참' },
  EDQUOT: { en: 'the disk quota is used up', ko: '디스크 할당량을 다 씀' },
  EFBIG: { en: 'the file is too large for the disk', ko: '디스크가 받을 수 있는 크기를 넘음' },
  ENAMETOOLONG: { en: 'the name is too long', ko: '이름이 너무 긺' },
  ELOOP: { en: 'the links lead in a circle', ko: '링크가 서로를 가리킴' },
  EBUSY: { en: 'another program is using it', ko: '다른 프로그램이 사용 중임' },
  EIO: { en: 'the disk reported an error', ko: '디스크 오류' },
  EMFILE: { en: 'too many files are open', ko: '열린 파일이 너무 많음' },
  ENFILE: { en: 'too many files are open', ko: '열린 파일이 너무 많음' },
  ENOMEM: { en: 'there is not enough memory', ko: '메모리가 부족함' },
  ENOEXEC: { en: 'it is no program of this machine', ko: '이 컴퓨터에서 실행할 수 없는 프로그램임' },
  EADDRINUSE: { en: 'the port is in use', ko: '이미 사용 중인 포트임' },
  EADDRNOTAVAIL: { en: 'this machine has no such address', ko: '이 컴퓨터에 없는 주소임' },
  ECONNREFUSED: { en: 'nothing listens there', ko: '응답하는 프로그램이 없음' },
  ECONNRESET: { en: 'the other side closed the connection', ko: '상대가 연결을 끊음' },
  EPIPE: { en: 'the other side closed the connection', ko: '상대가 연결을 끊음' },
  ETIMEDOUT: { en: 'no answer in time', ko: '제때 응답이 없음' },
  EHOSTUNREACH: { en: 'the machine cannot be reached', ko: '닿을 수 없는 컴퓨터임' },
  ENETUNREACH: { en: 'the network cannot be reached', ko: '닿을 수 없는 네트워크임' },
  ENOTFOUND: { en: 'there is no machine of this name', ko: '그런 이름의 컴퓨터가 없음' },
};

/** `ENOENT: no such file or directory, open '/a/b'`, as Node words an answer of the operating system; the call and its paths can be missing. */
const FILE_ERROR = /\b(?<code>E[A-Z0-9]{2,}): [^,'"\n]*(?:, [a-z_]+(?: '(?<path>.*?)'(?: -> '(?<to>.*?)')?(?=$|[\s).,;]))?)?/gu;
/** `spawn python3 ENOENT`, `connect ECONNREFUSED 127.0.0.1:8001`, `getaddrinfo ENOTFOUND host`. */
const CALL_ERROR = /\b(?:spawn|connect|listen|bind|getaddrinfo|read|write)(?: (?<before>\S+))? (?<code>E[A-Z0-9]{2,})(?: (?<after>\S+))?/gu;

/**
 * A detail of an error in plain words of the language: what Node says for the operating system ("ENOENT: no such file or directory, open '/a'") becomes
 * "it is not there (/a)". Everything else, and codes without a meaning here, stays as it is.
 * @param known what the sentence names already
 */
export function plainDetail(detail: string, locale: MessageLocale, known: readonly string[] = []): string {
  const say = (whole: string, code: string | undefined, about: readonly (string | undefined)[]): string => {
    const meaning = code !== undefined && Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined;
    if (meaning === undefined) return whole;
    const named = about.filter((name) => name !== undefined && !known.includes(name));
    return named.length === 0 ? meaning[locale] : `${meaning[locale]} (${named.join(' → ')})`;
  };
  return detail
    .replaceAll(FILE_ERROR, (whole: string, ...found: unknown[]) => {
      const { code, path, to } = found.at(-1) as Partial<Record<string, string>>;
      return say(whole, code, [path, to]);
    })
    .replaceAll(CALL_ERROR, (whole: string, ...found: unknown[]) => {
      const { code, before, after } = found.at(-1) as Partial<Record<string, string>>;
      return say(whole, code, [before, after]);
    });
}
