import type { runCli } from './cli.ts';

/** The first Node with everything Nightshift uses; older ones crash in native packages before they can say anything. */
const OLDEST_NODE_MAJOR = 22;

// Nothing is imported before this: a static import would load native packages first.
const major = Number(process.versions.node.split('.')[0]);
if (major < OLDEST_NODE_MAJOR) {
  process.stderr.write(
    `NODE_TOO_OLD: Nightshift needs Node.js ${OLDEST_NODE_MAJOR} or newer and was started with ${process.versions.node}. ` +
      'Install a newer Node.js, or use "npm run nightshift", which brings its own.\n',
  );
  process.exit(3);
}

const cli: { readonly runCli: typeof runCli } = await import('./cli.ts');
process.exit(await cli.runCli(process.argv.slice(2)));
