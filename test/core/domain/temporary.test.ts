import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decodeTemporary, encodeTemporary } from '../../../src/core/domain/temporary.js'

const dates = fc.date({
  min: new Date('2000-01-01T00:00:00Z'),
  max: new Date('2199-12-31T00:00:00Z'),
  noInvalidDate: true,
})

describe('the azlin:temporary tag', () => {
  it('fits 256 characters whatever the command and the host are called', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), fc.string({ maxLength: 300 }), dates, (purpose, owner, until) => {
        expect(encodeTemporary({ purpose, owner, since: until, until }).length).toBeLessThanOrEqual(256)
      }),
    )
  })

  it('gives back what was written', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z ;=-]{0,80}$/),
        fc.stringMatching(/^[a-z0-9.-]{1,63}$/),
        fc.option(dates, { nil: undefined }),
        dates,
        (purpose, owner, since, until) => {
          const note = { purpose, owner, until, ...(since && { since }) }
          expect(decodeTemporary(encodeTemporary(note))).toEqual(note)
        },
      ),
    )
  })

  it.each(['', 'yes', 'until=never;by=a;for=b', 'by=a;until=2026-01-01T00:00:00.000Z;for=b'])(
    'is not azlin’s when it reads %p',
    (text) => {
      expect(decodeTemporary(text)).toBeUndefined()
    },
  )
})
