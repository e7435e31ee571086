/** Moments and spans in words. Always UTC: an operator and a log must mean the same hour. */

/** `2026-11-23 01:02` */
export function minute(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ')
}

/** `45 s`, `4 min 12 s`, `3 h 5 min`, `12 d` */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [d, h, m, s] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ]
  if (d > 0) return h > 0 && d < 3 ? `${d} d ${h} h` : `${d} d`
  if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`
  if (m > 0) return s > 0 ? `${m} min ${s} s` : `${m} min`
  return `${s} s`
}

/** The largest unit alone: `3 h`, `12 d`. A moment to come is `0 s`. */
export function age(at: Date, now: Date): string {
  return span((+now - +at) / 1000).replace(/^(\d+ \w+) .*$/, '$1')
}
