import { readFile } from 'node:fs/promises'
import { expect, it } from '@jest/globals'

const manifest = JSON.parse(await readFile('oclif.manifest.json', 'utf8')) as {
  commands: Record<string, { id: string }>
}

it('docs/json-output.md tells of every command what it prints', async () => {
  const page = await readFile('docs/json-output.md', 'utf8')
  const told = page
    .split('\n')
    .flatMap((line) => /^\| (?<names>`[^|]+) \|/.exec(line)?.groups?.['names']?.split(', ') ?? [])
  const own = Object.values(manifest.commands).filter(({ id }) => !/^(help|autocomplete)/.test(id))
  expect(own.length).toBeGreaterThanOrEqual(22)
  expect([...told].sort()).toEqual(own.map(({ id }) => `\`${id.replaceAll(':', ' ')}\``).sort())
})
