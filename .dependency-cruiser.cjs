// The directions of imports. Each layer has a rule that names what it MAY import, so that a new folder is closed until somebody opens
// it here. `src-main/bootstrap/layers.process.test.ts` plants wrong imports and expects every rule to report them.

const TESTS = '\\.(test|suite)\\.tsx?$';
const testing = `${TESTS}|^src-(main|shared)/testing/`;

/** Matches the folder of a package, and `node_modules/x/…` nested in another one. */
const pkg = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

const NODE_ONLY_PACKAGES = ['electron', 'better-sqlite3', 'sherpa-onnx-node', 'node-av', 'ws', 'pino', 'execa', 'commander'];

/** Builtins with the node: prefix and without, and the names below them (fs/promises). */
const builtin = (...names) => `^(node:)?(${names.join('|')})(/|$)`;

const rule = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

module.exports = {
  forbidden: [
    // Layers
    rule(
      'shared-imports-only-zod',
      'src-shared is read by the page, the runtime and every host: it imports only zod and itself.',
      { path: '^src-shared/', pathNot: testing },
      { pathNot: ['^src-shared/', pkg('zod')] },
    ),
    rule(
      'renderer-imports-only-shared',
      'The panel knows src-shared and its own libraries; whatever else it needs is a route of the contract.',
      { path: '^src-renderer/', pathNot: testing },
      { path: ['^src-main/', '^e2e/', '^bench/', pkg(...NODE_ONLY_PACKAGES)] },
    ),
    rule(
      'renderer-has-no-node',
      'There is no Node in the page.',
      { path: '^src-renderer/', pathNot: testing },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'core-imports-only-core',
      'The core knows its ports, src-shared and a few libraries; what implements a port is handed in by a host.',
      { path: '^src-main/core/', pathNot: testing },
      {
        dependencyTypesNot: ['core'],
        pathNot: [
          '^src-main/core/',
          '^src-main/programs/programPath\\.ts$',
          '^src-shared/',
          pkg('zod', 'better-sqlite3', '@types/better-sqlite3', 'ws', '@types/ws'),
        ],
      },
    ),
    rule(
      'core-opens-no-doors',
      'Processes come from the Spawner port; serving HTTP and reading terminals is the work of a host.',
      { path: '^src-main/core/', pathNot: testing },
      { path: builtin('child_process', 'cluster', 'http', 'https', 'http2', 'readline', 'repl', 'inspector') },
    ),
    rule(
      'core-lower-knows-no-upper',
      'Leaves of the core do not know who schedules, handles or wires them.',
      {
        path: '^src-main/core/(persistence|resources|scoring|statistics|results|reports|compare|quality|media|servers)/',
        pathNot: testing,
      },
      { path: '^src-main/core/(scheduler|handlers)/|^src-main/core/(router|runtime|inProcessClient)\\.ts$' },
    ),
    rule(
      'platform-implements-ports',
      'Platform code knows core/ports.ts, what is said on the wire (core/servers/adapters/nightshift/protocol.ts), src-shared and Node; never the rest of the core, and never a host.',
      { path: '^src-main/platform/', pathNot: testing },
      {
        path: '^(src-|e2e/|bench/)',
        pathNot: [
          '^src-main/platform/',
          '^src-main/core/ports\\.ts$',
          '^src-main/core/servers/adapters/nightshift/protocol\\.ts$',
          '^src-main/programs/programPath\\.ts$',
          '^src-shared/',
        ],
      },
    ),
    rule(
      'programs-stand-alone',
      'A program is a process of its own: it shares with the owner what is said between them, not the runtime, its store or a host.',
      { path: '^src-main/programs/', pathNot: testing },
      {
        path: '^src-main/(hosts|bootstrap)/|^src-main/core/(persistence|scheduler|handlers|results)/|^src-main/core/(router|runtime|inProcessClient)\\.ts$|^src-renderer/|^e2e/|^bench/',
      },
    ),
    rule(
      'hosts-do-not-import-each-other',
      'What two hosts need lies in src-main/hosts/*.ts.',
      { path: '^src-main/hosts/(electron|serve|cli)/', pathNot: testing },
      { path: '^src-main/hosts/(electron|serve|cli)/', pathNot: '^src-main/hosts/$1/' },
    ),
    rule(
      'hosts-see-no-panel-code',
      'A host delivers the built panel; it never imports its source.',
      { path: '^src-main/', pathNot: testing },
      { path: '^(src-renderer|e2e|bench)/' },
    ),
    rule(
      'preload-imports-only-types',
      'A sandboxed preload can load nothing but electron; beyond types it may share the names of the channels.',
      { path: '^src-main/hosts/electron/preload\\.ts$' },
      { pathNot: [pkg('electron'), '^electron$', '^src-main/hosts/electron/channels\\.ts$'], dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'bootstrap-needs-nothing',
      'The bootstrap runs before anything is installed, on Node 20.',
      { path: '^src-main/bootstrap/.*\\.mjs$' },
      { pathNot: '^src-main/bootstrap/', dependencyTypesNot: ['core'] },
    ),
    rule(
      'no-test-code-in-products',
      'Doubles and tests stay out of what is shipped.',
      { path: '^src-', pathNot: testing },
      { path: testing },
    ),

    // Doors: one place per dangerous or heavy package
    rule(
      'door-electron',
      'electron only in hosts/electron.',
      { pathNot: '^src-main/hosts/electron/|^src-main/testing/electronDouble\\.ts$|^e2e/electron/' },
      { path: [pkg('electron'), '^electron$'] },
    ),
    rule(
      'door-sqlite',
      'better-sqlite3 only in core/persistence.',
      { pathNot: `${testing}|^src-main/core/persistence/` },
      { path: [pkg('better-sqlite3', '@types/better-sqlite3')] },
    ),
    rule(
      'door-sherpa',
      'sherpa-onnx-node only in programs/asrServer.',
      { pathNot: '^src-main/programs/asrServer/' },
      { path: [pkg('sherpa-onnx-node'), '^sherpa-onnx-node$'] },
    ),
    rule(
      'door-node-av',
      'node-av only in programs/decoder: its binary is GPL and may crash.',
      { pathNot: '^src-main/programs/decoder/' },
      { path: [pkg('node-av'), '^node-av($|/)'] },
    ),
    rule(
      'door-child-process',
      'Processes are started in platform/ (the decoder program may start ffmpeg).',
      { path: '^src-', pathNot: `${testing}|^src-main/(platform|bootstrap|programs/decoder)/` },
      { path: [builtin('child_process', 'cluster'), pkg('execa')] },
    ),

    // Hygiene
    rule(
      'no-circular',
      'Two modules that import each other cannot be understood or tested alone.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule('no-unresolvable', 'The import does not exist.', {}, { couldNotResolve: true, pathNot: ['^electron$'] }),
    rule(
      'no-dev-dependencies-in-products',
      'What runs in an installed app must be in dependencies. electron is the runtime itself; node-av is optional by licence.',
      { path: '^src-(main|shared)/', pathNot: `${testing}|^src-main/bootstrap/` },
      {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
        pathNot: [pkg('electron', 'node-av', '@types'), '^electron$'],
      },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist|coverage)/' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.main.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
