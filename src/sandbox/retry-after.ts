import type { World } from './world.js'

/** Azure's seconds divided by the speed; `0` when that is less than one. */
export function retryAfter(world: World, seconds: number): Record<string, string> {
  return { 'retry-after': String(Math.floor(world.clock.scaled(seconds) / 1000)) }
}
