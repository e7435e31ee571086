import { newToken } from './capture.js'

/**
 * Of the names of one restore's disks. Two computers may begin in one second, and Azure takes the second request to make
 * a disk of a name for an update of the first one's: both would take it for theirs.
 */
export function diskToken(): string {
  return newToken().slice(0, 6)
}
