/** What oclif says about a command line it cannot read, in azlin's own words. */
import type { Command, Config } from '@oclif/core'
import { AzlinError } from './core/errors.js'
import { nearest } from './nearest.js'

/** The fields by which oclif's parse errors are told apart; its classes are not exported. */
interface Complaint extends Error {
  readonly oclif?: { readonly exit?: number }
  readonly flags?: readonly string[]
  readonly args?: readonly string[] | readonly { readonly name: string }[]
}

/** As `oclif.additionalHelpFlags` in package.json has them for oclif's part. */
const helpFlags = ['--help', '-h']

/** `--json` means that every answer, the refusal of a command line too, is one JSON document. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json')
}

/** oclif looks for the command at the front, so `azlin --json backup list` would be unknown to it. */
export function jsonLast(argv: readonly string[]): string[] {
  const words = argv[0] === '--json' ? argv.slice(1) : argv
  if (words === argv) return [...argv]
  const end = words.indexOf('--')
  return end < 0 ? [...words, '--json'] : [...words.slice(0, end), '--json', ...words.slice(end)]
}

/** `command` is what was asked for, as typed; `flags` are the ones it knows, without dashes. */
export function explainParsing(error: unknown, command: string, flags: readonly string[]): AzlinError {
  const complaint = error as Complaint
  const unknown = complaint.flags?.[0]
  if (unknown !== undefined) {
    const near = unknown.startsWith('--') ? nearest(unknown.slice(2), flags) : undefined
    return usage(`${unknown} is not a flag of azlin ${command}.${near ? ` Did you mean --${near}?` : ''}`, command)
  }
  if (complaint.args) return usage(aboutArguments(complaint), command)
  return usage(withGuess(tidy(complaint.message)), command)
}

/** `--tier=wekly to be one of: daily, weekly` */
function withGuess(text: string): string {
  const { typed = '', options = '' } = /=(?<typed>\S+) to be one of: (?<options>.+)\.$/.exec(text)?.groups ?? {}
  const near = nearest(typed, options.split(', '))
  return near ? `${text} Did you mean ${near}?` : text
}

function aboutArguments({ args = [], message }: Complaint): string {
  const named = args.map((arg) => (typeof arg === 'string' ? arg : `<${arg.name}>`))
  if (!message.startsWith('Unexpected')) return `${named.join(' and ')} must be given.`
  return `${named.join(' ')}: that is more than the command takes.`
}

/** oclif's wording, without its second line, its indentation and its colours. */
function tidy(message: string): string {
  const esc = String.fromCharCode(27)
  const text = message
    .replaceAll(new RegExp(`${esc}\\[[0-9;]*m`, 'g'), '')
    .replace(/\n?See more help with --help$/, '')
    .replace(/^The following errors? occurred:/, '')
    .replace(/^Parsing (--[\w-]+)/, '$1:')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^Missing required flag (\S+)$/, '--$1 must be given.')
    .replace(/^All of the following must be provided when using (--\S+): /, '$1 needs ')
    .replace(
      /^(--[^\s=]+)(?:=\S+)? cannot also be provided when using (--[^\s=]+)\.?$/,
      '$2 and $1 exclude each other.',
    )
  return /[.?!]$/.test(text) ? text : `${text}.`
}

/** Undefined when the words name a command, or a topic whose help is to be shown. */
export function explainCommand(argv: readonly string[], config: Config): AzlinError | undefined {
  const [first, ...rest] = argv
  if (first === undefined) return undefined
  if (first === 'help')
    return explainCommand(
      rest.filter((word) => !word.startsWith('-')),
      config,
    )
  if (first.startsWith('-')) {
    if ([...helpFlags, '--version'].includes(first)) return undefined
    return usage(`${first} stands where a command should be; flags come after the command.`, '')
  }

  const end = argv.findIndex((word) => word.startsWith('-'))
  const words = end < 0 ? argv : argv.slice(0, end)
  const ids = config.commands.filter((command) => !command.hidden).map((command) => command.id.replaceAll(':', ' '))
  const starts = words.map((_, index) => words.slice(0, index + 1).join(' '))
  if (starts.some((start) => ids.includes(start))) return undefined
  const topic = config.findTopic(first) ? first : ''
  if (topic && words.length === 1) {
    return wantsJson(argv) ? usage(`azlin ${topic} wants a command after it.`, topic) : undefined
  }

  const typed = words.slice(0, topic ? 2 : 1).join(' ')
  const near = nearestCommand(words, ids)
  return usage(`There is no command azlin ${typed}.${near ? ` Did you mean azlin ${near}?` : ''}`, topic)
}

interface Asked {
  readonly id: string
  readonly command: Command.Loadable
  /** What follows the words that name the command. */
  readonly rest: readonly string[]
}

/** The command that is to run. Undefined when it is help that is asked for, of a command or of a topic. */
export function commandAsked(argv: readonly string[], config: Config): Asked | undefined {
  const end = argv.indexOf('--')
  if ((end < 0 ? argv : argv.slice(0, end)).some((word) => helpFlags.includes(word))) return undefined
  for (let words = argv.length; words > 0; words--) {
    const id = argv.slice(0, words).join(':')
    const command = config.findCommand(id)
    if (command) return { id, command, rest: argv.slice(words) }
  }
  return undefined
}

/** Also finds `backup trigger` for `trigger`, and for `bakcup trigger`. */
function nearestCommand(words: readonly string[], ids: readonly string[]): string | undefined {
  const [first = '', second] = words
  const pairs = ids.filter((id) => id.includes(' '))
  const bare = pairs.filter((id) => id.endsWith(` ${first}`))
  if (bare.length > 0) return bare.join(' or azlin ')
  const near = second === undefined ? undefined : nearest(`${first} ${second}`, pairs)
  if (near) return near
  const topics = [...new Set(pairs.map((id) => id.split(' ')[0] ?? ''))]
  const alone = ids.filter((id) => !id.includes(' '))
  return nearest(first, [...topics, ...alone])
}

const usage = (problem: string, command: string) => new AzlinError('USAGE', { problem, command })
