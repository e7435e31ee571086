/**
 * The plan of a drill of several VMs, from a YAML file. Everything that is wrong with it is said at once, with its
 * line; nothing is sent before it is right.
 */
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { validCheckTimeout, validCommand, validHttpCheck, validSize, validSource } from '../core/domain/drill-input.js'
import type { DrillGroup, DrillPlan, PlannedDrill } from '../core/domain/drill-plan.js'
import { fileTrouble } from '../core/domain/file-trouble.js'
import {
  validDuration,
  validRegion,
  validResourceGroup,
  validSnapshotName,
  validSubnetId,
  validVmName,
} from '../core/domain/validation.js'
import { AzlinError } from '../core/errors.js'
import { checked, Fields, mapOf, Notes } from './fields.js'

const planKeys = [
  'name',
  'test-region',
  'test-resource-group',
  'resource-group',
  'subnet',
  'ssh-source',
  'require-replica',
  'allow-size-change',
  'groups',
]
const groupKeys = ['name', 'wait-for', 'pause', 'vms']
const vmKeys = [
  'name',
  'resource-group',
  'backup',
  'size',
  'connectivity',
  'check-http',
  'check-command',
  'check-timeout',
]

const longestFile = 256 * 1024
const mostVms = 200

/**
 * `resourceGroup` is that of VMs which name none. PLAN_INVALID names every mistake with its line.
 */
export async function readPlan(file: string, resourceGroup: string | undefined): Promise<DrillPlan> {
  return parsePlan(await textOf(file), file, resourceGroup)
}

export function parsePlan(text: string, file: string, resourceGroup: string | undefined): DrillPlan {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const notes = new Notes(lines)
  for (const { pos, message } of document.errors) notes.addAt(pos[0], message.split('\n')[0] ?? '')
  const plan = notes.mistakes.length === 0 ? planIn(document.contents, notes, named(file), resourceGroup) : undefined
  if (plan && notes.mistakes.length === 0) return plan
  const problems = notes.mistakes.map(({ line, problem }) => `line ${line}: ${problem}`)
  throw new AzlinError('PLAN_INVALID', { file, problems })
}

function planIn(root: Node | null, notes: Notes, name: string, resourceGroup: string | undefined) {
  const map = mapOf(root, 'the plan', notes)
  if (!map) return undefined
  const fields = new Fields(map, 'the plan', planKeys, notes)
  const usualGroup = fields.text('resource-group', validResourceGroup) ?? resourceGroup
  const subnetId = fields.text('subnet', validSubnetId)
  const sshSource = fields.text('ssh-source', validSource)
  if (subnetId !== undefined && sshSource !== undefined)
    notes.add(map, 'subnet and ssh-source do not go together: one is a way by a private address, one by a public one')

  const seen = new Map<string, string>()
  const groups = fields.list('groups').flatMap((node, index): DrillGroup[] => {
    const group = groupIn(node, `group ${index + 1}`, notes, usualGroup, seen)
    return group ? [group] : []
  })
  if (seen.size > mostVms) notes.add(map, `it has ${seen.size} VMs, and ${mostVms} is the most`)
  return {
    name: fields.text('name', shortText) ?? name,
    testRegion: fields.required('test-region', validRegion) ?? '',
    testResourceGroup: fields.text('test-resource-group', validResourceGroup),
    subnetId,
    sshSource,
    requireReplica: fields.yesOrNo('require-replica', false),
    allowSizeChange: fields.yesOrNo('allow-size-change', false),
    groups,
  }
}

function groupIn(
  node: Node,
  words: string,
  notes: Notes,
  usualGroup: string | undefined,
  seen: Map<string, string>,
): DrillGroup | undefined {
  const map = mapOf(node, words, notes)
  if (!map) return undefined
  const fields = new Fields(map, words, groupKeys, notes)
  const name = fields.text('name', shortText) ?? words
  return {
    name,
    waitFor: fields.text('wait-for', validWait) ?? 'checks',
    pauseSeconds: (fields.text('pause', validDuration) ?? 0) / 1000,
    vms: fields.list('vms').flatMap((one): PlannedDrill[] => {
      const drill = drillIn(one, notes, usualGroup)
      if (!drill) return []
      const key = `${drill.vm.resourceGroup}/${drill.vm.name}`.toLowerCase()
      const before = seen.get(key)
      if (before !== undefined) notes.add(one, `${drill.vm.name} stands in ${before} already`)
      seen.set(key, name)
      return [drill]
    }),
  }
}

/** A name alone, or a map. */
function drillIn(node: Node, notes: Notes, usualGroup: string | undefined): PlannedDrill | undefined {
  const alone = isScalar(node) && typeof node.value === 'string'
  const map = alone ? undefined : mapOf(node, 'a VM', notes)
  if (!alone && !map) return undefined
  const fields = map && new Fields(map, 'a VM', vmKeys, notes)
  const name = fields
    ? fields.required('name', validVmName)
    : checked(String(isScalar(node) && node.value), 'name', validVmName, (problem) => void notes.add(node, problem))
  const resourceGroup = fields?.text('resource-group', validResourceGroup) ?? usualGroup
  if (resourceGroup === undefined)
    notes.add(node, 'a VM needs resource-group, here or at the top of the plan, or give -g')
  if (name === undefined || resourceGroup === undefined) return undefined

  const connectivity = fields?.yesOrNo('connectivity', true) ?? true
  const checkHttp = fields?.text('check-http', validHttpCheck)
  const checkCommand = fields?.text('check-command', validCommand)
  if (!connectivity && (checkHttp || checkCommand !== undefined))
    notes.add(node, `${name} has checks, and connectivity switched off`)
  const checkTimeoutMs = fields?.text('check-timeout', validCheckTimeout)
  if (checkTimeoutMs !== undefined && !map?.has('check-http') && !map?.has('check-command'))
    notes.add(node, `${name} has a check-timeout, and neither check-http nor check-command`)
  return {
    vm: { name, resourceGroup },
    backup: fields?.text('backup', validSnapshotName),
    size: fields?.text('size', validSize),
    connectivity,
    checkHttp,
    checkCommand,
    checkTimeoutMs,
  }
}

function validWait(value: string, what: string): 'boot' | 'checks' {
  if (value === 'boot' || value === 'checks') return value
  throw new AzlinError('INVALID_INPUT', { what, value, why: 'it needs boot or checks', example: 'checks' })
}

function shortText(value: string, what: string): string {
  const text = value.trim()
  if (text !== '' && text.length <= 80 && !/\p{Cc}/u.test(text)) return text
  throw new AzlinError('INVALID_INPUT', { what, value, why: 'it needs 1 to 80 characters', example: 'databases' })
}

const named = (file: string) => basename(file, extname(file))

async function textOf(file: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw unreadable(file, `it cannot be read (${fileTrouble(error)})`)
  }
  if (bytes.length > longestFile) throw unreadable(file, 'it is too long for a plan')
  return bytes.toString('utf8')
}

function unreadable(file: string, why: string): AzlinError<'INVALID_INPUT'> {
  return new AzlinError('INVALID_INPUT', { what: 'Plan', value: file, why, example: 'shop.yaml' })
}
