/** JUnit's XML, as pipelines read it: a suite, a case for each thing that was tried. */

export interface TestCase {
  /** Groups cases in the display of a pipeline. */
  readonly className: string
  readonly name: string
  /** Undefined: it was not even begun. */
  readonly beganAt: Date | undefined
  readonly seconds: number
  /** `error`: it could not even be tried. */
  readonly problem?: { readonly kind: 'failure' | 'error' | 'skipped'; readonly message: string; readonly type: string }
  /** Shown with the case. */
  readonly output: readonly string[]
  readonly properties: Readonly<Record<string, string>>
}

export function junitXml(suite: string, at: Date, cases: readonly TestCase[]): string {
  const of = (kind: string) => cases.filter(({ problem }) => problem?.kind === kind).length
  const counts = { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') }
  const time = seconds(wallSeconds(cases))
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: suite, ...counts, time })}>`,
    `  <testsuite${attributes({ name: suite, ...counts, time, timestamp: at.toISOString().slice(0, 19) })}>`,
    ...cases.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
}

/** From the first beginning to the last end: cases run side by side, so that their sum is nobody's time. */
function wallSeconds(cases: readonly TestCase[]): number {
  const begun = cases.flatMap(({ beganAt, seconds: spent }) => (beganAt ? [{ from: +beganAt / 1000, spent }] : []))
  if (begun.length === 0) return 0
  return Math.max(...begun.map(({ from, spent }) => from + spent)) - Math.min(...begun.map(({ from }) => from))
}

function caseLines({ className, name, seconds: spent, problem, output, properties }: TestCase): string[] {
  const said = Object.entries(properties).map(
    ([key, value]) => `        <property${attributes({ name: key, value })}/>`,
  )
  return [
    `    <testcase${attributes({ classname: className, name, time: seconds(spent) })}>`,
    ...(said.length > 0 ? ['      <properties>', ...said, '      </properties>'] : []),
    ...(problem ? [problemLine(problem)] : []),
    ...(output.length > 0 ? [`      <system-out>${escaped(output.join('\n'))}</system-out>`] : []),
    '    </testcase>',
  ]
}

function problemLine({ kind, message, type }: NonNullable<TestCase['problem']>): string {
  if (kind === 'skipped') return `      <skipped${attributes({ message })}/>`
  return `      <${kind}${attributes({ message, type })}>${escaped(message)}</${kind}>`
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escaped(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`)
    .join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** XML 1.0 has no way to write most control characters, nor half of a surrogate pair: they become U+FFFD. */
function escaped(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\t\n\u0085]|[\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

const seconds = (value: number) => value.toFixed(3)
