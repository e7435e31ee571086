/** Looks again and again, for ten seconds at most. */
export async function expectSoon(look: () => boolean | Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    if (await look()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`It did not come true within 10 s: ${look}`)
}
