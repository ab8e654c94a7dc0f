import type { enSearch } from './enSearch.ts';

/** Korean texts of the search in transcripts. */
export const koSearch: typeof enSearch = {
  title: '단어 찾기',
  sub: '지금까지 받아쓴 모든 글에서, 최신순으로 찾습니다.',
  label: '찾을 단어',
  hint: '모든 단어가 들어 있어야 하며 단어의 일부도 찾습니다. "따옴표 안의 구절"은 그대로 찾습니다.',
  mode: '모드',
  allModes: '모든 모드',
  results: '찾은 글',
  found_one: '글 {{number}}개',
  found_other: '글 {{number}}개',
  foundMore: '최근 글 {{number}}개',
  none: '이 단어가 있는 글이 없습니다. 단어를 줄이거나 일부만 입력해 보세요.',
  start: '누군가 말한 내용을 입력하세요. 모든 실행의 글에서 찾습니다.',
  more: '더 보기',
  ofRun: '실행 {{run}}: {{name}}',
  runGone: '삭제된 실행의 글',
};
