/** Verifications in words. */
import type { DiskVerdict, Verification } from '../core/domain/verification.js'
import type { VerificationReport, VmReport } from '../core/domain/verification-report.js'
import type { VerifyItem } from '../core/managers/verification-manager.js'
import { csv } from './csv.js'
import { type Column, fittingTable } from './fitting-table.js'
import { bytesOf } from './sizes.js'
import type { Columns } from './table.js'
import { age, minute, span } from './time.js'

/** The time within which a backup is meant to be verified, in seconds. */
const targetSeconds = 2 * 60

export function verificationLines(result: Verification): string {
  const { backup, success, seconds, disks, region } = result
  const head = `${backup} ${success ? headOf(result) : 'is NOT verified'} (${region}).`
  const within = seconds <= targetSeconds ? 'within' : 'over'
  const aim = result.depth === 'usual' ? `, ${within} the aim of 2 minutes` : ''
  return [head, ...disks.flatMap(diskLines), `  took     ${span(seconds)}${aim}`].join('\n')
}

/** `--allow-unread` accepts a backup; it does not make anybody read it. */
function headOf(result: Verification): string {
  return isUnread(result) ? 'is accepted UNREAD: its disks could be made, their content was not read' : 'is verified'
}

const isUnread = ({ disks }: Verification) => disks.some(({ unread }) => unread !== undefined)

function diskLines(disk: DiskVerdict): string[] {
  const place = (disk.lun === null ? 'OS disk' : `LUN ${disk.lun}`).padEnd(7)
  const lines = [`  ${place}  ${disk.snapshot.name}`]
  const tell = (text: string) => lines.push(`           ${text}`)
  tell(
    disk.created
      ? `disk made (${disk.sizeGb} GiB)${disk.deleted ? ' and removed' : ', and NOT removed'}`
      : 'no disk was made',
  )
  if (disk.content !== undefined) tell(`holds: ${disk.content}`)
  if (disk.bytesRead > 0) tell(`read: ${bytesOf(disk.bytesRead)} in ${disk.requests} requests${allocatedOf(disk)}`)
  if (disk.digest !== undefined) tell(`SHA-256: ${disk.digest}`)
  for (const problem of disk.problems) tell(`PROBLEM: ${problem}`)
  if (disk.unread !== undefined) tell(`NOT READ: ${disk.unread}`)
  if (disk.error !== undefined) tell(disk.error.hint)
  for (const note of disk.notes) tell(`note: ${note}`)
  return lines
}

function allocatedOf({ allocatedBytes }: DiskVerdict): string {
  return allocatedBytes === undefined ? '' : `; ${bytesOf(allocatedBytes)} are in use`
}

export function verifyAllLines(vm: string, items: readonly VerifyItem[]): string {
  if (items.length === 0) return `Nothing of ${vm} is to be verified now. --all verifies every backup again.`
  const accepted = items.flatMap(({ result }) => (result?.success ? [result] : []))
  const unread = accepted.filter(isUnread).length
  const also = unread === 0 ? '' : ` ${unread} accepted UNREAD.`
  const sum = `${accepted.length - unread} of ${items.length} backups of ${vm} are verified.${also}`
  return [...items.map(itemLine), sum, ...hintsOf(items)].join('\n')
}

/** Each way out is told once, however many it would help. */
function hintsOf(items: readonly VerifyItem[]): readonly string[] {
  const troubles = items.flatMap(({ result, error }) => (result ? result.disks.map((disk) => disk.error) : [error]))
  return [...new Set(troubles.flatMap((trouble) => trouble?.hint ?? []))]
}

function itemLine({ backup, result, error }: VerifyItem): string {
  if (result?.success)
    return `${backup.name}: ${isUnread(result) ? 'accepted UNREAD' : 'verified'} (${span(result.seconds)}).`
  return `${backup.name}: NOT verified. ${error?.message ?? result?.errorMessage ?? ''}`
}

export function reportLines(report: VerificationReport, now: Date, out: Columns): string {
  const { totalVerified, failures, lastVerified, unverified, interrupted, acceptedUnread, days } = report
  const last = lastVerified ? `${minute(lastVerified)} UTC (${age(lastVerified, now)} ago)` : 'never'
  const lines = [
    `Verifications of the last ${days} days: ${totalVerified}`,
    `  success rate   ${rateOf(report.successRate)}`,
    `  last success   ${last}`,
    ...(interrupted > 0 ? [`  interrupted    ${interrupted}, not counted`] : []),
    ...(acceptedUnread > 0 ? [`  accepted unread ${acceptedUnread}, not counted`] : []),
  ]
  if (report.vms.length > 0) lines.push('', vmTable(report.vms, now, out))
  if (failures.length > 0) lines.push('', 'Failures:')
  for (const { backup, verifiedAt, errorMessage } of failures)
    lines.push(`  ${minute(verifiedAt)}  ${backup}: ${errorMessage ?? ''}`)
  if (unverified.length > 0) lines.push('', 'Not verified for more than 7 days:')
  for (const { backup, createdAt, verifiedAt } of unverified)
    lines.push(`  ${backup}: ${verifiedAt ? `${age(verifiedAt, now)} ago` : `never, ${age(createdAt, now)} old`}`)
  return lines.join('\n')
}

function vmTable(vms: readonly VmReport[], now: Date, out: Columns): string {
  const columns: readonly Column<VmReport>[] = [
    { heading: 'VM', cell: ({ vm }) => vm.name },
    { heading: 'GROUP', cell: ({ vm }) => vm.resourceGroup, dispensable: 3 },
    { heading: 'VERIFIED', cell: ({ totalVerified }) => String(totalVerified) },
    { heading: 'FAILED', cell: ({ failures }) => String(failures.length) },
    { heading: 'SUCCESS', cell: ({ successRate }) => rateOf(successRate), dispensable: 2 },
    { heading: 'LAST SUCCESS', cell: ({ lastVerified: at }) => (at ? `${age(at, now)} ago` : 'never') },
    { heading: 'OVERDUE', cell: ({ unverified }) => String(unverified.length), dispensable: 1 },
  ]
  return fittingTable(columns, vms, out)
}

function rateOf(rate: number | undefined): string {
  return rate === undefined ? '-' : `${Number(rate.toFixed(1))} %`
}

/** One line a VM, for a spreadsheet. */
export function reportCsv({ vms, days }: VerificationReport): string {
  const headings = [
    'vm',
    'resource_group',
    'days',
    'verified',
    'failed',
    'success_rate',
    'last_verified',
    'interrupted',
    'unverified_over_7_days',
    'failures',
    'accepted_unread',
  ]
  const rows = vms.map((one) => [
    one.vm.name,
    one.vm.resourceGroup,
    days,
    one.totalVerified,
    one.failures.length,
    one.successRate === undefined ? null : Number(one.successRate.toFixed(2)),
    one.lastVerified?.toISOString() ?? null,
    one.interrupted,
    one.unverified.map(({ backup }) => backup).join(' '),
    one.failures.map(({ backup, errorMessage }) => `${backup}: ${errorMessage ?? ''}`).join(' | '),
    one.acceptedUnread,
  ])
  return csv(headings, rows)
}
