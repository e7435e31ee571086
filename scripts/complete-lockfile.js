/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out.
 *
 * npm leaves out what the registry it talked to does not serve, and a company mirror may serve Linux only. `npm ci`
 * then fails where they are served: "Missing: … from lock file". Run it after each `npm install` behind such a mirror.
 * Such an entry has no integrity hash; npm adds the hash the next time it fetches the package.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

const lock = JSON.parse(readFileSync(file, 'utf8'))
const missing = Object.values(lock.packages).flatMap((parent) =>
  Object.entries(parent.optionalDependencies ?? {})
    .filter(([name]) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)))
    .map(([name, version]) => ({ name, version, dev: parent.dev })),
)

for (const { name, version, dev } of missing) {
  const words = name.split(/[/-]/)
  const system = systems.find((known) => words.includes(known))
  const processor = processors.find((known) => words.includes(known))
  if (!/^\d/.test(version) || !processor) throw new Error(`${name}@${version} is not a package for one platform`)
  const libc = words.includes('musl') ? ['musl'] : system === 'linux' && words.includes('gnu') ? ['glibc'] : undefined
  lock.packages[`node_modules/${name}`] = {
    version,
    cpu: [processor],
    ...(dev && { dev }),
    ...(libc && { libc }),
    optional: true,
    ...(system && { os: [system] }),
  }
}

const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`)
console.log(`${missing.length} packages added to package-lock.json.`)
