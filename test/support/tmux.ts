/** azlin at a real terminal, by way of tmux. */
import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { environment, program, type Surroundings } from './azlin.js'

const exec = promisify(execFile)

export const hasTmux = ((): boolean => {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    console.info('tmux is not installed, so azlin is not tried at a terminal here.')
    return false
  }
})()

export class Terminal {
  readonly #socket = `azlin-${randomUUID()}`

  /** Runs azlin in a terminal of this size; the line `ended with <code>` follows its output. */
  static async run(
    args: readonly string[],
    around: Surroundings,
    { columns, rows }: { readonly columns: number; readonly rows: number },
  ): Promise<Terminal> {
    const terminal = new Terminal()
    const words = [process.execPath, program, ...args].map(quoted).join(' ')
    const variables = Object.entries(environment(around)).map(([key, value]) => quoted(`${key}=${value}`))
    const line = `env -i TERM=xterm-256color ${variables.join(' ')} ${words}; echo "ended with $?"; sleep 60`
    const size = ['-x', String(columns), '-y', String(rows)]
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', around.home, line)
    return terminal
  }

  /** What can be seen, without empty lines at the end. */
  async screen(): Promise<string> {
    const { stdout } = await this.#tmux('capture-pane', '-p')
    return stdout.trimEnd()
  }

  /** Resolves with the screen once it shows this; ten seconds at most. */
  async shows(text: string | RegExp): Promise<string> {
    let screen = ''
    for (const until = Date.now() + 20_000; Date.now() < until; ) {
      screen = await this.screen()
      if (typeof text === 'string' ? screen.includes(text) : text.test(screen)) return screen
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`The terminal did not come to show ${text}:\n${screen}`)
  }

  /** Whether it shows its cursor. */
  async hasCursor(): Promise<boolean> {
    const { stdout } = await this.#tmux('display-message', '-p', '#{cursor_flag}')
    return stdout.trim() === '1'
  }

  /** Sends azlin itself a signal. */
  async signal(name: NodeJS.Signals): Promise<void> {
    const { stdout: shell } = await this.#tmux('display-message', '-p', '#{pane_pid}')
    const { stdout: pid } = await exec('pgrep', ['-P', shell.trim()])
    process.kill(Number(pid), name)
  }

  async type(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys)
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server').catch(() => undefined)
  }

  #tmux(...args: string[]) {
    return exec('tmux', ['-L', this.#socket, ...args])
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
