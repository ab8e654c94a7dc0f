import { join } from 'node:path';
import { runForeground } from './child.mjs';
import { ensureReady } from './ensure.mjs';
import { ROOT, userFolder } from './paths.mjs';
import { runMain } from './say.mjs';

await runMain(async () => {
  const { node } = await ensureReady();
  const { exitCode } = await runForeground(node, [join(ROOT, 'out', 'main', 'cli.js'), ...process.argv.slice(2)], { cwd: userFolder() });
  return exitCode;
});
