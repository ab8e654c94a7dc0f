/** One line for people. Always on stderr: stdout belongs to the program that is started. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Ends the program with a sentence. 3: something is wrong with the machine or its set-up. */
export class BootstrapError extends Error {
  constructor(sentence, exitCode = 3) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

/** Runs a bootstrap program and turns what it throws into one sentence and an exit code. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    say(error instanceof BootstrapError ? `nightshift: ${error.message}` : (error?.stack ?? String(error)));
    process.exitCode = error instanceof BootstrapError ? error.exitCode : 70;
  }
}
