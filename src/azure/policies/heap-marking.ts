/**
 * While a long list comes, V8 marks what lives among the old objects, piece by piece between the pages: it takes the heap
 * that fills with pages for one that grows. For nothing: what a page left behind dies young, and marking takes a tenth of
 * the list's time. Without it V8 still collects where memory becomes scarce, at one go.
 */
import { setFlagsFromString } from 'node:v8'

let paused = false

/** Lists that come at the same time share it, and the first that ends takes it up again: a matter of speed alone. */
export function pauseHeapMarking(pause: boolean): void {
  if (pause === paused) return
  paused = pause
  // Left on, it would cost all else: Node.js has code ready for its own modules under the usual flags only.
  setFlagsFromString(pause ? '--no-incremental-marking' : '--incremental-marking')
}
