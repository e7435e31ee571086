/** What is kept on disk; a world that is left without being closed is one whose process was killed. */
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { readConnection, removeConnection, writeConnection } from '../../src/sandbox/connection.js'
import type { Resource } from '../../src/sandbox/resource.js'
import { subscriptionId, World } from '../../src/sandbox/world.js'

let home: string
let worlds: World[] = []
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'azlin-store-'))
})
afterEach(() => {
  for (const world of worlds) world.close()
  worlds = []
  rmSync(home, { recursive: true })
})

function opened(): World {
  const world = new World({ home, speed: 1 })
  worlds.push(world)
  return world
}

const idOf = (name: string) =>
  `/subscriptions/${subscriptionId}/resourceGroups/Demo-rg/providers/Microsoft.Compute/disks/${name}`

function disk(name: string, properties = {}): Resource {
  const id = idOf(name)
  return { id, name, type: 'Microsoft.Compute/disks', location: 'westus2', tags: {}, properties, hidden: {} }
}

const changesFile = () => join(home, readdirSync(home).find((name) => name.startsWith('changes-')) ?? 'none')

describe('the store of the sandbox', () => {
  it('names the file that is damaged, and goes on without it', () => {
    const world = opened()
    world.put(disk('one'))
    world.save()
    world.put(disk('two'))
    world.save()
    const changes = changesFile()
    appendFileSync(changes, '\u0000\u0000\n')
    expect(opened).toThrow(`${changes} is damaged. Remove it`)
    rmSync(changes)
    expect(opened().all()).toEqual([disk('one')])

    const state = join(home, 'state.json')
    writeFileSync(state, '')
    expect(opened).toThrow(`${state} is damaged. Remove it`)
    rmSync(state)
    expect(opened().fresh).toBe(true)
  })

  it('keeps what was saved, change for change', () => {
    const world = opened()
    for (const name of ['one', 'two', 'three']) world.put(disk(name))
    world.save()
    const one = world.put(disk('one', { size: 1 }))
    world.save()
    one.hidden.writingSince = 'today'
    delete one.tags
    world.remove(idOf('TWO'))
    world.advance(1000)
    const number = world.next()
    world.save()
    const again = opened()
    expect(again.all()).toEqual([one, world.get(idOf('three'))])
    expect(again.get(idOf('one'))).toEqual({
      ...disk('one', { size: 1 }),
      tags: undefined,
      hidden: { writingSince: 'today' },
    })
    expect(again.clock.offsetMs).toBe(world.clock.offsetMs)
    expect(again.next()).toBe(number + 1)
  })

  it('writes of one change no more than that', () => {
    const world = opened()
    for (let count = 0; count < 1000; count++) world.put(disk(`disk-${count}`))
    world.save()
    world.put(disk('disk-7', { size: 7 }))
    world.save()
    expect(statSync(changesFile()).size).toBeLessThan(1000)
  })

  it('passes over a line that was never finished', () => {
    const world = opened()
    world.put(disk('one'))
    world.save()
    world.put(disk('two'))
    world.save()
    appendFileSync(changesFile(), '{"offsetMs":5,"counter":77,"resources":[{"id":')
    const again = opened()
    expect(again.all().map(({ name }) => name)).toEqual(['one', 'two'])
    again.put(disk('three'))
    again.save()
    expect(opened().all()).toHaveLength(3)
  })

  it('puts the changes into the whole before they grow without end', () => {
    const world = opened()
    for (let round = 0; round < 30; round++) {
      world.put(disk('large', { round, filling: 'x'.repeat(100_000) }))
      world.save()
    }
    const kept = readdirSync(home).reduce((sum, name) => sum + statSync(join(home, name)).size, 0)
    expect(kept).toBeLessThan(1_500_000)
    expect(opened().get(idOf('large'))?.properties['round']).toBe(29)
  })

  it('is not spoilt by a process that is just ending when the next one starts', () => {
    const ending = opened()
    ending.put(disk('one'))
    ending.save()
    const next = opened()
    next.put(disk('two'))
    next.save()
    ending.put(disk('late'))
    ending.close()
    next.put(disk('three'))
    next.save()
    expect(
      opened()
        .all()
        .map(({ name }) => name),
    ).toEqual(['one', 'two', 'three'])
  })

  it('refuses a change in depth, which it would not see', () => {
    const world = opened()
    const one = world.put(disk('one', { parts: [{ size: 1 }] }))
    world.save()
    expect(() => (one.properties['parts'] as object[]).push({})).toThrow(TypeError)
    one.properties = { parts: [{ size: 2 }] }
    world.changed()
    world.save()
    expect(opened().get(idOf('one'))?.properties).toEqual({ parts: [{ size: 2 }] })
  })
})

describe('connection.json', () => {
  it('is not removed by one that has a successor', () => {
    const connection = { pid: 2, url: 'https://127.0.0.1:1' } as Parameters<typeof writeConnection>[1]
    writeConnection(home, connection)
    removeConnection(home, 1)
    expect(readConnection(home)?.pid).toBe(2)
    removeConnection(home, 2)
    expect(readdirSync(home)).toEqual([])
    expect(readConnection(home)).toBeUndefined()
  })
})
