/** English texts of the search in transcripts. */
export const enSearch = {
  title: 'Find words',
  sub: 'In everything that was transcribed, newest first.',
  label: 'Words to find',
  hint: 'All words must occur, as parts of words too; "a phrase" in quotation marks stays together.',
  mode: 'Mode',
  allModes: 'All modes',
  results: 'Texts found',
  found_one: '{{number}} text',
  found_other: '{{number}} texts',
  foundMore: 'The newest {{number}} texts',
  none: 'No text has these words. Look for fewer words, or for a part of one.',
  start: 'Type what somebody said: texts of all runs are looked through.',
  more: 'Show more',
  ofRun: 'Run {{run}}: {{name}}',
  runGone: 'Its run was removed',
};
