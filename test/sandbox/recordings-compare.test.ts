import { describe, expect, it } from '@jest/globals'
import { differences } from './recorded/compare.js'
import type { Answer } from './recorded/conversation.js'

const recorded: Answer = {
  status: 202,
  headers: { location: 'https://management.azure.com/x', 'content-type': 'application/json' },
  body: { name: 'disk', tags: { a: 'b' }, properties: { provisioningState: 'Updating', size: 1, zones: ['1'] } },
}
const given = (change: Partial<Answer>): string[] => differences(recorded, { ...recorded, ...change })
const properties = { provisioningState: 'Updating', size: 2, zones: ['3'] }

describe('the comparison with a recorded answer', () => {
  it('takes other values, other tags and more keys for equal', () => {
    const body = { id: '/x', name: 'other', tags: {}, properties: { ...properties, more: true } }
    expect(given({ body, headers: { ...recorded.headers, location: 'https://127.0.0.1/y' } })).toEqual([])
  })

  it.each<[string, Partial<Answer>, string]>([
    ['another status', { status: 200 }, 'status: 202 recorded, 200 given'],
    ['a missing header', { headers: {} }, 'header location: missing'],
    ['a header too many', { headers: { ...recorded.headers, etag: 'x' } }, 'header etag: not in the recording'],
    ['no body', { body: null }, 'body: object recorded, nothing given'],
    ['a missing key', { body: { name: 'x', tags: {} } }, 'body.properties: missing'],
    [
      'a value of another type',
      { body: { name: 'x', tags: {}, properties: { ...properties, size: '2' } } },
      'body.properties.size: number recorded, string given',
    ],
    [
      'another state',
      { body: { name: 'x', tags: {}, properties: { ...properties, provisioningState: 'Succeeded' } } },
      'body.properties.provisioningState: "Updating" recorded, "Succeeded" given',
    ],
    [
      'an empty list',
      { body: { name: 'x', tags: {}, properties: { ...properties, zones: [] } } },
      'body.properties.zones[0]: missing',
    ],
    [
      'a key whose absence means something',
      { body: { name: 'x', tags: {}, properties: { ...properties, timeCreated: 'now' } } },
      'body.properties.timeCreated: not in the recording',
    ],
  ])('tells %s', (_what, change, line) => {
    expect(given(change)).toEqual([line])
  })

  it('leaves out what was allowed for, and only that', () => {
    const answer = { ...recorded, status: 200, body: { name: 'x', tags: {} } }
    expect(differences(recorded, answer, { 'body.properties': 'an example' })).toEqual([
      'status: 202 recorded, 200 given',
    ])
  })
})
