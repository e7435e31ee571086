/** Whether VMs could be restored now: as a table with what is wrong beneath it, and as JSON. */
import type { Backup } from '../core/domain/backup.js'
import type { Problem, Protection, Standing } from '../core/domain/protection.js'
import { type Colours, colours } from './colour.js'
import { type Column, fittingTable } from './fitting-table.js'
import { provenLevel } from './json.js'
import type { Columns } from './table.js'
import { age } from './time.js'

export interface ProtectionJson {
  readonly vmName: string
  readonly resourceGroup: string
  readonly standing: Standing
  /** The VM itself is no longer there. */
  readonly gone: boolean
  /** Null where there is none that could be restored. */
  readonly newest: NewestJson | null
  /** The newest of each other region. */
  readonly elsewhere: readonly NewestJson[]
  readonly verifiedAt: string | null
  /** The furthest that any of its backups was shown to be restorable. */
  readonly proofLevel: number
  readonly provenAt: string | null
  readonly lastDrill: string | null
  readonly problems: readonly Problem[]
}

interface NewestJson {
  readonly snapshotName: string
  readonly region: string
  readonly creationTime: string
  /** What would be lost by restoring it: the RPO of that region, now. */
  readonly ageSeconds: number
}

export function protectionJson(found: readonly Protection[], now: Date): { readonly vms: readonly ProtectionJson[] } {
  const newestJson = ({ name, region, createdAt }: Backup): NewestJson => ({
    snapshotName: name,
    region,
    creationTime: createdAt.toISOString(),
    ageSeconds: Math.max(0, Math.round((+now - +createdAt) / 1000)),
  })
  return {
    vms: found.map(({ vm, standing, gone, newest, elsewhere, verifiedAt, proof, lastDrill, problems }) => ({
      vmName: vm.name,
      resourceGroup: vm.resourceGroup,
      standing,
      gone,
      newest: newest ? newestJson(newest) : null,
      elsewhere: elsewhere.map(newestJson),
      verifiedAt: verifiedAt?.toISOString() ?? null,
      proofLevel: provenLevel({ proof, complete: standing !== 'unprotected' }),
      provenAt: proof?.at.toISOString() ?? null,
      lastDrill: lastDrill?.toISOString() ?? null,
      problems,
    })),
  }
}

export function protectionLines(found: readonly Protection[], now: Date, out: Columns): string {
  if (found.length === 0) return 'No VM has a backup schedule or a backup. azlin backup configure <vm> sets a schedule.'
  const paint = colours(out)
  const columns: readonly Column<Protection>[] = [
    { heading: 'VM', cell: ({ vm, gone }) => (gone ? `${vm.name} (gone)` : vm.name) },
    { heading: 'GROUP', cell: ({ vm }) => vm.resourceGroup, dispensable: 5 },
    { heading: 'STANDING', cell: ({ standing }) => coloured(paint, standing) },
    { heading: 'NEWEST', cell: ({ newest }) => (newest ? `${age(newest.createdAt, now)} ago` : 'none') },
    { heading: 'ELSEWHERE', cell: ({ elsewhere }) => whereElse(elsewhere, now), dispensable: 1 },
    { heading: 'VERIFIED', cell: ({ verifiedAt }) => ago(verifiedAt, now), dispensable: 2 },
    { heading: 'PROOF', cell: proofOf, dispensable: 4 },
    { heading: 'DRILL', cell: ({ lastDrill }) => ago(lastDrill, now), dispensable: 3 },
  ]
  const table = fittingTable(columns, found, out)
  const problems = found.flatMap(({ vm, problems }) =>
    problems.map(({ message, hint }) => `${vm.name}: ${message}\n  ${paint.dim(hint)}`),
  )
  return problems.length > 0 ? [table, '', ...problems].join('\n') : table
}

function coloured({ green, yellow, red }: Colours, standing: Standing): string {
  const paint = { protected: green, 'at risk': yellow, unprotected: red }[standing]
  return paint(standing)
}

function whereElse(elsewhere: readonly Backup[], now: Date): string {
  return elsewhere.map(({ region, createdAt }) => `${region}, ${age(createdAt, now)} ago`).join('; ') || 'nowhere'
}

function ago(at: Date | undefined, now: Date): string {
  return at ? `${age(at, now)} ago` : 'never'
}

function proofOf({ proof, standing }: Protection): string {
  return String(provenLevel({ proof, complete: standing !== 'unprotected' }))
}
