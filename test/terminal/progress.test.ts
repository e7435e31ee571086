import { Writable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
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
        for (const line of boardLines(board, at, columns)) expect(stringWidth(line)).toBeLessThan(columns)
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

  it('shows each request with --verbose, and only then', () => {
    expect(shown(false, { quiet: true, verbose: true }, [request])).toBe('GET /x 200 3 ms c\n')
    expect(shown(false, { quiet: false, verbose: false }, [request])).toBe('')
  })

  it('leaves on a terminal only what has been done', () => {
    const text = shown(true, { quiet: false, verbose: false }, [started, finished])
    expect(text).toContain('Making disk web-1-os')
    expect(text.slice(text.lastIndexOf('\u001b[J'))).toContain('Made disk web-1-os')
    expect(text.slice(text.lastIndexOf('\u001b[J'))).not.toContain('Making')
  })
})
