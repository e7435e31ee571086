import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Sandboxed } from '../support/sandboxed.js'
import { hasTmux, Terminal } from '../support/tmux.js'

const atTerminal = hasTmux ? describe : describe.skip
const size = { columns: 60, rows: 40 }

let azure: Sandboxed
let backup: string
let terminal: Terminal | undefined
beforeAll(async () => {
  if (!hasTmux) return
  azure = await Sandboxed.start()
  await azure.ok('backup', 'configure', 'web-1')
  backup = (await azure.ok<{ snapshotName: string }>('backup', 'trigger', 'web-1')).snapshotName
})
afterEach(async () => {
  await terminal?.close()
  terminal = undefined
})
afterAll(() => azure?.stop())

async function azlin(...args: string[]): Promise<Terminal> {
  terminal = await Terminal.run(args, azure.around, size)
  return terminal
}

atTerminal('at a terminal', () => {
  const restore = () => azlin('backup', 'restore', 'web-1', '--backup', backup)

  it('a restore says what it will do, and does nothing when the answer is no', async () => {
    const before = await azure.changes()
    const shown = await restore()
    const screen = await shown.shows('Go on?')
    expect(screen.replaceAll(/\s+/g, ' ')).toMatch(/web-1 .*will be stopped, and its disk replaced with/s)
    expect(screen).toMatch(/will not be on the VM/)
    await shown.type('n', 'Enter')
    expect(await shown.shows('ended with')).toContain('ended with 1')
    expect(await azure.changes()).toEqual(before)
  })

  it('Enter alone is no, and Ctrl-C at the question is 130', async () => {
    const shown = await restore()
    await shown.shows('Go on?')
    await shown.type('Enter')
    expect(await shown.shows('ended with')).toContain('ended with 1')
    await shown.close()

    const again = await restore()
    await again.shows('Go on?')
    await again.type('C-c')
    expect(await again.shows('ended with')).toContain('ended with 130')
  })

  it.each([
    ['a question', 'Go on?', () => ['--backup', backup]],
    ['a list', 'Which backup of web-1?', () => ['--interactive']],
  ])('Ctrl-D at %s is no answer: it ends with 130, and the cursor is there again', async (_, question, flags) => {
    const before = await azure.changes()
    const shown = await azlin('backup', 'restore', 'web-1', ...flags())
    await shown.shows(question)
    await shown.type('C-d')
    const screen = await shown.shows('ended with')
    expect(screen).toContain('Interrupted (no answer).')
    expect(screen).toContain('ended with 130')
    expect(await shown.hasCursor()).toBe(true)
    expect(await azure.changes()).toEqual(before)
  })

  it('a question is still answered when azlin was stopped at it (Ctrl-Z) and goes on', async () => {
    const before = await azure.changes()
    const shown = await restore()
    await shown.shows('Go on?')
    await shown.type('C-z')
    await new Promise((resolve) => setTimeout(resolve, 500))
    await shown.signal('SIGCONT')
    await new Promise((resolve) => setTimeout(resolve, 500))
    await shown.type('n', 'Enter')
    const screen = await shown.shows('ended with')
    expect(screen).toMatch(/Go on\? No$/m)
    expect(screen).toContain('ended with 1')
    expect(await azure.changes()).toEqual(before)
  })

  it('a restore that was agreed to shows its steps and ends with the time it took', async () => {
    const shown = await restore()
    await shown.shows('Go on?')
    await shown.type('y', 'Enter')
    const screen = await shown.shows('ended with')
    expect(screen).toContain('ended with 0')
    expect(screen).toContain('Swapped the disk')
    expect(screen).toContain('target of 15 minutes')
    expect(screen).not.toContain('Waiting until')
  })

  it('a backup is picked from a list', async () => {
    const shown = await azlin('backup', 'restore', 'web-1', '--interactive', '--new-vm', 'picked')
    await shown.shows('Which backup of web-1?')
    await shown.type('Enter')
    expect(await shown.shows('ended with')).toContain('ended with 0')
    expect(azure.names('Microsoft.Compute/virtualMachines')).toContain('picked')
  })

  it('a table keeps within a narrow window', async () => {
    const shown = await azlin('backup', 'list', 'web-1')
    const screen = await shown.shows('ended with 0')
    const lines = screen.slice(0, screen.indexOf('ended with')).trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/^NAME .*AGE/)
    expect(lines[1]).toContain(backup)
  })

  it('Ctrl-C in the middle of a backup says what is going on', async () => {
    await azure.fault({ kind: 'delay', ms: 3_000, method: 'PUT', path: '/snapshots/' })
    const shown = await azlin('backup', 'trigger', 'web-1')
    await shown.shows('Taking snapshot')
    await shown.type('C-c')
    const screen = await shown.shows('ended with')
    await azure.clearFaults()
    expect(screen).toContain('Press Ctrl-C again')
    expect(screen).toContain('ended with 130')
  })
})
