import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import stringWidth from 'string-width'
import type { AzlinEvent } from '../../src/core/events.js'
import { type Board, boardLines, Progress, turn } from '../../src/terminal/progress.js'
import { sayingOf } from '../../src/terminal/wording.js'

const started: AzlinEvent = { type: 'disk.started', disk: 'web-1-os' }
const finished: AzlinEvent = { type: 'disk.finished', disk: 'web-1-os' }
const notice: AzlinEvent = { type: 'notice', code: 'X', text: 'Look here.' }
const request: AzlinEvent = { type: 'azure.request', method: 'GET', path: '/x', status: 200, ms: 3, correlationId: 'c' }

/** A stream that keeps what is written, and says of itself what a terminal would. */
class Screen extends Writable {
  written = ''
  readonly isTTY: boolean
  readonly columns = 60

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.written += chunk.toString()
    done()
  }
}

function shown(isTTY: boolean, options: { quiet: boolean; verbose: boolean }, events: readonly AzlinEvent[]): string {
  const screen = new Screen(isTTY)
  const progress = new Progress(screen as unknown as NodeJS.WriteStream, options)
  for (const event of events) progress.report(event)
  progress.stop()
  return screen.written
}

const { TERM } = process.env
beforeEach(() => {
  process.env['TERM'] = 'xterm'
})
afterEach(() => {
  if (TERM === undefined) delete process.env['TERM']
  else process.env['TERM'] = TERM
})

describe('the board', () => {
  it('holds a step from its beginning to its end, and then says how long it took', () => {
    const first = turn([], sayingOf(started), 1000)
    expect(first).toEqual({ board: [{ key: 'web-1-os', text: 'Making disk web-1-os', sinceMs: 1000 }], lines: [] })
    expect(turn(first.board, sayingOf(finished), 4000)).toEqual({ board: [], lines: ['Made disk web-1-os (3 s)'] })
  })

  it('never has a line that would wrap', () => {
    const board: Board = [{ key: 'k', text: 'Taking a backup with a very long name '.repeat(3), sinceMs: 0 }]
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 200 }), fc.integer({ min: 0, max: 1e7 }), (columns, at) => {
        for (const line of boardLines(board, at, { columns, rows: 24 })) expect(stringWidth(line)).toBeLessThan(columns)
      }),
    )
  })

  it('shows both ends of a line that is too long: names differ at their ends', () => {
    const board = ['-lun0', '-lun2'].map((end) => ({
      key: end,
      text: `Taking snapshot db-1-backup-monthly-20261127-103216${end}`,
      sinceMs: 0,
    }))
    const lines = boardLines(board, 0, { columns: 50, rows: 24 })
    expect(lines.map((line) => line.replace(/^(Taking snapshot db-1).*…(.*)$/, '$1 $2'))).toEqual([
      'Taking snapshot db-1 -20261127-103216-lun0  0 s',
      'Taking snapshot db-1 -20261127-103216-lun2  0 s',
    ])
  })

  it('lets go of what nobody waits for any more, and says nothing of it', () => {
    const waiting = turn([], sayingOf({ type: 'vm.waiting', vm: 'web-1', for: 'agent' }), 0)
    expect(waiting.board).toHaveLength(1)
    const over: AzlinEvent = { type: 'vm.waited', vm: 'web-1' }
    expect(turn(waiting.board, sayingOf(over), 9)).toEqual({ board: [], lines: [] })
    expect(shown(false, { quiet: false, verbose: false }, [over])).toBe('')
  })

  it('always leaves room for the cursor, and counts what it leaves out', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 3, max: 50 }), (steps, rows) => {
        const board = Array.from({ length: steps }, (_, i) => ({ key: `${i}`, text: `Making disk ${i}`, sinceMs: 0 }))
        const lines = boardLines(board, 1000, { columns: 80, rows })
        expect(lines.length).toBeLessThan(rows)
        const disks = lines.filter((line) => line.startsWith('Making disk')).length
        const more = Number(/^and (\d+) more$/.exec(lines.at(-1) ?? '')?.[1] ?? 0)
        expect(disks + more).toBe(steps)
      }),
    )
  })
})

describe('progress', () => {
  it('is plain lines without escape codes where there is no terminal', () => {
    expect(shown(false, { quiet: false, verbose: false }, [started, finished, notice])).toBe(
      'Making disk web-1-os\nMade disk web-1-os\nLook here.\n',
    )
  })

  it('says only what must be known beside --json', () => {
    expect(shown(false, { quiet: true, verbose: false }, [started, finished, notice, request])).toBe('Look here.\n')
  })

  it('says beside --json too what it waits for', () => {
    const waiting = { type: 'azure.waiting', seconds: 90, reason: 'Azure is limiting requests' } as const
    expect(shown(false, { quiet: true, verbose: false }, [waiting])).toMatch(
      /^Waiting .*: Azure is limiting requests\.\n$/,
    )
  })

  it('shows each request with --verbose, and only then', () => {
    expect(shown(false, { quiet: true, verbose: true }, [request])).toBe('GET /x 200 3 ms c\n')
    expect(shown(false, { quiet: false, verbose: false }, [request])).toBe('')
  })

  it('gives each fact one line, and lets nothing that Azure says steer the terminal', () => {
    const hostile: AzlinEvent = { type: 'notice', code: 'X', text: 'Refused:\r\n\u001b[2J\u009bA gone\n' }
    expect(shown(false, { quiet: false, verbose: false }, [hostile])).toBe('Refused: [2J A gone\n')
  })

  it('does not move the cursor of a terminal that cannot', () => {
    process.env['TERM'] = 'dumb'
    expect(shown(true, { quiet: false, verbose: false }, [started, finished])).not.toContain('\u001b')
  })

  it('takes the steps still under way off the screen when it stops', () => {
    const text = shown(true, { quiet: false, verbose: false }, [started])
    expect(text.endsWith('\u001b[1F\u001b[J')).toBe(true)
  })

  it('leaves on a terminal only what has been done', () => {
    const text = shown(true, { quiet: false, verbose: false }, [started, finished])
    expect(text).toContain('Making disk web-1-os')
    expect(text.slice(text.lastIndexOf('\u001b[J'))).toContain('Made disk web-1-os')
    expect(text.slice(text.lastIndexOf('\u001b[J'))).not.toContain('Making')
  })
})
