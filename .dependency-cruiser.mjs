/** Who may import whom. docs/architecture.md says why; `npm test` runs it. */

/** Everything of src that `from` may not reach, but for what is listed. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
})

export default {
  forbidden: [
    only(
      'domain-is-pure',
      '^src/core/domain/',
      ['^src/core/domain/', '^src/core/errors\\.ts$'],
      'rules know only rules',
    ),
    only('core-knows-core', '^src/core/', ['^src/core/'], 'core is written against its ports'),
    only('azure-adapters', '^src/azure/', ['^src/azure/', '^src/core/'], 'adapters know the ports and not each other'),
    only('db-adapters', '^src/db/', ['^src/db/', '^src/core/'], 'adapters know the ports and not each other'),
    only('ssh-adapter', '^src/ssh/', ['^src/ssh/', '^src/core/'], 'adapters know the ports and not each other'),
    only(
      'plan-file-knows-core',
      '^src/plan-file/',
      ['^src/plan-file/', '^src/core/', '^src/nearest\\.ts$'],
      'a file is read into what core understands, and nothing is done with it',
    ),
    only(
      'terminal-knows-core',
      '^src/terminal/',
      ['^src/terminal/', '^src/core/'],
      'what is shown, and nothing that acts',
    ),
    only(
      'sandbox-stands-alone',
      '^src/sandbox/',
      ['^src/sandbox/'],
      'an Azure that shared code with azlin would prove nothing',
    ),
    only(
      'commands-are-thin',
      '^src/commands/',
      ['^src/([a-z]+-command|exit-codes)\\.ts$', '^src/(core|terminal)/', '^src/sandbox/'],
      'commands parse, call core and print',
    ),
    {
      name: 'sandbox-is-reached-by-its-commands-only',
      comment: 'no path of the product may depend on the embedded Azure',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/sandbox/', '^src/commands/sandbox/'] },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'nobody-imports-a-command',
      comment: 'what two commands share belongs to core or terminal',
      severity: 'error',
      from: {},
      to: { path: '^src/commands/' },
    },
    {
      name: 'domain-without-node',
      comment: 'no disk, no environment, no randomness: the same input gives the same answer',
      severity: 'error',
      from: { path: '^src/core/domain/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    {
      name: 'core-without-packages',
      comment: 'libraries come in through the ports',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { dependencyTypes: ['npm', 'npm-dev'] },
    },
    {
      name: 'sdk-in-one-place',
      comment: 'only the adapters know how Azure is spoken to',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/azure/' },
      to: { path: 'node_modules/@azure/' },
    },
    {
      name: 'sqlite-in-one-place',
      comment: 'only the adapters know how records are kept',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/db/' },
      to: { path: 'node_modules/(kysely|better-sqlite3)/' },
    },
    {
      name: 'ssh-in-one-place',
      comment: 'the sandbox has a server of its own, which is no part of azlin',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/ssh/', '^src/sandbox/'] },
      to: { path: 'node_modules/ssh2/' },
    },
    {
      name: 'no-development-packages',
      comment: 'what ships stands under dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      comment: 'nothing can be read or tested alone in a cycle; types that name each other are no cycle at run time',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-broken-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-orphans',
      comment: 'a file that nothing uses and that uses nothing',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/commands/' },
      to: {},
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    moduleSystems: ['es6', 'cjs'],
  },
}
