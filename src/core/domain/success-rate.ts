/** What a row of drills proves. */
import type { Drill } from './drill.js'

export interface SuccessRate {
  /** 0 to 100; null when there was none: nothing was shown, which is not that nothing works. */
  readonly successRate: number | null
  readonly total: number
  readonly succeeded: number
  /**
   * Percent that the true rate exceeds with 95 % confidence (the exact one-sided bound of Clopper and Pearson):
   * 12 of 12 shows 77.9 %, not 100 %. Null when there was none.
   */
  readonly lowerBound: number | null
}

const doubt = 0.05

/** Drills that were stopped, or still run, are none: they count neither way. */
export function successRate(drills: readonly Pick<Drill, 'outcome'>[]): SuccessRate {
  const of = (wanted: Drill['outcome']) => drills.filter(({ outcome }) => outcome === wanted).length
  const succeeded = of('succeeded')
  const total = succeeded + of('failed')
  if (total === 0) return { successRate: null, total, succeeded, lowerBound: null }
  return { successRate: (100 * succeeded) / total, total, succeeded, lowerBound: 100 * leastRate(succeeded, total) }
}

/** The rate at which so many successes or more would happen in 5 % of cases. */
export function leastRate(succeeded: number, total: number): number {
  if (succeeded === 0) return 0
  let [low, high] = [0, 1]
  // P(X >= k) = I_p(k, n - k + 1) grows with p. Fifty halvings leave nothing that a double could show.
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2
    if (regularizedBeta(middle, succeeded, total - succeeded + 1) < doubt) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** I_x(a, b), by its continued fraction (DLMF 8.17.22), evaluated from the front. */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // The fraction settles quickly only on this side; the other one is its mirror.
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - Math.log(a) - logBeta(a, b))
  return front * fraction(x, a, b)
}

const tiny = 1e-300

function fraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    for (const term of [even, odd]) {
      d = 1 / nonZero(1 + term * d)
      c = nonZero(1 + term / c)
      value *= c * d
    }
    if (Math.abs(c * d - 1) < 1e-15) break
  }
  return value
}

function nonZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

/** ln B(a, b) for whole a and b. */
function logBeta(a: number, b: number): number {
  return logFactorial(a - 1) + logFactorial(b - 1) - logFactorial(a + b - 1)
}

/** Exact where a sum is quick; beyond it Stirling's series is, to all digits. */
function logFactorial(n: number): number {
  if (n > 1000) {
    const z = n + 1
    return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * z) - 1 / (360 * z ** 3)
  }
  let sum = 0
  for (let k = 2; k <= n; k++) sum += Math.log(k)
  return sum
}
