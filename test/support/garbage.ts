/** V8 looks for what nothing holds on to when much memory is asked for outside of its heap. */
export function collectGarbage(): void {
  for (let piece = 0; piece < 30; piece++) Buffer.from(new ArrayBuffer(64 * 1024 * 1024))
}
