/** The build changes how the SDK copies Azure's answers into its models: what comes out must stay the same. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { build, type Plugin } from 'esbuild'
import fc from 'fast-check'
import { packageRoot } from '../support/azlin.js'

type Copy = (item: unknown) => Record<string, unknown>

/** The functions of a file of models, as the SDK has them or as the build makes them. */
async function functionsOf(models: string, plugins: Plugin[]): Promise<Readonly<Record<string, Copy>>> {
  const file = join(packageRoot, 'node_modules/@azure/arm-compute/dist/esm/models', models, 'models.js')
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(file)}`, resolveDir: packageRoot },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
    plugins,
  })
  const module = { exports: {} }
  const load = new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')
  load(module, module.exports, createRequire(import.meta.url))
  return module.exports
}

const text = fc.string({ maxLength: 8 })
const maybe = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) => fc.record(fields, { requiredKeys: [] })
const tags = fc.option(fc.dictionary(text, text, { maxKeys: 4 }))
const date = fc.constantFrom('2026-11-27T12:00:00.123Z', undefined)
const common = {
  id: text,
  name: text,
  location: text,
  tags,
  sku: maybe({ name: text, tier: text }),
  unknownToTheSdk: text,
}
const disk = maybe({
  timeCreated: date,
  osType: text,
  diskSizeGB: fc.nat(),
  diskSizeBytes: fc.nat(),
  creationData: maybe({ createOption: text, sourceResourceId: text, logicalSectorSize: fc.nat() }),
  encryption: maybe({ type: text, diskEncryptionSetId: text }),
  completionPercent: fc.double({ noNaN: true }),
  copyCompletionError: maybe({ errorCode: text, errorMessage: text }),
  securityProfile: maybe({ securityType: text }),
  supportedCapabilities: maybe({ architecture: text }),
})
const machine = maybe({
  timeCreated: date,
  vmId: text,
  hardwareProfile: maybe({ vmSize: text }),
  storageProfile: maybe({
    osDisk: maybe({ name: text, caching: text }),
    dataDisks: fc.array(maybe({ lun: fc.nat() })),
  }),
  osProfile: maybe({ computerName: text }),
  provisioningState: text,
})

describe.each([
  ['snapshotDeserializer', 'computeDisk', disk],
  ['diskDeserializer', 'computeDisk', disk],
  ['virtualMachineDeserializer', 'compute', machine],
] as const)('%s of the bundle', (name, models, properties) => {
  let ours: Copy
  let theirs: Copy
  beforeAll(async () => {
    const { plainCopies }: { plainCopies: Plugin } = await import(
      pathToFileURL(join(packageRoot, 'scripts/bundle/plain-copies.js')).href
    )
    const [plain, original] = await Promise.all([functionsOf(models, [plainCopies]), functionsOf(models, [])])
    const [one, other] = [plain[name], original[name]]
    if (!one || !other) throw new Error(`There is no ${name}.`)
    ours = one
    theirs = other
  })

  it('spreads no properties', () => {
    expect(String(theirs)).toContain('...!item["properties"]')
    expect(String(ours)).not.toContain('...!item["properties"]')
  })

  it('says of every answer what the SDK says of it', () => {
    const answer = maybe({ ...common, properties: fc.option(properties) })
    fc.assert(
      fc.property(answer, (item) => {
        const [copy, original] = [ours(item), theirs(item)]
        // One that has no properties has the names of them, with nothing behind.
        expect(copy).toEqual(original)
        expect(Object.keys(copy)).toEqual(expect.arrayContaining(Object.keys(original)))
      }),
    )
  })
})
