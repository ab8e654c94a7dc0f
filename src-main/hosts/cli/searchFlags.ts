import { type Command, Option } from 'commander';
import { SEARCH_TEXT_MAX_CHARS } from '#shared/contract/search.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { fail, oneOf, wholeNumber } from './flagValues.ts';

export interface SearchCommand {
  readonly command: 'search';
  readonly text: string;
  readonly runId: number | null;
  readonly mode: Mode | null;
  readonly count: number;
}

interface SearchValues {
  readonly run?: number;
  readonly mode?: Mode;
  readonly count: number;
}

/** Adds `search`. @param add makes a subcommand with the flags that all have */
export function addSearchCommand<Common>(
  add: (name: string, description: string) => Command,
  done: (command: SearchCommand, values: Common) => void,
): void {
  add('search', 'find words in everything that was transcribed, newest first')
    .argument('<words...>', 'all of them must occur; a phrase in quotation marks of its own: \'"good night"\'')
    .addOption(new Option('--run <number>', 'in this run only').argParser(wholeNumber('--run', 1, Number.MAX_SAFE_INTEGER)))
    .addOption(new Option('--mode <mode>', 'streaming, chunked or original').argParser(oneOf('--mode', MODES)))
    .addOption(new Option('--count <texts>', 'how many').argParser(wholeNumber('--count', 1, 10_000)).default(50))
    .action((words: string[], { run, mode, count, ...common }: SearchValues & Common) => {
      const text = words.join(' ').trim();
      if (text === '' || text.length > SEARCH_TEXT_MAX_CHARS) fail('words', `1 to ${SEARCH_TEXT_MAX_CHARS} characters`, text);
      done({ command: 'search', text, runId: run ?? null, mode: mode ?? null, count }, common as unknown as Common);
    });
}
