/** The tags on a disk that a restore in place has replaced: it is the user's to delete, and nobody else's. */
import { type TagMap, tagOf } from './tag-text.js'

const ofTag = 'azlin:previous-disk-of'

export function previousDiskTags(vm: string, replacedAt: Date): TagMap {
  return { [ofTag]: vm, 'azlin:replaced-at': replacedAt.toISOString() }
}

export function isPreviousDisk(tags: TagMap): boolean {
  return tagOf(tags, ofTag) !== undefined
}
