/** What the commands that verify have in common. */
import { Flags } from '@oclif/core'
import { validRegion } from '../core/domain/validation.js'
import type { Depth, VerifyOptions } from '../core/domain/verification.js'
import { AzlinError } from '../core/errors.js'

export const verifyFlags = {
  deep: Flags.boolean({
    default: false,
    summary: 'Read everything that is allocated, and compare its SHA-256 with that of an earlier deep verification.',
  }),
  slice: Flags.string({
    helpValue: '<k/n>',
    exclusive: ['deep'],
    summary: 'Read the k-th of n parts in full, so that n runs read everything: 1/8 to 8/8.',
  }),
  'allow-unread': Flags.boolean({
    default: false,
    summary: 'Count a disk that Azure or a policy lets nobody read as good if everything else is.',
  }),
  'allow-blank': Flags.boolean({
    default: false,
    summary: 'Accept a data disk that is empty now and was not in an older backup: it was emptied on purpose.',
  }),
  'allow-export': Flags.boolean({
    default: false,
    summary: 'Also read disks that are closed to export, through a link to a temporary disk.',
  }),
  replica: Flags.string({ helpValue: '<region>', summary: 'Verify the copy in this region instead.' }),
}

export interface VerifyFlags {
  readonly deep: boolean
  readonly slice?: string | undefined
  readonly 'allow-unread': boolean
  readonly 'allow-blank': boolean
  readonly 'allow-export': boolean
  readonly replica?: string | undefined
}

/** INVALID_INPUT. */
export function verifyOptions(flags: VerifyFlags): VerifyOptions & { readonly replicaIn: string | undefined } {
  const replicaIn = flags.replica === undefined ? undefined : validRegion(flags.replica, '--replica')
  return {
    depth: depthOf(flags),
    allowUnread: flags['allow-unread'],
    allowBlank: flags['allow-blank'],
    allowExport: flags['allow-export'],
    replicaIn,
  }
}

const mostParts = 1000

function depthOf({ deep, slice }: VerifyFlags): Depth {
  if (slice === undefined) return deep ? 'deep' : 'usual'
  const [, part, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(slice)?.map(Number) ?? []
  if (part && of && part <= of && of <= mostParts) return { part, of }
  const why = `it needs a part and how many there are, at most ${mostParts}`
  throw new AzlinError('INVALID_INPUT', { what: '--slice', value: slice, why, example: '1/8' })
}
