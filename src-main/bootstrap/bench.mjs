import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runForeground } from './child.mjs';
import { ensureReady, packageEnv } from './ensure.mjs';
import { ROOT } from './paths.mjs';
import { BootstrapError, runMain } from './say.mjs';

await runMain(async () => {
  const [name = '', ...args] = process.argv.slice(2);
  const file = join(ROOT, 'bench', `${name}.ts`);
  if (!/^[\w-]+$/.test(name) || !existsSync(file)) {
    const names = readdirSync(join(ROOT, 'bench')).flatMap((entry) => /^([\w-]+)\.ts$/.exec(entry)?.[1] ?? []);
    throw new BootstrapError(`There is no benchmark "${name}". Known: ${names.join(', ') || 'none'}.`, 2);
  }
  const { node } = await ensureReady();
  return (await runForeground(node, [file, ...args], { cwd: ROOT, env: packageEnv() })).exitCode;
});
